/** What nonlinearities of one tensor and some numbers are made of. */
import { checkBoolean } from '../arguments.js';
import { gradMode } from '../autograd/grad-mode.js';
import { defineOp, type Op } from '../autograd/op.js';
import type { ElementwiseName } from '../backend/elementwise.js';
import { cName, isFloating } from '../dtype.js';
import { DTypeError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { binary, checkTensor } from './kernel.js';

export type Activation<P extends readonly number[]> = Op<[input: Tensor, ...params: P], Tensor>;

interface ActivationDefinition<P extends readonly number[]> {
  /** The result; `out` is where the caller would like it. */
  readonly forward: (x: Tensor, out: Tensor | null, ...params: P) => Tensor;
  /** f′(x), in operations that can be differentiated again. */
  readonly derivative: (x: Tensor, ...params: P) => Tensor;
  /** g · f′(x) in one pass over memory, for where nothing is differentiated again. */
  readonly backwardKernel?: ElementwiseName;
  readonly formula: string;
  readonly grad_name?: string;
  readonly parameters?: string;
  /** Whether integers have it as well. */
  readonly integers?: boolean;
}

/** An op on floating-point tensors, elementwise, whose parameters are numbers. */
export function activation<P extends readonly number[]>(
  name: string,
  definition: ActivationDefinition<P>,
): Activation<P> {
  const { forward, derivative, backwardKernel: kernel, formula, grad_name, parameters, integers = false } = definition;
  return defineOp<[Tensor, ...P], Tensor, P>(name, {
    parameters,
    forward(ctx, x, ...params) {
      const { dtype } = checkTensor(name, 'input', x);
      if (!isFloating(dtype) && !(integers && dtype !== 'bool')) {
        throw new DTypeError(`${name}(): "${name}" not implemented for '${cName(x.dtype)}'`);
      }
      // numbers are what they are declared to be
      const given = params as unknown as P;
      ctx.state = given;
      ctx.save_for_backward(x);
      return forward(x, ctx.out, ...given);
    },
    backward(ctx, g) {
      const [x] = ctx.saved_tensors;
      if (kernel !== undefined && !gradMode.enabled) return [binary(kernel, kernel, g, x)];
      return [g.mul(derivative(x, ...ctx.state))];
    },
    formula: [formula],
    grad_name,
  });
}

/**
 * A functional with PyTorch's `inplace` argument, which comes after its parameters.
 * `readers` give the parameters, with their defaults.
 */
export function runActivation<P extends readonly number[]>(
  name: string,
  op: Activation<P>,
  input: Tensor,
  readers: { readonly [K in keyof P]: (value: unknown) => number },
  args: readonly unknown[],
): Tensor {
  checkTensor(name, 'input', input);
  const params = readers.map((read, i) => read(args[i])) as readonly number[] as P;
  return checkBoolean(name, 'inplace', args[readers.length] ?? false)
    ? op.inplace(input, ...params)
    : op(input, ...params);
}
