/** What an op is made of, and the node of one call of it. */
import type { DType } from '../dtype.js';
import { isFloating } from '../dtype.js';
import { AutogradError } from '../errors.js';
import { type Shape, sameShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { type Edge, type Gradients, Node } from './node.js';
import { SavedTensor } from './saved-tensor.js';
import { packAll, type Saved } from './saved-tensor-hooks.js';

/** What an op's forward hands to its backward. The names are those of PyTorch's `ctx`. */
export interface Context<State = unknown> {
  /**
   * Keeps tensors for the backward pass (inputs or outputs) and returns the first one.
   * https://pytorch.org/docs/stable/generated/torch.autograd.function.FunctionCtx.save_for_backward.html
   */
  save_for_backward(first: Tensor, ...rest: Tensor[]): Tensor;
  /** What was saved. @throws AutogradError after the graph was freed, or when a saved tensor was changed in place. */
  readonly saved_tensors: Tensor[];
  /** Keeps a result for the op's {@link OpDefinition.joint} rules. */
  keep(result: Tensor): void;
  /** What was kept, as it was. */
  readonly kept: Tensor;
  /** Which arguments want a gradient; a list argument counts as one. */
  readonly needs_input_grad: readonly boolean[];
  /** Anything that is no tensor: sizes, options. */
  state: State;
  /** Where an in-place call wants its result; a forward that cannot write there returns a new tensor. */
  readonly out: Tensor | null;
}

export type Result = Tensor | readonly Tensor[];
/** One gradient per argument; null for what has none. A list argument has a list of gradients. */
export type InputGrads = readonly (Tensor | null | readonly (Tensor | null)[])[];

/** Gradients of the inner op's arguments, from the context of the outer one, what the inner one saved, and the gradient coming in. */
export type JointRule<State = unknown> = (ctx: Context<State>, saved: readonly Tensor[], grad: Tensor) => InputGrads;

export interface OpDefinition<Args extends readonly unknown[], R extends Result, State> {
  /** What users may give, written as {@link Signature} reads it. An op without it takes its arguments as they are. */
  readonly parameters?: string;
  /** Computes the result from the backend's kernels; never recorded. */
  forward(ctx: Context<State>, ...args: Args): R;
  /**
   * Gradients of the arguments from the gradients of the results, written in tensor ops so that it can be
   * differentiated again. Broadcasting and dtype promotion are undone by the engine. Null: not differentiable.
   */
  readonly backward: ((ctx: Context<State>, ...grads: Tensor[]) => InputGrads) | null;
  /**
   * What this op and the op that made its only tensor argument, the key, do to a gradient together: the same numbers in less time. A
   * rule runs where nobody can see the gradient in between and the result that was kept for it has not been changed in place.
   */
  readonly joint?: Readonly<Record<string, JointRule<State>>>;
  /** The derivative for human readers: `g` is the gradient coming in, `y` the result; one line per argument. */
  readonly formula: readonly string[];
  /**
   * PyTorch's name of the backward node, where it is not the op's in CamelCase with `Backward0`; a function where it
   * depends on the arguments, which the context remembers.
   */
  readonly grad_name?: string | ((ctx: Context<State>) => string);
  /** Whether PyTorch makes a tensor of a number here, so that `next_functions` has a place for it. */
  readonly wrapsNumbers?: boolean;
  /** Every element becomes the same, so that the in-place form may write to memory that several indices show. */
  readonly idempotent?: boolean;
  /** The results share the first argument's memory. */
  readonly view?: boolean;
}

/** A definition with its names. Of one class, so that the engine finds its way around every op's alike. */
export class Spec implements OpDefinition<readonly unknown[], Result, unknown> {
  readonly parameters: string | undefined;
  readonly forward: Definition['forward'];
  readonly backward: Definition['backward'];
  readonly formula: readonly string[];
  readonly grad_name: Definition['grad_name'];
  readonly gradName: string;
  readonly wrapsNumbers: boolean;
  readonly idempotent: boolean;
  readonly view: boolean;
  readonly joint: Definition['joint'];

  constructor(
    readonly name: string,
    definition: Definition,
  ) {
    this.parameters = definition.parameters;
    this.forward = definition.forward;
    this.backward = definition.backward;
    this.formula = definition.formula;
    this.grad_name = definition.grad_name;
    this.gradName = typeof definition.grad_name === 'string' ? definition.grad_name : gradNameOf(name);
    this.wrapsNumbers = definition.wrapsNumbers === true;
    this.idempotent = definition.idempotent === true;
    this.view = definition.view === true;
    this.joint = definition.joint;
  }
}

type Definition = OpDefinition<readonly unknown[], Result, unknown>;

const gradNameOf = (name: string): string =>
  `${name.replace(/(^|_)([a-z0-9])/g, (_, __, letter: string) => letter.toUpperCase())}Backward0`;

// shared by all that have nothing of the kind; never written
const NO_TENSORS: Tensor[] = [];
const NO_NEEDS: readonly boolean[] = [];

/** The context of a forward that nobody records. */
export class Unrecorded implements Context {
  state: unknown = undefined;

  constructor(readonly out: Tensor | null) {}

  get needs_input_grad(): readonly boolean[] {
    return NO_NEEDS;
  }

  save_for_backward(first: Tensor): Tensor {
    return first;
  }

  keep(): void {}

  get kept(): Tensor {
    throw new AutogradError(FREED);
  }

  get saved_tensors(): Tensor[] {
    throw new AutogradError(FREED);
  }
}

/** What few nodes have. */
interface Rare {
  /** How many edges each argument has, where a list argument has several. Null: one each. */
  readonly layout: readonly number[] | null;
  /** What the outputs look like, where there are several: missing gradients become zeros. */
  readonly outputLike: readonly { readonly shape: Shape; readonly dtype: DType }[] | null;
  /** The name of a composition that ends in this node. */
  readonly label: string | null;
  /** What a joint rule needs. */
  readonly keeps: SavedTensor | null;
}

const NOTHING_RARE: Rare = { layout: null, outputLike: null, label: null, keeps: null };

/**
 * The node of one call of an op; also its forward's context. There is one for every recorded operation: how many fields it has
 * counts, because much of the time of a small operation goes into memory that is not in the cache yet.
 */
export class OpNode extends Node implements Context {
  state: unknown = undefined;
  /** Null: nothing, or nothing any more. Until the forward has run, the tensors themselves. */
  saved: Saved[] | null = null;
  needs_input_grad: readonly boolean[] = NO_NEEDS;
  unlisted = 0; // a bit for each argument that `next_functions` leaves out
  private rare: Rare = NOTHING_RARE;
  /** What has become of `saved`. */
  private fate: 'kept' | 'packed' | 'released' = 'kept';

  constructor(readonly spec: Spec) {
    super();
  }

  override get outputs(): number {
    return this.rare.outputLike?.length ?? 1;
  }

  get out(): null {
    return null;
  }

  get layout(): Rare['layout'] {
    return this.rare.layout;
  }

  /** Remembers what few nodes have. */
  note(rare: Partial<Rare>): void {
    this.rare = { ...this.rare, ...rare };
  }

  /** As in PyTorch, only arguments that can have a gradient at all: no sizes, indices or conditions. */
  override get next_functions(): [Node | null, number][] {
    const all = super.next_functions;
    let at = 0;
    return (this.layout ?? all.map(() => 1)).flatMap((n, i) => {
      at += n;
      return (this.unlisted >> i) & 1 ? [] : all.slice(at - n, at);
    });
  }

  override name(): string {
    if (this.rare.label !== null) return this.rare.label;
    const { grad_name, gradName } = this.spec;
    return typeof grad_name === 'function' ? grad_name(this) : gradName;
  }

  save_for_backward(first: Tensor, second?: Tensor, ...more: Tensor[]): Tensor {
    this.save(first);
    if (second !== undefined) this.save(second);
    for (let i = 0; i < more.length; i++) this.save(more[i]);
    return first;
  }

  private save(t: Tensor): void {
    if (this.saved === null) (this.saved as Tensor[] | null) = [t];
    else (this.saved as unknown as Tensor[]).push(t);
  }

  keep(result: Tensor): void {
    this.note({ keeps: new SavedTensor(result, true) });
  }

  get kept(): Tensor {
    return (this.rare.keeps as SavedTensor).unpack(this);
  }

  /** Saves at the versions of now, which is after the kernels have run. */
  keepSaved(result: Result | null): void {
    const { saved } = this;
    if (saved === null) return;
    const tensors = saved as unknown as Tensor[];
    for (let i = 0; i < saved.length; i++) saved[i] = new SavedTensor(tensors[i], isOutput(tensors[i], result));
  }

  get saved_tensors(): Tensor[] {
    if (this.fate === 'released') throw new AutogradError(FREED);
    const { saved } = this;
    if (saved === null) return NO_TENSORS;
    const tensors = new Array<Tensor>(saved.length);
    for (let i = 0; i < tensors.length; i++) tensors[i] = saved[i].unpack(this);
    return tensors;
  }

  /** Lets hooks keep what was saved. */
  pack(): void {
    if (this.saved === null) return;
    this.saved = packAll(this.saved, this);
    this.fate = 'packed';
    if (this.rare.keeps !== null) this.note({ keeps: null }); // the hooks decide what is kept
  }

  override operation(): string {
    return this.spec.name;
  }

  override get formula(): readonly string[] {
    return this.spec.formula;
  }

  /** A rule returns what it makes; but hooks on saved tensors are the user's code, which may keep what it sees. */
  override keepsNothing(): boolean {
    return this.fate !== 'packed';
  }

  override release(): void {
    if (this.rare.keeps !== null) this.note({ keeps: null });
    if (this.saved === null) return;
    this.saved = null;
    this.fate = 'released';
  }

  override apply(grads: Gradients): Gradients {
    if (this.fate === 'released') throw new AutogradError(FREED);
    const backward = this.spec.backward as NonNullable<Spec['backward']>;
    const { layout, outputLike } = this.rare;
    const results =
      outputLike === null ? backward(this, grads[0] as Tensor) : backward(this, ...withoutHoles(grads, outputLike));
    return fitted(layout === null ? (results as Gradients) : flatten(results, layout), this.edges);
  }

  override joins(inner: Node): boolean {
    return this.rare.keeps?.isUnchanged === true && this.jointRule(inner) !== undefined;
  }

  override applyJoint(inner: Node, grads: Gradients): Gradients {
    const rule = this.jointRule(inner) as JointRule;
    const { saved_tensors } = inner as OpNode; // an error, as ever, when they were changed in place
    const results = rule(this, saved_tensors, grads[0] as Tensor);
    return inner.edges.map((edge, i) => (edge === null ? null : (results[i] as Tensor)));
  }

  private jointRule(inner: Node): JointRule | undefined {
    return inner instanceof OpNode ? this.spec.joint?.[inner.spec.name] : undefined;
  }
}

/** An output that took no part has a zero gradient. */
function withoutHoles(grads: Gradients, like: NonNullable<Rare['outputLike']>): Tensor[] {
  const some = grads.find((g) => g !== null) as Tensor;
  // indices have no gradient, and no op reads one
  return grads.map(
    (g, i) => g ?? (isFloating(like[i].dtype) ? some.new_zeros(like[i].shape, { dtype: like[i].dtype }) : g),
  ) as Tensor[];
}

/** One gradient for each edge. */
function flatten(results: InputGrads, layout: readonly number[]): (Tensor | null)[] {
  return layout.flatMap((n, i) => {
    const r = results[i] ?? null;
    return Array.isArray(r) ? (r as (Tensor | null)[]) : n === 1 ? [r as Tensor | null] : new Array<null>(n).fill(null);
  });
}

export const FREED: string =
  'Trying to backward through the graph a second time (or directly access saved tensors after they have already been ' +
  'freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify ' +
  'retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors ' +
  'after calling backward.';

const isOutput = (t: Tensor, result: Result | null): boolean =>
  t === result || (Array.isArray(result) && result.includes(t));

/** One gradient for each edge, as it must look there: the very list of the rule where, as nearly always, it is so already. */
function fitted(grads: Gradients, edges: readonly (Edge | null)[]): Gradients {
  let changed: (Tensor | null)[] | null = grads.length === edges.length ? null : grads.slice(0, edges.length);
  for (let i = 0; i < edges.length; i++) {
    const grad = fit(grads[i] ?? null, edges[i]);
    if (grad !== grads[i]) (changed ??= grads.slice())[i] = grad;
  }
  return changed ?? grads;
}

/** Undoes broadcasting and promotion: the gradient of an input looks like the input. */
function fit(grad: Tensor | null, edge: Edge | null): Tensor | null {
  if (grad === null || edge === null) return null;
  const g = sameShape(grad.shape, edge.shape) ? grad : grad.sum_to_size(edge.shape);
  return g.dtype === edge.dtype ? g : g.to(edge.dtype);
}
