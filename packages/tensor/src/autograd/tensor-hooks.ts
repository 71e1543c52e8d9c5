/** Hooks that are registered on a tensor: they live on the node where its gradient arrives. */
import { AutogradError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { gradFnOf, namedEdge, retainOn } from './history.js';
import type { PostAccumulateGradHook, TensorHook } from './hooks.js';
import type { RemovableHandle } from './removable-handle.js';

const NO_GRAD = "cannot register a hook on a tensor that doesn't require gradient";

/**
 * Runs `hook` with this tensor's gradient whenever a backward pass has computed it; a tensor that it returns takes the
 * gradient's place. After an in-place change of the tensor the hook still sees the gradient of the old value.
 * https://pytorch.org/docs/stable/generated/torch.Tensor.register_hook.html
 * @throws AutogradError when no gradient is wanted.
 */
export function register_hook(input: Tensor, hook: TensorHook): RemovableHandle {
  const edge = namedEdge(input);
  if (edge === null) throw new AutogradError(NO_GRAD);
  return edge.node.ownHooks.addTensorHook(edge.index, hook);
}

/**
 * Runs `hook` with this leaf whenever a backward pass has added to its `.grad`.
 * https://pytorch.org/docs/stable/generated/torch.Tensor.register_post_accumulate_grad_hook.html
 * @throws AutogradError for a tensor that is no leaf, or wants no gradient.
 */
export function register_post_accumulate_grad_hook(input: Tensor, hook: PostAccumulateGradHook): RemovableHandle {
  const edge = namedEdge(input);
  if (edge === null) throw new AutogradError(NO_GRAD);
  if (gradFnOf(input) !== null) {
    throw new AutogradError('post accumulate grad hooks cannot be registered on non-leaf tensors');
  }
  return edge.node.ownHooks.accumulated.add(hook);
}

/**
 * Keeps the gradient of a tensor that is no leaf in its `.grad`, as it is after all hooks of the tensor.
 * https://pytorch.org/docs/stable/generated/torch.Tensor.retain_grad.html
 */
export function retain_grad(input: Tensor): void {
  const edge = namedEdge(input);
  if (edge === null) throw new AutogradError("can't retain_grad on Tensor that has requires_grad=False");
  if (gradFnOf(input) === null || input.rare.retainsGrad) return;
  input.ownRare.retainsGrad = true;
  retainOn(edge.node, edge.index, input);
}
