/**
 * A tensor's place in the graph: where its gradient goes, and what an in-place operation does to it, to the tensor it
 * is a view of, and to the other views.
 */

import { backendOf } from '../backend/devices.js';
import { allocateArray } from '../dtype.js';
import { AutogradError } from '../errors.js';
import { numelOf, type Shape, storageEnd } from '../shape.js';
import { inferenceMode, Storage } from '../storage.js';
import { Tensor } from '../tensor.js';
import { gradMode, withGradMode } from './grad-mode.js';
import { AccumulateGrad, type Edge, Node } from './node.js';

/** The node that computed `t`. A view whose base has been changed in place hangs on the changed base. */
export function gradFnOf(t: Tensor): Node | null {
  const base = t.base;
  if (base !== null && t.viewVersion !== t.versionCounter.version && requiresGrad(base)) {
    const renewed = withGradMode(true, () => base.as_strided(t.shape, t.strides, t.offset));
    setHistory(t, renewed.gradFn, 0);
    t.viewVersion = t.versionCounter.version;
  }
  return t.gradFn;
}

export const requiresGrad = (t: Tensor): boolean => t.leafRequiresGrad || gradFnOf(t) !== null;

/** Where a gradient of `t` goes, or null when nobody wants it. */
export function gradientEdge(t: Tensor): Edge | null {
  const fn = gradFnOf(t);
  if (fn !== null) return { node: fn, index: t.outputNr, shape: t.shape, dtype: t.dtype };
  if (!t.leafRequiresGrad) return null;
  t.accumulator ??= new AccumulateGrad(t);
  return { node: t.accumulator, index: 0, shape: t.shape, dtype: t.dtype };
}

/** `t` is now that output of `fn`; its `.grad` is filled from there, if `retain_grad()` asked for it. */
function setHistory(t: Tensor, fn: Node | null, index: number): void {
  if (t.retainsGrad) {
    t.gradFn?.hooks?.forgetRetained(t.outputNr);
    if (fn !== null) retainOn(fn, index, t);
  }
  t.gradFn = fn;
  t.outputNr = index;
}

/** Adds the gradients that arrive at output `index` of `fn` to `t.grad`. */
export function retainOn(fn: Node, index: number, t: Tensor): void {
  fn.ownHooks.retain(index, (grads) => {
    const grad = grads[index];
    if (grad !== null) t.grad = t.grad === null ? grad.clone() : t.grad.add(grad);
  });
}

/** Makes `view` known as a view of `of` (or of what that is a view of). */
export function markView(view: Tensor, of: Tensor): void {
  view.base = of.base ?? of;
  view.versionCounter = of.versionCounter;
  view.viewVersion = of.versionCounter.version;
  view.viewWithoutGrad = gradMode.enabled ? of.viewWithoutGrad : inferenceMode.enabled ? 'inference' : 'no_grad';
}

/**
 * @throws AutogradError when an in-place operation must not touch `t` while the graph is recorded, in PyTorch's words.
 */
export function checkInplace(t: Tensor): void {
  if (t.storage.inference && !inferenceMode.enabled) throw new AutogradError(INFERENCE_UPDATE);
  if (!gradMode.enabled) return;
  // a view made without a graph wants no gradient itself, but what it would change may want one
  const changesGraph = t.base !== null && t.viewWithoutGrad !== null && requiresGrad(t.base);
  if (!changesGraph && !requiresGrad(t)) return;
  const forbidden = t.gradFn === null ? null : t.gradFn.inplaceError(t.outputNr);
  if (forbidden !== null) throw new AutogradError(forbidden);
  if (t.base !== null) {
    if (t.viewWithoutGrad !== null) throw new AutogradError(ambiguousView(t.viewWithoutGrad));
    if (t.base.leafRequiresGrad) {
      throw new AutogradError('a view of a leaf Variable that requires grad is being used in an in-place operation.');
    }
  } else if (t.leafRequiresGrad) {
    throw new AutogradError('a leaf Variable that requires grad is being used in an in-place operation.');
  }
}

const INFERENCE_UPDATE =
  'Inplace update to inference tensor outside InferenceMode is not allowed. You can make a clone to get a normal ' +
  'tensor before doing inplace update. See https://github.com/pytorch/rfcs/pull/17 for more details.';

function ambiguousView(mode: 'no_grad' | 'inference'): string {
  const [made, now, block] =
    mode === 'no_grad'
      ? ['no_grad mode', 'with grad mode enabled', 'no_grad block']
      : ['inference mode', 'in normal mode', 'inference_mode block'];
  return (
    `A view was created in ${made} and is being modified inplace ${now}. Given that this use case is ambiguous and ` +
    'error-prone, it is forbidden. You can clarify your code by moving both the view and the inplace either both ' +
    `inside the ${block} (if you don't want the inplace to be tracked) or both outside (if you want the inplace to be ` +
    'tracked).'
  );
}

/**
 * After an in-place operation recorded as `fn`, whose input number `input` is the old `t`: `t` is now fn's output number
 * `output`. A view passes the change on to its base, of which it is one slice; other views see it when they are asked
 * (`gradFnOf`).
 */
export function rebaseHistory(t: Tensor, fn: Node, output: number = 0, input: number = 0): void {
  const base = t.base;
  if (base === null) setHistory(t, fn, output);
  else setHistory(base, new CopySlices(base, t, fn, input), 0);
}

interface Geometry {
  readonly shape: Shape;
  readonly strides: Shape;
  readonly offset: number;
}

const geometryOf = (t: Tensor): Geometry => ({ shape: t.shape, strides: t.strides, offset: t.offset });

/**
 * An in-place operation on a view, seen from the base: the gradient passes unchanged except for the slice, which goes
 * through the operation's own backward. https://pytorch.org/docs/stable/notes/autograd.html#in-place-operations-with-autograd
 */
export class CopySlices extends Node {
  override readonly outputs = 1;
  private readonly baseGeometry: Geometry;
  private readonly viewGeometry: Geometry;

  constructor(
    base: Tensor,
    view: Tensor,
    private readonly fn: Node,
    /** Which input of `fn` the view was. */
    private readonly input: number,
  ) {
    super();
    this.baseGeometry = geometryOf(base);
    this.viewGeometry = geometryOf(view);
    this.edges = [gradientEdge(base), ...fn.edges.toSpliced(input, 1)];
  }

  override name(): string {
    return 'torch::autograd::CopySlices';
  }

  override apply([grad]: (Tensor | null)[]): (Tensor | null)[] {
    if (grad === null) return this.edges.map(() => null);
    const { shape, strides, offset } = this.viewGeometry;
    const result = emptyStrided(grad, this.baseGeometry);
    result.copy_(grad);
    const slice = result.as_strided(shape, strides, offset - this.baseGeometry.offset);
    const grads = this.fn.apply([slice.clone()]);
    const others = grads.toSpliced(this.input, 1);
    if (this.edges[0] === null) return [null, ...others];
    // fn computes no gradient for an input that wanted none before the base did
    const own = grads[this.input];
    if (own === null) slice.zero_();
    else slice.copy_(own);
    return [result, ...others];
  }

  override runsUserCode(): boolean {
    return this.fn.runsUserCode();
  }

  override release(): void {
    this.fn.release();
  }
}

/** Memory laid out as the base's, so that the view's strides fit. */
function emptyStrided(like: Tensor, { shape, strides }: Geometry): Tensor {
  const numel = Math.max(numelOf(shape) === 0 ? 0 : 1, storageEnd(shape, strides, 0));
  const buffer = backendOf(like.device).fromHost(allocateArray(like.dtype, numel), like.dtype);
  return new Tensor(new Storage(like.device, like.dtype, numel, buffer), shape, strides, 0);
}
