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
import type { Rare } from '../tensor-rare.js';
import { AccumulateGrad } from './accumulate-grad.js';
import { gradMode, withGradMode } from './grad-mode.js';
import { type Edge, type Gradients, Node } from './node.js';

/**
 * The node that computed `t`. A view whose base has been changed in place hangs on the changed base.
 * @throws AutogradError when that cannot be: see `viewOrigin`.
 */
export function gradFnOf(t: Tensor): Node | null {
  const { base, viewVersion } = t.rare;
  if (base !== null && viewVersion !== t.versionCounter.version && requiresGrad(base)) renew(t, base);
  return t.gradFn;
}

function renew(t: Tensor, base: Tensor): void {
  const { viewOrigin } = t.rare;
  if (viewOrigin !== null) throw new AutogradError(changedView(t, viewOrigin, CHANGED_BASE));
  const renewed = withGradMode(true, () => base.as_strided(t.shape, t.strides, t.offset));
  setHistory(t, renewed.gradFn, 0);
  t.ownRare.viewVersion = t.versionCounter.version;
}

/** As in PyTorch, a view requires grad where its base does, even one taken without a graph: nothing flows through that. */
export function requiresGrad(t: Tensor): boolean {
  if (t.gradFn !== null) return true;
  const { leafRequiresGrad, base } = t.rare;
  return leafRequiresGrad || (base !== null && requiresGrad(base));
}

/** Where a gradient of `t` goes, or null when nobody wants it. */
export function gradientEdge(t: Tensor): Edge | null {
  const fn = t.rare.base === null ? t.gradFn : gradFnOf(t);
  if (fn !== null) return fn.edgeTo(t);
  return t.leafRequiresGrad ? arrivalAt(t) : null;
}

/** Where gradients of a leaf arrive. */
function arrivalAt(t: Tensor): Edge {
  const rare = t.ownRare;
  rare.accumulator ??= new AccumulateGrad(t);
  return rare.accumulator.edgeTo(t);
}

/**
 * The same for those who only name or hook `t`. A view taken without a graph requires grad as its base does; what arrives
 * here, where nothing leads, is nothing.
 */
export function namedEdge(t: Tensor): Edge | null {
  const edge = gradientEdge(t);
  if (edge !== null || !requiresGrad(t)) return edge;
  return arrivalAt(t);
}

/** `t` is now that output of `fn`; its `.grad` is filled from there, if `retain_grad()` asked for it. */
export function setHistory(t: Tensor, fn: Node | null, index: number): void {
  if (t.rare.retainsGrad) {
    t.gradFn?.hooks?.forgetRetained(t.outputNr);
    if (fn !== null) retainOn(fn, index, t);
  }
  t.gradFn = fn;
  t.outputNr = index;
}

/** Adds the gradients that arrive at output `index` of `fn` to `t.grad`. */
export function retainOn(fn: Node, index: number, t: Tensor): void {
  fn.ownHooks.retain(index, t);
}

/** Makes `view` known as a view of `of` (or of what that is a view of); `isListed`: one of several that one call made. */
export function markView(view: Tensor, of: Tensor, isListed: boolean): void {
  const rare = view.ownRare;
  rare.base = of.rare.base ?? of;
  rare.viewVersion = of.versionCounter.version;
  if (!gradMode.enabled) rare.viewOrigin = inferenceMode.enabled ? 'inference' : 'no_grad';
  else rare.viewOrigin = isListed ? 'list' : of.rare.viewOrigin;
  view.versionCounter = of.versionCounter;
}

/** Makes a tensor nobody's view. */
export function forgetView(t: Tensor): void {
  if (t.rare.base === null) return;
  const rare = t.ownRare;
  rare.base = null;
  rare.viewOrigin = null;
}

/**
 * `recorded`: whether a gradient is wanted of `t` or of anything else that the operation reads.
 * @throws AutogradError when an in-place operation must not touch `t` while the graph is recorded, in PyTorch's words.
 */
export function checkInplace(t: Tensor, recorded: boolean): void {
  if (t.storage.inference && !inferenceMode.enabled) throw new AutogradError(INFERENCE_UPDATE);
  if (!gradMode.enabled || !recorded) return;
  const forbidden = t.gradFn === null ? null : t.gradFn.inplaceError(t.outputNr);
  if (forbidden !== null) throw new AutogradError(forbidden);
  const { base, viewOrigin } = t.rare;
  if (base !== null) {
    if (viewOrigin !== null) throw new AutogradError(changedView(t, viewOrigin, 'is being'));
    if (base.gradFn === null && requiresGrad(t)) {
      throw new AutogradError('a view of a leaf Variable that requires grad is being used in an in-place operation.');
    }
  } else if (t.leafRequiresGrad) {
    throw new AutogradError('a leaf Variable that requires grad is being used in an in-place operation.');
  }
}

const INFERENCE_UPDATE =
  'Inplace update to inference tensor outside InferenceMode is not allowed. You can make a clone to get a normal ' +
  'tensor before doing inplace update. See https://github.com/pytorch/rfcs/pull/17 for more details.';

const CHANGED_BASE = 'its base or another view of its base has been';
const AMBIGUOUS =
  ' Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by moving both the ' +
  'view and the inplace either both inside the ';
const TRACKED =
  " block (if you don't want the inplace to be tracked) or both outside (if you want the inplace to be tracked).";
const WHY: Readonly<Record<NonNullable<Rare['viewOrigin']>, string>> = {
  list:
    ' This view is the output of a function that returns multiple views. Such functions do not allow the output views to ' +
    'be modified inplace. You should replace the inplace operation by an out-of-place one.',
  no_grad: `${AMBIGUOUS}no_grad${TRACKED}`,
  inference: `${AMBIGUOUS}inference_mode${TRACKED}`,
};

/** Why an in-place change of a view, or of its base, cannot be followed. `what`: which of them was changed. */
function changedView(view: Tensor, origin: NonNullable<Rare['viewOrigin']>, what: string): string {
  const output = view.gradFn === null ? null : `Output ${view.outputNr} of ${view.gradFn.name()} is a view`;
  if (origin === 'list' && output !== null) return `${output} and ${what} modified inplace.${WHY.list}`;
  const made = output === null ? 'A view was created in' : `${output} of a view which was created in`;
  const [mode, now] = origin === 'inference' ? ['inference', 'in normal mode'] : ['no_grad', 'with grad mode enabled'];
  return `${made} ${mode} mode and ${what} modified inplace ${now}.${WHY[origin]}`;
}

/**
 * After an in-place operation recorded as `fn`, whose input number `input` is the old `t`: `t` is now fn's output number
 * `output`. A view passes the change on to its base, of which it is one slice; other views see it when they are asked
 * (`gradFnOf`).
 */
export function rebaseHistory(t: Tensor, fn: Node, output: number = 0, input: number = 0): void {
  const { base } = t.rare;
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
    /** The operation on the view. */
    readonly fn: Node,
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

  override apply([grad]: Gradients): Gradients {
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

  override get formula(): readonly string[] {
    return [`dbase = g outside of the slice, through ${this.fn.shortName()} inside`, ...this.fn.formula];
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
