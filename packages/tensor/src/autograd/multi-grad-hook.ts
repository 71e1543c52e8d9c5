/** `autograd.graph.register_multi_grad_hook`. */
import { bindArguments } from '../arguments.js';
import { AutogradError, ValueError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { gradientEdge } from './history.js';
import type { Grads } from './hooks.js';
import type { Edge } from './node.js';
import { RemovableHandle } from './removable-handle.js';
import { type Pass, running } from './running.js';

/** Sees the gradients of all tensors (null for those that this backward does not compute); in mode 'any' the first one. */
export type MultiGradHook = ((grads: Grads) => void) | ((grad: Tensor) => void);

/**
 * Runs `fn` once for each backward pass: when it has all gradients of `tensors` that it is going to compute (mode 'all'), or
 * with the first one (mode 'any').
 * https://pytorch.org/docs/stable/autograd.html#torch.autograd.graph.register_multi_grad_hook
 * @throws AutogradError for a tensor that wants no gradient.
 */
export function register_multi_grad_hook(
  tensors: readonly Tensor[],
  fn: (grads: Grads) => void,
  mode?: 'all' | { readonly mode?: 'all' },
): RemovableHandle;
export function register_multi_grad_hook(
  tensors: readonly Tensor[],
  fn: (grad: Tensor) => void,
  mode: 'any' | { readonly mode: 'any' },
): RemovableHandle;
export function register_multi_grad_hook(
  tensors: readonly Tensor[],
  fn: MultiGradHook,
  mode?: unknown,
): RemovableHandle {
  const [kind = 'all'] = bindArguments('register_multi_grad_hook', ['mode'], [mode]);
  if (kind !== 'all' && kind !== 'any') {
    throw new ValueError(`Expects mode to be one of ('all', 'any') but got ${String(kind)}`);
  }
  const edges = tensors.map((t) => {
    const edge = gradientEdge(t);
    if (edge === null) throw new AutogradError("cannot register a hook on a tensor that doesn't require gradient");
    return edge;
  });
  // one entry for each backward pass that is under way
  const passes = new WeakMap<Pass, (Tensor | null)[]>();
  const onGrad = (i: number, grad: Tensor): void => {
    const run = running.run as Pass;
    const known = passes.get(run);
    const grads = known ?? edges.map(() => null);
    passes.set(run, grads);
    grads[i] = grad;
    if (kind === 'any') {
      if (known === undefined) (fn as (grad: Tensor) => void)(grad);
    } else if (edges.every((edge, k) => grads[k] !== null || !isExpected(edge, run))) {
      (fn as (grads: Grads) => void)(grads);
    }
  };
  const handles = edges.map((edge, i) =>
    edge.node.ownHooks.addTensorHook(edge.index, (grad: Tensor): void => onGrad(i, grad)),
  );
  return new RemovableHandle(() => {
    for (const handle of handles) handle.remove();
  });
}

/** Whether this pass computes a gradient there. */
const isExpected = ({ node }: Edge, run: Pass): boolean => node.run === run && run.isNeeded(node);
