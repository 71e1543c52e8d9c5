/** `defineOp`: an operation with its derivative. */
import { backendOf } from '../backend/devices.js';
import { isFloating } from '../dtype.js';
import { Signature, type Values } from '../signature.js';
import type { Storage } from '../storage.js';
import { Tensor } from '../tensor.js';
import { anomalyMode, rememberOrigin } from './anomaly.js';
import { gradMode } from './grad-mode.js';
import { checkInplace, gradFnOf, gradientEdge, markView, rebaseHistory } from './history.js';
import { checkResult, checkSelf, checkWritable, copyOf } from './inplace-checks.js';
import type { Edge } from './node.js';
import { observing } from './observer.js';
import { type OpDefinition, OpNode, type Result, type Spec } from './op-node.js';
import { anyWantsGrad, isList, isListed } from './recording.js';
import { SavedTensor } from './saved-tensor.js';
import { savedTensorHooks } from './saved-tensor-hooks.js';

export { type Context, FREED, type InputGrads, type OpDefinition, type Result } from './op-node.js';

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

const gradNameOf = (name: string): string =>
  `${name.replace(/(^|_)([a-z0-9])/g, (_, __, letter: string) => letter.toUpperCase())}Backward0`;

export function defineOp<Args extends readonly unknown[], R extends Result, State = undefined>(
  name: string,
  definition: OpDefinition<Values<Args>, R, State>,
): Op<Args, R> {
  const gradName = typeof definition.grad_name === 'string' ? definition.grad_name : gradNameOf(name);
  // inside, an op's arguments are what they are: the types are the definition's business
  const spec: Spec = { ...(definition as OpDefinition<readonly unknown[], Result, unknown>), name, gradName };
  const { parameters } = definition;
  const bound = (suffix: string, run: (spec: Spec, args: readonly unknown[]) => Result) => {
    if (parameters === undefined) return (...args: Args) => run(spec, args);
    const takes = new Signature(`${name}${suffix}(${parameters})`);
    return (...args: Args) => run(spec, takes.fits(args) ? args : takes.bind(args));
  };
  return Object.assign(bound('', runOp) as (...args: Args) => R, {
    opName: name,
    gradName,
    formula: definition.formula,
    inplace: bound('_', runInplace) as (...args: Args) => Tensor,
  });
}

function runOp(spec: Spec, args: readonly unknown[]): Result {
  const node = new OpNode(spec);
  const record = gradMode.enabled && spec.backward !== null && anyWantsGrad(args);
  if (!record) {
    return placed(spec, spec.forward(node, ...args), args);
  }
  connect(node, args);
  const result = placed(spec, forwardOf(node, args), args);
  node.keepPending(result);
  if (result instanceof Tensor) attach(result, node, 0);
  else attachAll(result as readonly Tensor[], node);
  if (savedTensorHooks.top !== null) node.pack();
  if (anomalyMode.enabled) observing.observer?.returned(node, result);
  return result;
}

/** A view knows its base; any other result has none, also when the forward made it by views of its own. */
function placed(spec: Spec, result: Result, args: readonly unknown[]): Result {
  if (result instanceof Tensor) {
    if (spec.view === true) markView(result, args[0] as Tensor, false);
    else ownResult(result);
  } else
    for (const t of result as readonly Tensor[]) {
      if (spec.view === true) markView(t, args[0] as Tensor, true);
      else ownResult(t);
    }
  return result;
}

/** A result is nobody's view, however it was computed. */
function ownResult(t: Tensor): Tensor {
  t.base = null;
  t.viewOrigin = null;
  return t;
}

/** The new result of a composition that is one node in PyTorch: nobody's view, and its node is called so. */
export function composed(gradName: string, result: Tensor): Tensor {
  if (result.gradFn instanceof OpNode) result.gradFn.label = gradName;
  return ownResult(result);
}

function forwardOf(node: OpNode, args: readonly unknown[]): Result {
  gradMode.enabled = false;
  try {
    return node.spec.forward(node, ...args);
  } finally {
    gradMode.enabled = true;
  }
}

/** Edges to the arguments' nodes. */
function connect(node: OpNode, args: readonly unknown[]): void {
  const needs = new Array<boolean>(args.length);
  const edges: (Edge | null)[] = [];
  let lists = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg instanceof Tensor) {
      const edge = gradientEdge(arg);
      edges.push(edge);
      needs[i] = edge !== null;
    } else if (isList(arg)) {
      lists = true;
      const own = arg.map(gradientEdge);
      edges.push(...own);
      needs[i] = own.some((edge) => edge !== null);
    } else {
      edges.push(null);
      needs[i] = false;
    }
    if (!isListed(arg, node.spec.wrapsNumbers === true)) node.unlisted |= 1 << i;
  }
  node.needs_input_grad = needs;
  node.edges = edges;
  if (lists) node.layout = args.map((arg) => (isList(arg) ? arg.length : 1));
  if (anomalyMode.enabled) {
    rememberOrigin(node);
    observing.observer?.called(node, args);
  }
}

/** Only floating-point results have gradients: comparisons and indices do not. */
function attach(t: Tensor, node: OpNode, index: number): void {
  if (!isFloating(t.dtype)) return;
  t.gradFn = node;
  t.outputNr = index;
}

function attachAll(results: readonly Tensor[], node: OpNode): void {
  node.outputs = results.length;
  node.outputLike = results.map(({ shape, dtype }) => ({ shape, dtype }));
  for (let i = 0; i < results.length; i++) attach(results[i], node, i);
}

/**
 * `x.op_(…)`: the result replaces the elements of the first argument.
 * @throws AutogradError for leaves that require grad; ShapeError and DTypeError when the result does not fit.
 */
function runInplace(spec: Spec, args: readonly unknown[]): Tensor {
  const name = `${spec.name}_`;
  const self = checkSelf(name, args[0]);
  const recorded = gradMode.enabled && spec.backward !== null && anyWantsGrad(args);
  checkInplace(self, recorded);
  if (spec.idempotent !== true) checkWritable(name, self);
  const node = new OpNode(spec);
  if (recorded) {
    recordInplace(name, node, self, args);
    return self;
  }
  // a kernel may write at once unless another argument shows the same memory, perhaps in another arrangement
  if (!args.some((arg, i) => i > 0 && arg instanceof Tensor && arg.storage === self.storage)) node.out = self;
  const result = spec.forward(node, ...args) as Tensor;
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
  const result = forwardOf(node, args) as Tensor;
  checkResult(name, self, result);
  const isResult = node.pending.map((t) => t === result);
  const saved = node.keepPending(null);
  let copy: Storage | null = null;
  for (let i = 0; i < saved.length; i++) {
    if (isResult[i] || !saved[i].shares(self)) continue;
    copy ??= copyOf(self.storage);
    saved[i].moveTo(copy);
  }
  backendOf(self.device).copy(result, self);
  self.versionCounter.version++;
  rebaseHistory(self, node);
  gradFnOf(self);
  for (let i = 0; i < saved.length; i++) if (isResult[i]) saved[i] = new SavedTensor(self, true);
  if (savedTensorHooks.top !== null) node.pack();
  if (anomalyMode.enabled) observing.observer?.returned(node, self);
}
