/** `ctx`: what a custom function's forward hands to its backward. */
import { ValueError } from '../errors.js';
import { Tensor } from '../tensor.js';

/** Where saved tensors come from. */
export interface SavedSource {
  savedTensors(): (Tensor | null)[];
}

const typeOf = (x: unknown): string => (x === null ? 'null' : typeof x);

function checkTensors(method: string, tensors: readonly unknown[]): void {
  tensors.forEach((t, i) => {
    if (!(t instanceof Tensor)) {
      throw new ValueError(`${method} can only accept Tensors, but argument ${i} is of type ${typeOf(t)}`);
    }
  });
}

/**
 * The context of one call of a custom function. Whatever else backward needs, and is no tensor, may be kept in
 * attributes: `ctx: autograd.FunctionCtx<{ dim: number }>`.
 * https://pytorch.org/docs/stable/autograd.html#context-method-mixins
 */
export class FunctionContext {
  /** Which arguments want a gradient. */
  needs_input_grad: readonly boolean[] = [];
  readonly #source: SavedSource;
  #toSave: readonly (Tensor | null)[] = [];
  #dirty: readonly Tensor[] = [];
  #nonDifferentiable: readonly Tensor[] = [];
  #materialize = true;

  /** @internal */
  constructor(source: SavedSource) {
    this.#source = source;
  }

  /**
   * Keeps inputs or outputs for backward; null keeps a place. Tensors are to be kept here and not in attributes, so that
   * in-place changes are noticed. A later call replaces an earlier one.
   * https://pytorch.org/docs/stable/generated/torch.autograd.function.FunctionCtx.save_for_backward.html
   */
  save_for_backward(...tensors: (Tensor | null)[]): void {
    tensors.forEach((t, i) => {
      if (t !== null && !(t instanceof Tensor)) {
        throw new ValueError(`save_for_backward can only save Tensors, but argument ${i} is of type ${typeOf(t)}`);
      }
    });
    this.#toSave = tensors;
  }

  /** What was saved, for use in backward. @throws AutogradError after the graph was freed, or after in-place changes. */
  get saved_tensors(): Tensor[] {
    // null where null was saved: the type is that of the everyday case
    return this.#source.savedTensors() as Tensor[];
  }

  /**
   * The inputs that forward has changed in place; each has to be returned.
   * https://pytorch.org/docs/stable/generated/torch.autograd.function.FunctionCtx.mark_dirty.html
   */
  mark_dirty(...tensors: Tensor[]): void {
    checkTensors('mark_dirty', tensors);
    this.#dirty = tensors;
  }

  /**
   * The outputs that have no gradient.
   * https://pytorch.org/docs/stable/generated/torch.autograd.function.FunctionCtx.mark_non_differentiable.html
   */
  mark_non_differentiable(...tensors: Tensor[]): void {
    checkTensors('mark_non_differentiable', tensors);
    this.#nonDifferentiable = tensors;
  }

  /**
   * Whether backward gets zeros (true, the default) or null for outputs that took no part.
   * https://pytorch.org/docs/stable/generated/torch.autograd.function.FunctionCtx.set_materialize_grads.html
   */
  set_materialize_grads(value: boolean): void {
    if (typeof value !== 'boolean') {
      throw new ValueError(`set_materialize_grads(): argument 'value' must be bool, got ${String(value)}`);
    }
    this.#materialize = value;
  }

  /** @internal What forward asked for. */
  static requestsOf(ctx: FunctionContext): {
    readonly toSave: readonly (Tensor | null)[];
    readonly dirty: readonly Tensor[];
    readonly nonDifferentiable: readonly Tensor[];
    readonly materialize: boolean;
  } {
    return {
      toSave: ctx.#toSave,
      dirty: ctx.#dirty,
      nonDifferentiable: ctx.#nonDifferentiable,
      materialize: ctx.#materialize,
    };
  }
}

/** A custom function's context with attributes of the function's own. */
export type FunctionCtx<Attributes extends object = object> = FunctionContext & Attributes;
