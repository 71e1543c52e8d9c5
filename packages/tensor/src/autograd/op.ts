/** `defineOp`: an operation with its derivative. */
import { backendOf } from '../backend/devices.js';
import { isFloating } from '../dtype.js';
import { Signature, type Values } from '../signature.js';
import type { Storage } from '../storage.js';
import { Tensor } from '../tensor.js';
import { anomalyMode } from './anomaly.js';
import { connect, connectFew } from './connect.js';
import { gradMode } from './grad-mode.js';
import { checkInplace, forgetView, gradFnOf, markView, rebaseHistory, requiresGrad } from './history.js';
import { checkResult, checkSelf, checkWritable, copyOf } from './inplace-checks.js';
import { observing } from './observer.js';
import { type Context, type OpDefinition, type Result, Spec, Unrecorded } from './op-definition.js';
import { OpNode } from './op-node.js';
import { anyWantsGrad } from './recording.js';
import { SavedTensor } from './saved-tensor.js';
import { savedTensorHooks } from './saved-tensor-hooks.js';

export { type Context, FREED, type InputGrads, type OpDefinition, type Result } from './op-definition.js';

/** An op: callable, with its definition for those who explain it or run it in place. */
export interface Op<Args extends readonly unknown[], R extends Result> {
  (...args: Args): R;
  readonly opName: string;
  readonly gradName: string;
  readonly formula: readonly string[];
  /** Writes the result into the first argument. */
  readonly inplace: (...args: Args) => Tensor;
}

export type UnaryOp = Op<[input: Tensor], Tensor>;

export function defineOp<Args extends readonly unknown[], R extends Result, State = undefined>(
  name: string,
  definition: OpDefinition<Values<Args>, R, State>,
): Op<Args, R> {
  // inside, an op's arguments are what they are: the types are the definition's business
  const spec = new Spec(name, definition as OpDefinition<readonly unknown[], Result, unknown>);
  const signatureOf = (suffix: string): Signature | null =>
    definition.parameters === undefined ? null : new Signature(`${name}${suffix}(${definition.parameters})`);
  const [takes, takesInplace] = [signatureOf(''), signatureOf('_')];
  const general = (...args: readonly unknown[]): Result => runOp(spec, bound(takes, args));
  const [takesOne, takesTwo] = [1, 2].map((count) => takes === null || takes.takes(count));
  const call = (...args: Args): Result => {
    const [x, y] = [args[0], args[1]];
    if (x instanceof Tensor) {
      if (args.length === 1 && takesOne) return runFew(spec, x, undefined);
      if (args.length === 2 && takesTwo && (y instanceof Tensor || typeof y === 'number')) return runFew(spec, x, y);
    }
    return general(...args);
  };
  return Object.assign(call as (...args: Args) => R, {
    opName: name,
    gradName: spec.gradName,
    formula: definition.formula,
    inplace: (...args: Args) => runInplace(spec, bound(takesInplace, args)),
  });
}

/** The arguments in their places, where nearly always they already are. */
function bound(takes: Signature | null, args: readonly unknown[]): readonly unknown[] {
  // a tensor at the end is known to be no options object without a look at its prototype, which takes longer
  return takes === null || takes.fits(args, args[args.length - 1] instanceof Tensor) ? args : takes.bind(args);
}

function runOp(spec: Spec, args: readonly unknown[]): Result {
  if (!gradMode.enabled || spec.backward === null || !anyWantsGrad(args)) {
    return placed(spec, forward(spec, new Unrecorded(null), args), args[0]);
  }
  const node = new OpNode(spec);
  connect(node, args);
  return recorded(node, recordedForward(node, args), args[0]);
}

/**
 * The same for one argument or two, of which the second may be a number: spelled out, because a small operation takes no longer
 * than a list of its arguments does.
 */
function runFew(spec: Spec, x: Tensor, y: Tensor | number | undefined): Result {
  if (!gradMode.enabled || spec.backward === null || !(requiresGrad(x) || (typeof y === 'object' && requiresGrad(y)))) {
    return placed(spec, forwardFew(spec, new Unrecorded(null), x, y), x);
  }
  const node = new OpNode(spec);
  connectFew(node, x, y);
  return recorded(node, recordedForwardFew(node, x, y), x);
}

/** The result of a recorded call, in its place in the graph. `first`: the first argument. */
function recorded(node: OpNode, result: Result, first: unknown): Result {
  placed(node.spec, result, first);
  node.keepSaved(result);
  if (result instanceof Tensor) attach(result, node);
  else attachAll(result, node);
  if (savedTensorHooks.top !== null) node.pack();
  if (anomalyMode.enabled) observing.observer?.returned(node, result);
  return result;
}

/** A view knows its base; any other result is nobody's view, also when the forward made it by views of its own. */
function placed(spec: Spec, result: Result, first: unknown): Result {
  if (!(result instanceof Tensor)) placeAll(spec, result, first);
  else if (spec.view) markView(result, first as Tensor, false);
  else if (result.rare.base !== null) forgetView(result);
  return result;
}

function placeAll(spec: Spec, results: readonly Tensor[], first: unknown): void {
  for (const t of results) {
    if (spec.view) markView(t, first as Tensor, true);
    else forgetView(t);
  }
}

/** The new result of a composition that is one node in PyTorch: nobody's view, and its node is called so. */
export function composed(gradName: string, result: Tensor): Tensor {
  if (result.gradFn instanceof OpNode) result.gradFn.note({ label: gradName });
  forgetView(result);
  return result;
}

/** Calls with few arguments are spelled out, because they take half the time of spreading a list. */
function forward({ forward: run }: Spec, ctx: Context, args: readonly unknown[]): Result {
  if (args.length === 1) return run(ctx, args[0]);
  if (args.length === 2) return run(ctx, args[0], args[1]);
  return run(ctx, ...args);
}

function recordedForward(node: OpNode, args: readonly unknown[]): Result {
  gradMode.enabled = false;
  try {
    return forward(node.spec, node, args);
  } finally {
    gradMode.enabled = true;
  }
}

const forwardFew = ({ forward: run }: Spec, ctx: Context, x: Tensor, y: Tensor | number | undefined): Result =>
  y === undefined ? run(ctx, x) : run(ctx, x, y);

function recordedForwardFew(node: OpNode, x: Tensor, y: Tensor | number | undefined): Result {
  gradMode.enabled = false;
  try {
    return forwardFew(node.spec, node, x, y);
  } finally {
    gradMode.enabled = true;
  }
}

/** Only floating-point results have gradients: comparisons and indices do not. */
function attach(t: Tensor, node: OpNode): void {
  if (!isFloating(t.dtype)) return;
  t.gradFn = node;
  t.outputNr = 0;
  node.shape = t.shape;
  node.dtype = t.dtype;
}

function attachAll(results: readonly Tensor[], node: OpNode): void {
  node.note({ outputLike: results.map(({ shape, dtype }) => ({ shape, dtype })) });
  for (let i = 0; i < results.length; i++) {
    if (!isFloating(results[i].dtype)) continue;
    results[i].gradFn = node;
    results[i].outputNr = i;
  }
}

/**
 * `x.op_(…)`: the result replaces the elements of the first argument.
 * @throws AutogradError for leaves that require grad; ShapeError and DTypeError when the result does not fit.
 */
function runInplace(spec: Spec, args: readonly unknown[]): Tensor {
  const name = `${spec.name}_`;
  const self = checkSelf(name, args[0]);
  // integers have no gradients, whatever is copied into them
  const recorded = gradMode.enabled && spec.backward !== null && isFloating(self.dtype) && anyWantsGrad(args);
  checkInplace(self, recorded);
  if (!spec.idempotent) checkWritable(name, self);
  if (recorded) {
    recordInplace(name, new OpNode(spec), self, args);
    return self;
  }
  // a kernel may write at once unless another argument shows the same memory, perhaps in another arrangement
  const shared = args.some((arg, i) => i > 0 && arg instanceof Tensor && arg.storage === self.storage);
  const result = forward(spec, new Unrecorded(shared ? null : self), args) as Tensor;
  if (result !== self) {
    checkResult(name, self, result);
    backendOf(self.device).copy(result, self);
  }
  self.versionCounter.version++;
  return self;
}

/** What the backward pass needs of the old elements moves to a copy; a saved result is `self` from now on. */
function recordInplace(name: string, node: OpNode, self: Tensor, args: readonly unknown[]): void {
  connect(node, args);
  const result = recordedForward(node, args) as Tensor;
  checkResult(name, self, result);
  node.keepSaved(null);
  const saved = node.savedList() as SavedTensor[];
  let copy: Storage | null = null;
  for (const item of saved) {
    if (item.tensor === result || !item.shares(self)) continue;
    copy ??= copyOf(self.storage);
    item.moveTo(copy);
  }
  backendOf(self.device).copy(result, self);
  self.versionCounter.version++;
  rebaseHistory(self, node);
  gradFnOf(self);
  node.saveInstead(saved.map((item) => (item.tensor === result ? new SavedTensor(self, true) : item)));
  if (savedTensorHooks.top !== null) node.pack();
  if (anomalyMode.enabled) observing.observer?.returned(node, self);
}
