/** What an op is made of, and the node of one call of it. */
import type { DType } from '../dtype.js';
import { isFloating } from '../dtype.js';
import { AutogradError } from '../errors.js';
import { type Shape, sameShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { type Edge, Node } from './node.js';
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

export interface Spec extends OpDefinition<readonly unknown[], Result, unknown> {
  readonly name: string;
  readonly gradName: string;
}

// shared by all nodes that have nothing of the kind; never written
const NO_TENSORS: Tensor[] = [];
const NO_NEEDS: readonly boolean[] = [];

/** The node of one call of an op; also its forward's context. */
export class OpNode extends Node implements Context {
  state: unknown = undefined;
  out: Tensor | null = null;
  saved: Saved[] | null = null;
  pending: Tensor[] = NO_TENSORS;
  needs_input_grad: readonly boolean[] = NO_NEEDS;
  /** How many edges each argument has: a list argument has several. Null: one each. */
  layout: readonly number[] | null = null;
  unlisted = 0; // a bit for each argument that `next_functions` leaves out
  outputs = 1;
  /** What the outputs look like, when there are several: missing gradients become zeros. */
  outputLike: readonly { shape: Shape; dtype: DType }[] | null = null;
  private released = false;
  private packed = false;

  constructor(readonly spec: Spec) {
    super();
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

  /** The name of a composition that ends in this node. */
  label: string | null = null;

  override name(): string {
    if (this.label !== null) return this.label;
    const { grad_name, gradName } = this.spec;
    return typeof grad_name === 'function' ? grad_name(this) : gradName;
  }

  save_for_backward(first: Tensor, ...rest: Tensor[]): Tensor {
    if (this.pending === NO_TENSORS) this.pending = rest.length === 0 ? [first] : [first, ...rest];
    else this.pending.push(first, ...rest);
    return first;
  }

  /** Saves at the versions of now, which is after the kernels have run. */
  keepPending(result: Result | null): SavedTensor[] {
    const saved = new Array<SavedTensor>(this.pending.length);
    for (let i = 0; i < saved.length; i++)
      saved[i] = new SavedTensor(this.pending[i], isOutput(this.pending[i], result));
    this.pending = NO_TENSORS;
    this.saved = saved;
    return saved;
  }

  get saved_tensors(): Tensor[] {
    if (this.saved === null || this.released) throw new AutogradError(FREED);
    const tensors = new Array<Tensor>(this.saved.length);
    for (let i = 0; i < tensors.length; i++) tensors[i] = this.saved[i].unpack(this);
    return tensors;
  }

  /** Lets hooks keep what was saved. */
  pack(): void {
    if (this.saved === null) return;
    this.saved = packAll(this.saved, this);
    this.packed = true;
  }

  override operation(): string {
    return this.spec.name;
  }

  override get formula(): readonly string[] {
    return this.spec.formula;
  }

  /** A rule returns what it makes; but hooks on saved tensors are the user's code, which may keep what it sees. */
  override keepsNothing(): boolean {
    return !this.packed;
  }

  override release(): void {
    if (this.saved === null || this.saved.length === 0) return;
    this.saved = null;
    this.released = true;
  }

  override apply(grads: (Tensor | null)[]): (Tensor | null)[] {
    const { spec } = this;
    if (this.released) throw new AutogradError(FREED);
    const results = (spec.backward as NonNullable<Spec['backward']>)(this, ...this.withoutHoles(grads));
    const flat = this.layout === null ? (results as readonly (Tensor | null)[]) : this.flatten(results, this.layout);
    const edges = this.edges;
    const out = new Array<Tensor | null>(edges.length);
    for (let i = 0; i < edges.length; i++) {
      const edge = edges[i];
      const grad = flat[i] ?? null;
      out[i] = edge === null || grad === null ? null : fit(grad, edge);
    }
    return out;
  }

  /** An output that took no part has a zero gradient. */
  private withoutHoles(grads: (Tensor | null)[]): Tensor[] {
    if (this.outputLike === null) return grads as Tensor[];
    const like = this.outputLike;
    const some = grads.find((g) => g !== null) as Tensor;
    // indices have no gradient, and no op reads one
    return grads.map(
      (g, i) => g ?? (isFloating(like[i].dtype) ? some.new_zeros(like[i].shape, { dtype: like[i].dtype }) : g),
    ) as Tensor[];
  }

  private flatten(results: InputGrads, layout: readonly number[]): (Tensor | null)[] {
    return layout.flatMap((n, i) => {
      const r = results[i] ?? null;
      return Array.isArray(r)
        ? (r as (Tensor | null)[])
        : n === 1
          ? [r as Tensor | null]
          : new Array<null>(n).fill(null);
    });
  }
}

export const FREED: string =
  'Trying to backward through the graph a second time (or directly access saved tensors after they have already been ' +
  'freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify ' +
  'retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors ' +
  'after calling backward.';

const isOutput = (t: Tensor, result: Result | null): boolean =>
  t === result || (Array.isArray(result) && result.includes(t));

/** Undoes broadcasting and promotion: the gradient of an input looks like the input. */
function fit(grad: Tensor, edge: Edge): Tensor {
  const g = sameShape(grad.shape, edge.shape) ? grad : grad.sum_to_size(edge.shape);
  return g.dtype === edge.dtype ? g : g.to(edge.dtype);
}
