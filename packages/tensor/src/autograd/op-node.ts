/** The node of one call of an op. */
import type { DType } from '../dtype.js';
import { isFloating } from '../dtype.js';
import { AutogradError } from '../errors.js';
import { type Shape, sameShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { type Edge, type Gradients, Node } from './node.js';
import { type Context, FREED, type InputGrads, type JointRule, type Result, type Spec } from './op-definition.js';
import { type Saved, SavedTensor } from './saved-tensor.js';
import { packAll } from './saved-tensor-hooks.js';

// shared by all that have nothing of the kind; never written
const NO_TENSORS: Tensor[] = [];
const NO_SHAPE: Shape = [];
/** Stands for what was saved and has been released. */
const RELEASED: Saved = {
  next: null,
  unpack: () => {
    throw new AutogradError(FREED);
  },
};

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
  /** Whether hooks keep what was saved. */
  readonly packed: boolean;
}

const NOTHING_RARE: Rare = { layout: null, outputLike: null, label: null, keeps: null, packed: false };

/** What the arguments of a call want: one and the same for all calls that are alike. */
export interface Wants {
  readonly needs_input_grad: readonly boolean[];
  /** A bit for each argument that `next_functions` leaves out. */
  readonly unlisted: number;
}

const NOTHING_WANTED: Wants = { needs_input_grad: [], unlisted: 0 };

/**
 * The node of one call of an op; also its forward's context, and the edge to its result where there is only one. There is one for
 * every recorded operation: how many fields it has counts, because much of the time of a small operation goes into memory that is
 * not in the cache yet.
 */
export class OpNode extends Node implements Context, Edge {
  state: unknown = undefined;
  /** The first of what is kept for the backward pass, which knows the next. */
  saved: Saved | null = null;
  wants: Wants = NOTHING_WANTED;
  private rare: Rare = NOTHING_RARE;
  /** Of the result, where there is one that can have a gradient. */
  shape: Shape = NO_SHAPE;
  dtype: DType = 'float32';

  constructor(readonly spec: Spec) {
    super();
  }

  /** The node is its only result's edge: gradients look as the result did, whatever `.data` has made of it since. */
  override edgeTo(t: Tensor): Edge {
    return this.shape === NO_SHAPE ? super.edgeTo(t) : this;
  }

  get node(): this {
    return this;
  }

  get index(): 0 {
    return 0;
  }

  get needs_input_grad(): readonly boolean[] {
    return this.wants.needs_input_grad;
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
      return (this.wants.unlisted >> i) & 1 ? [] : all.slice(at - n, at);
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
    this.append(new SavedTensor(t));
  }

  private append(item: Saved): void {
    let last = this.saved;
    if (last === null) {
      this.saved = item;
      return;
    }
    while (last.next !== null) last = last.next;
    last.next = item;
  }

  /** Everything that is saved, in order. */
  savedList(): Saved[] {
    const list: Saved[] = [];
    for (let item = this.saved; item !== null; item = item.next) list.push(item);
    return list;
  }

  /** Keeps these instead. */
  saveInstead(list: readonly Saved[]): void {
    this.saved = null;
    for (const item of list) {
      item.next = null;
      this.append(item);
    }
  }

  keep(result: Tensor): void {
    this.note({ keeps: new SavedTensor(result, true) });
  }

  get kept(): Tensor {
    return (this.rare.keeps as SavedTensor).unpack(this);
  }

  /** Saves at the versions of now, which is after the kernels have run. */
  keepSaved(result: Result | null): void {
    for (let item = this.saved as SavedTensor | null; item !== null; item = item.next as SavedTensor | null) {
      item.settle(isOutput(item.tensor, result));
    }
  }

  get saved_tensors(): Tensor[] {
    const { saved } = this;
    if (saved === null) return NO_TENSORS;
    const first = saved.unpack(this);
    const second = saved.next;
    if (second === null) return [first];
    const tensors = [first, second.unpack(this)];
    for (let item = second.next; item !== null; item = item.next) tensors.push(item.unpack(this));
    return tensors;
  }

  /** Lets hooks keep what was saved. */
  pack(): void {
    if (this.saved === null) return;
    this.saveInstead(packAll(this.savedList(), this));
    this.note({ packed: true, keeps: null }); // the hooks decide what is kept
  }

  override operation(): string {
    return this.spec.name;
  }

  override get formula(): readonly string[] {
    return this.spec.formula;
  }

  /** A rule returns what it makes; but hooks on saved tensors are the user's code, which may keep what it sees. */
  override keepsNothing(): boolean {
    return !this.rare.packed;
  }

  override release(): void {
    if (this.rare.keeps !== null) this.note({ keeps: null });
    if (this.saved !== null) this.saved = RELEASED;
  }

  override apply(grads: Gradients): Gradients {
    const { outputLike } = this.rare;
    if (outputLike === null) return this.applyAlone(grads[0] as Tensor);
    return this.passedOn(this.rule()(this, ...withoutHoles(grads, outputLike)));
  }

  override applyAlone(grad: Tensor): Gradients {
    return this.passedOn(this.rule()(this, grad));
  }

  private rule(): NonNullable<Spec['backward']> {
    if (this.saved === RELEASED) throw new AutogradError(FREED);
    return this.spec.backward as NonNullable<Spec['backward']>;
  }

  private passedOn(results: InputGrads): Gradients {
    const { layout } = this.rare;
    return fitted(layout === null ? (results as Gradients) : flatten(results, layout), this);
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

const isOutput = (t: Tensor, result: Result | null): boolean =>
  t === result || (Array.isArray(result) && result.includes(t));

/** One gradient for each edge, as it must look there: the very list of the rule where, as nearly always, it is so already. */
function fitted(grads: Gradients, node: OpNode): Gradients {
  const { inputs } = node;
  let changed: (Tensor | null)[] | null = grads.length === inputs ? null : grads.slice(0, inputs);
  for (let i = 0; i < inputs; i++) {
    const grad = fit(grads[i] ?? null, node.edgeAt(i));
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
