/** What an op is made of. */
import { AutogradError } from '../errors.js';
import type { Tensor } from '../tensor.js';

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

export const FREED: string =
  'Trying to backward through the graph a second time (or directly access saved tensors after they have already been ' +
  'freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify ' +
  'retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors ' +
  'after calling backward.';

// shared by all; never written
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
