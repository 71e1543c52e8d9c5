/** The methods of Tensor that start or steer a backward pass. https://pytorch.org/docs/stable/tensors.html */
import { bindArguments } from '../arguments.js';
import { backward as runBackward } from '../autograd/backward.js';
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

export { register_hook, register_post_accumulate_grad_hook, retain_grad } from '../autograd/tensor-hooks.js';

/** Sets `requires_grad` and returns the tensor. https://pytorch.org/docs/stable/generated/torch.Tensor.requires_grad_.html */
export function requires_grad_(input: Tensor, requires_grad: boolean = true): Tensor {
  input.requires_grad = requires_grad;
  return input;
}
