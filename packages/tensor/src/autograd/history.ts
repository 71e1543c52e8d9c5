/**
 * A tensor's place in the graph: where its gradient goes, and what an in-place operation does to it, to the tensor it
 * is a view of, and to the other views.
 */

import { backendOf } from '../backend/devices.js';
import { allocateArray } from '../dtype.js';
import { AutogradError } from '../errors.js';
import { numelOf, type Shape, storageEnd } from '../shape.js';
import { Storage } from '../storage.js';
import { Tensor } from '../tensor.js';
import { gradMode, withGradMode } from './grad-mode.js';
import { AccumulateGrad, type Edge, Node } from './node.js';

/** The node that computed `t`. A view whose base has been changed in place hangs on the changed base. */
export function gradFnOf(t: Tensor): Node | null {
  const base = t.base;
  if (base !== null && t.viewVersion !== t.versionCounter.version && requiresGrad(base)) {
    const renewed = withGradMode(true, () => base.as_strided(t.shape, t.strides, t.offset));
    t.gradFn = renewed.gradFn;
    t.outputNr = 0;
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

/** Makes `view` known as a view of `of` (or of what that is a view of). */
export function markView(view: Tensor, of: Tensor): void {
  view.base = of.base ?? of;
  view.versionCounter = of.versionCounter;
  view.viewVersion = of.versionCounter.version;
  view.viewWithoutGrad = !gradMode.enabled || of.viewWithoutGrad;
}

/**
 * @throws AutogradError when an in-place operation must not touch `t` while the graph is recorded, in PyTorch's words.
 */
export function checkInplace(t: Tensor): void {
  if (!gradMode.enabled || !requiresGrad(t)) return;
  if (t.base !== null) {
    if (t.viewWithoutGrad) {
      throw new AutogradError(
        'A view was created in no_grad mode and is being modified inplace with grad mode enabled. Given that this use ' +
          'case is ambiguous and error-prone, it is forbidden. You can clarify your code by moving both the view and ' +
          "the inplace either both inside the no_grad block (if you don't want the inplace to be tracked) or both " +
          'outside (if you want the inplace to be tracked).',
      );
    }
    if (t.base.leafRequiresGrad) {
      throw new AutogradError('a view of a leaf Variable that requires grad is being used in an in-place operation.');
    }
  } else if (t.leafRequiresGrad) {
    throw new AutogradError('a leaf Variable that requires grad is being used in an in-place operation.');
  }
}

/**
 * After an in-place operation recorded as `fn` (whose input 0 is the old `t`): `t` is now fn's output. A view passes the
 * change on to its base, of which it is one slice; other views see it when they are asked (`gradFnOf`).
 */
export function rebaseHistory(t: Tensor, fn: Node): void {
  const base = t.base;
  if (base === null) {
    t.gradFn = fn;
    t.outputNr = 0;
    return;
  }
  const slices = new CopySlices(base, t, fn);
  base.gradFn = slices;
  base.outputNr = 0;
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
  ) {
    super();
    this.baseGeometry = geometryOf(base);
    this.viewGeometry = geometryOf(view);
    this.edges = [gradientEdge(base), ...fn.edges.slice(1)];
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
    if (this.edges[0] === null) return [null, ...grads.slice(1)];
    // fn computes no gradient for an input that wanted none before the base did
    if (grads[0] === null) slice.zero_();
    else slice.copy_(grads[0]);
    return [result, ...grads.slice(1)];
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
