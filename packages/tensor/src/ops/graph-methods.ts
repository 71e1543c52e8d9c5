import { backward as runBackward } from '../autograd/backward.js';
import { signature } from '../signature.js';
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
export const backward: (
  input: Tensor,
  gradient?: Tensor | null | BackwardOptions,
  retain_graph?: boolean | null | BackwardOptions,
  create_graph?: boolean | BackwardOptions,
  inputs?: Tensor | readonly Tensor[] | null | BackwardOptions,
) => void = signature(
  'backward(input, gradient?, retain_graph?, create_graph?, inputs?)',
  (input, g = null, retain = null, create = false, targets = null) => {
    runBackward([input], [g], { retain_graph: retain, create_graph: create, inputs: targets });
  },
);

export { register_hook, register_post_accumulate_grad_hook, retain_grad } from '../autograd/tensor-hooks.js';

/** Sets `requires_grad` and returns the tensor. https://pytorch.org/docs/stable/generated/torch.Tensor.requires_grad_.html */
export const requires_grad_: (input: Tensor, requires_grad?: boolean) => Tensor = signature(
  'requires_grad_(input, requires_grad?)',
  (input, requires_grad = true) => {
    input.requires_grad = requires_grad;
    return input;
  },
);
