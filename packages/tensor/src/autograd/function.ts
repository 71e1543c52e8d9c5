/** Custom functions. https://pytorch.org/docs/stable/notes/extending.html#extending-torch-autograd */
import { isFloating } from '../dtype.js';
import { AutogradError, TorchletError } from '../errors.js';
import { Tensor } from '../tensor.js';
import { anomalyMode, rememberOrigin } from './anomaly.js';
import { FunctionContext } from './function-context.js';
import { type FunctionClass, FunctionNode } from './function-node.js';
import { gradMode, withGradMode } from './grad-mode.js';
import { checkInplace, forgetView, gradFnOf, gradientEdge, rebaseHistory, requiresGrad } from './history.js';
import { type Gradients, Node } from './node.js';
import { observing } from './observer.js';

/** A function whose forward and `setup_context` are apart. */
interface WithSetup<Args extends unknown[], R> {
  new (...args: never[]): unknown;
  forward(...args: Args): R;
  setup_context(ctx: never, inputs: never, output: never): void;
}

/** A function whose forward takes the context first. */
interface WithContext<Args extends unknown[], R> {
  new (...args: never[]): unknown;
  forward(ctx: never, ...args: Args): R;
}

/**
 * The base of custom functions, which bring their own derivative:
 *
 *     class Exp extends autograd.Function {
 *       static forward(ctx: autograd.FunctionCtx, x: Tensor): Tensor {
 *         const y = x.exp();
 *         ctx.save_for_backward(y);
 *         return y;
 *       }
 *       static backward(ctx: autograd.FunctionCtx, grad: Tensor): Tensor {
 *         return grad.mul(ctx.saved_tensors[0]);
 *       }
 *     }
 *     const y = Exp.apply(x);
 *
 * Or `static forward(x)` and `static setup_context(ctx, inputs, output)`. Backward returns a gradient (or null) for each
 * argument of forward. It is differentiable again if it is made of tensor operations.
 * https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function
 */
// biome-ignore lint/complexity/noStaticOnlyClass: PyTorch's interface, to be extended
export abstract class CustomFunction {
  /** Runs forward, and records the call. */
  static apply<Args extends unknown[], R>(this: WithSetup<Args, R>, ...args: Args): R;
  static apply<Args extends unknown[], R>(this: WithContext<Args, R>, ...args: Args): R;
  static apply(this: unknown, ...args: unknown[]): unknown {
    // biome-ignore lint/complexity/noThisInStatic: the class that the user has made of it
    const cls = this as FunctionClass | undefined;
    // a static method that is passed on keeps its class in Python, and loses it in JavaScript
    if (cls === undefined)
      throw new TorchletError('apply() has lost its class: pass (x) => Exp.apply(x), not Exp.apply');
    return applyFunction(cls, args);
  }
}

function applyFunction(cls: FunctionClass, args: readonly unknown[]): unknown {
  const node = new FunctionNode(cls);
  const needs = args.map((arg) => arg instanceof Tensor && requiresGrad(arg));
  node.context.needs_input_grad = needs;
  const record = gradMode.enabled && needs.includes(true);
  if (record) {
    node.edges = args.map((arg) => (arg instanceof Tensor ? gradientEdge(arg) : null));
    node.inputDevices = args.map((arg) => (arg instanceof Tensor ? arg.device : null));
    if (anomalyMode.enabled) {
      rememberOrigin(node);
      observing.observer?.called(node, args);
    }
  }
  const output = withGradMode(false, () => runForward(cls, node.context, args));
  const raw: readonly unknown[] = Array.isArray(output) ? output : [output];
  const wrapped = wrapOutputs(node, args, raw, record);
  if (record) {
    node.save(FunctionContext.requestsOf(node.context).toSave.map((t) => replaced(t, raw, wrapped)));
    if (anomalyMode.enabled) observing.observer?.returned(node, wrapped);
  }
  return Array.isArray(output) ? wrapped : wrapped[0];
}

function runForward(cls: FunctionClass, ctx: FunctionContext, args: readonly unknown[]): unknown {
  if (cls.forward === undefined) {
    throw new TorchletError('You must implement the forward function for custom autograd.Function.');
  }
  if (cls.setup_context === undefined) return cls.forward(ctx, ...args);
  const output = cls.forward(...args);
  cls.setup_context(ctx, args, output);
  return output;
}

/** An output that is saved hangs on the node, also if what is returned is another object. */
function replaced(t: Tensor | null, raw: readonly unknown[], wrapped: readonly unknown[]): Tensor | null {
  const i = raw.indexOf(t);
  return i < 0 || t === null || t.gradFn !== null ? t : (wrapped[i] as Tensor);
}

function wrapOutputs(
  node: FunctionNode,
  args: readonly unknown[],
  raw: readonly unknown[],
  record: boolean,
): unknown[] {
  const { dirty, nonDifferentiable } = FunctionContext.requestsOf(node.context);
  if (dirty.some((t) => !raw.includes(t))) {
    throw new AutogradError(
      'Some elements marked as dirty during the forward method were not returned as output. The inputs that are modified ' +
        'inplace must all be outputs of the Function.',
    );
  }
  node.outputs = raw.length;
  node.outputLike = raw.map((t) => (t instanceof Tensor ? { shape: t.shape, dtype: t.dtype, device: t.device } : null));
  return raw.map((t, i) => {
    if (!(t instanceof Tensor)) return t;
    const input = args.indexOf(t);
    if (dirty.includes(t) && !record) return t;
    if (!record || nonDifferentiable.includes(t) || !isFloating(t.dtype)) return outsideOfGraph(t, input >= 0);
    if (dirty.includes(t)) return changed(t, node, i, input, raw.length);
    return attached(t, node, i, input >= 0);
  });
}

/** A gradient is not wanted. An input keeps its own. */
function outsideOfGraph(t: Tensor, isInput: boolean): Tensor {
  return isInput && requiresGrad(t) ? t.detach() : t;
}

/** An input that forward has changed in place. */
function changed(t: Tensor, node: FunctionNode, index: number, input: number, outputs: number): Tensor {
  if (t.rare.base === null && t.leafRequiresGrad) {
    throw new AutogradError('a leaf Variable that requires grad has been used in an in-place operation.');
  }
  if (t.rare.base !== null && outputs > 1) {
    throw new AutogradError(
      'If your Function modifies inplace an input that is a view of another Tensor, your Function cannot return more than ' +
        'one Tensor. This is not supported by the current autograd engine. You should either make sure the input is not a ' +
        'view (using .clone() for example) or make your Function only return one Tensor (potentially splitting it into two ' +
        'Functions: one doing the inplace that returns a single Tensor and a second one that does the other operations).',
    );
  }
  checkInplace(t, true);
  if (input < 0) return attached(t, node, index, false);
  rebaseHistory(t, node, index, input);
  gradFnOf(t);
  return t;
}

/** A new tensor, or a view of an input, as output of the node. */
function attached(t: Tensor, node: FunctionNode, index: number, isInput: boolean): Tensor {
  const out = isInput ? t.detach() : t;
  if (isInput || t.rare.base !== null) node.views.add(index);
  forgetView(out);
  out.leafRequiresGrad = false;
  out.gradFn = node;
  out.outputNr = index;
  return out;
}

/** Stands where a function that has only a first derivative would have a second one. */
class DelayedError extends Node {
  override readonly outputs = 1;

  override name(): string {
    return 'torch::autograd::DelayedError';
  }

  override apply(): Gradients {
    throw new AutogradError('trying to differentiate twice a function that was marked with @once_differentiable');
  }
}

/**
 * Marks a backward that is not made of tensor operations, and so cannot be differentiated again:
 * `static backward = once_differentiable((ctx, grad) => …)`. Trying to is an error.
 * https://pytorch.org/docs/stable/notes/extending.html
 */
export function once_differentiable<C, G extends unknown[], R>(
  fn: (ctx: C, ...grads: G) => R,
): (ctx: C, ...grads: G) => R {
  return function once(this: unknown, ctx: C, ...grads: G): R {
    const results = withGradMode(false, () => fn.call(this, ctx, ...grads));
    if (!gradMode.enabled) return results;
    const edges = grads.map((g) => (g instanceof Tensor ? gradientEdge(g) : null));
    if (edges.every((edge) => edge === null)) return results;
    const guarded = (g: unknown): unknown => {
      if (!(g instanceof Tensor)) return g;
      const out = g.detach();
      const node = new DelayedError();
      node.edges = edges;
      out.gradFn = node;
      return out;
    };
    return (Array.isArray(results) ? results.map(guarded) : guarded(results)) as R;
  };
}
