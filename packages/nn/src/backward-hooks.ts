/** Backward hooks of a module: identity functions around its inputs and outputs, on whose nodes the hooks sit. */
import { AutogradError, autograd, is_grad_enabled, Tensor, ValueError } from '@torchlet/tensor';
import type { AnyBackwardHook, AnyBackwardPreHook } from './module-hooks.js';
import { typename } from './typename.js';

type Grads = autograd.Grads;

class BackwardHookFunction extends autograd.Function {
  static forward(ctx: autograd.FunctionCtx, ...tensors: Tensor[]): Tensor[] {
    ctx.mark_non_differentiable(...tensors.filter((t) => !t.requires_grad));
    return tensors;
  }

  static backward(_ctx: autograd.FunctionCtx, ...grads: Tensor[]): Tensor[] {
    return grads;
  }
}

/** One value for each place: gradients where there are tensors, else null. */
function spread(places: readonly number[], grads: Grads, count: number): (Tensor | null)[] {
  const all = new Array<Tensor | null>(count).fill(null);
  places.forEach((place, i) => {
    all[place] = grads[i];
  });
  return all;
}

/** The backward hooks of one call. */
export class BackwardHooks {
  private inputs: readonly number[] | null = null;
  private inputCount = 0;
  private gradOutputs: Grads | null = null;

  constructor(
    private readonly module: object,
    private readonly pre: readonly AnyBackwardPreHook[],
    private readonly hooks: readonly AnyBackwardHook[],
  ) {}

  /** The arguments that `forward` is to get. */
  wrapInputs(args: unknown[]): unknown[] {
    this.inputCount = args.length;
    return this.wrap(args, (node, places) => {
      this.inputs = places;
      node.register_hook((gradInputs) => this.onInputs(gradInputs, places));
    });
  }

  /** @throws ValueError for a result whose gradients cannot be seen. */
  wrapOutput(output: unknown): unknown {
    const list: unknown = output instanceof Tensor ? [output] : output;
    if (!Array.isArray(list)) {
      throw new ValueError(
        `For backward hooks to be called, module output should be a Tensor or an array of Tensors but received ${typename(output)}`,
      );
    }
    const wrapped = this.wrap(list, (node, places) => {
      node.register_prehook((grads) => this.onOutputs(grads, places, list.length));
    });
    return output instanceof Tensor ? wrapped[0] : wrapped;
  }

  private wrap(values: unknown[], use: (node: autograd.Node, places: readonly number[]) => void): unknown[] {
    const places = values.flatMap((v, i) => (v instanceof Tensor ? [i] : []));
    const tensors = places.map((i) => values[i] as Tensor);
    if (!is_grad_enabled() || !tensors.some((t) => t.requires_grad)) return values;
    const wrapped = BackwardHookFunction.apply(...tensors);
    const node = wrapped.find((t) => t.grad_fn !== null)?.grad_fn;
    if (node !== undefined && node !== null) use(node, places);
    const result = [...values];
    places.forEach((place, i) => {
      result[place] = wrapped[i];
    });
    return result;
  }

  /** Gradients arrive at the outputs. */
  private onOutputs(grads: Grads, places: readonly number[], count: number): Grads {
    let current: Grads = spread(places, grads, count);
    for (const hook of this.pre) {
      const result = asList(hook(this.module, current));
      if (result === null) continue;
      if (result.length !== count) {
        throw new AutogradError(
          `Backward pre hook returned an invalid number of grad_output, got ${result.length}, but expected ${count}`,
        );
      }
      current = result;
    }
    this.gradOutputs = current;
    if (this.inputs === null) this.withoutInputs(current);
    return places.map((place) => current[place]);
  }

  /** No input wants a gradient: the hooks only look. */
  private withoutInputs(gradOutputs: Grads): void {
    const none = new Array<null>(this.inputCount).fill(null);
    for (const hook of this.hooks) {
      const result = asList(hook(this.module, none, gradOutputs));
      if (result?.some((g) => g !== null)) {
        throw new AutogradError(
          'Backward hook for Modules where no input requires gradient should always return None or None for all gradients.',
        );
      }
    }
    this.gradOutputs = null;
  }

  /** Gradients leave through the inputs. */
  private onInputs(grads: Grads, places: readonly number[]): Grads {
    const { gradOutputs } = this;
    if (gradOutputs === null) {
      throw new AutogradError(
        'Module backward hook for grad_input is called before the grad_output one. This happens because the gradient in ' +
          "your nn.Module flows to the Module's input without passing through the Module's output. Make sure that the " +
          'output depends on the input and that the loss is computed based on the output.',
      );
    }
    let current: Grads = spread(places, grads, this.inputCount);
    for (const hook of this.hooks) {
      const result = asList(hook(this.module, current, gradOutputs));
      if (result === null) continue;
      if (result.length !== this.inputCount) {
        throw new AutogradError(
          `Backward hook returned an invalid number of grad_input, got ${result.length}, but expected ${this.inputCount}`,
        );
      }
      current = result;
    }
    this.gradOutputs = null;
    return places.map((place) => current[place]);
  }
}

function asList(result: unknown): Grads | null {
  if (result === undefined || result === null) return null;
  return Array.isArray(result) ? (result as Grads) : [result as Tensor];
}
