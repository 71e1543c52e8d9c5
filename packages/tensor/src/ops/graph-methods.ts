/** The methods of Tensor that start or steer a backward pass. https://pytorch.org/docs/stable/tensors.html */
import { bindArguments } from '../arguments.js';
import { backward as runBackward } from '../autograd/backward.js';
import { gradFnOf } from '../autograd/history.js';
import { AutogradError } from '../errors.js';
import type { Tensor } from '../tensor.js';

export interface BackwardOptions {
  readonly gradient?: Tensor | null;
  /** Keeps what was saved, so that backward can run again; as `create_graph` unless given. */
  readonly retain_graph?: boolean | null;
  /** Records the backward pass, for higher derivatives. */
  readonly create_graph?: boolean;
  /** Leaves whose `.grad` to fill; all unless given. */
  readonly inputs?: Tensor | readonly Tensor[] | null;
}

/**
 * Adds the derivative of this tensor to `.grad` of the leaves of its graph. `gradient`: the derivative of some loss with
 * respect to this tensor; 1 for a single element. https://pytorch.org/docs/stable/generated/torch.Tensor.backward.html
 * @throws AutogradError, ShapeError in PyTorch's words.
 */
export function backward(
  input: Tensor,
  gradient?: Tensor | null | BackwardOptions,
  retain_graph?: boolean | null | BackwardOptions,
  create_graph?: boolean | BackwardOptions,
  inputs?: Tensor | readonly Tensor[] | null | BackwardOptions,
): void {
  const names = ['gradient', 'retain_graph', 'create_graph', 'inputs'];
  const [g, retain, create, targets] = bindArguments('backward', names, [gradient, retain_graph, create_graph, inputs]);
  runBackward([input], [(g ?? null) as Tensor | null], {
    retain_graph: (retain ?? null) as boolean | null,
    create_graph: (create ?? false) as boolean,
    inputs: (targets ?? null) as Tensor | readonly Tensor[] | null,
  });
}

/** Keeps the gradient of a tensor that is no leaf. https://pytorch.org/docs/stable/generated/torch.Tensor.retain_grad.html */
export function retain_grad(input: Tensor): void {
  if (!input.requires_grad) throw new AutogradError("can't retain_grad on Tensor that has requires_grad=False");
  const fn = gradFnOf(input);
  if (fn === null || input.retainsGrad) return;
  input.retainsGrad = true;
  const index = input.outputNr;
  fn.addPreHook((grads) => {
    const grad = grads[index];
    if (grad === null) return;
    input.grad = input.grad === null ? grad.clone() : input.grad.add(grad);
  });
}

/** Sets `requires_grad` and returns the tensor. https://pytorch.org/docs/stable/generated/torch.Tensor.requires_grad_.html */
export function requires_grad_(input: Tensor, requires_grad: boolean = true): Tensor {
  input.requires_grad = requires_grad;
  return input;
}
