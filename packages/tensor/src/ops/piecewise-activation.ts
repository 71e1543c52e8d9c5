/** Nonlinearities in pieces. https://pytorch.org/docs/stable/nn.functional.html#non-linear-activation-functions */
import { checkNumber } from '../arguments.js';
import { castNumber, isFloating } from '../dtype.js';
import { ValueError } from '../errors.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import type { InplaceOptions } from './activation.js';
import { type Activation, activation, runActivation } from './activation-op.js';
import { where } from './comparison.js';
import { checkTensor, elementwise } from './kernel.js';

const reader =
  (op: string, name: string, standard: number) =>
  (value: unknown): number =>
    checkNumber(op, name, value ?? standard);

/** Whether x is strictly between, in x's dtype; NaN counts as such. */
const between = (x: Tensor, min: number, max: number): Tensor => x.le(min).add(x.ge(max)).logical_not().to(x.dtype);

type EluOp = Activation<[alpha: number, scale: number, inputScale: number]>;

const eluAs = (name: string): EluOp =>
  activation(name, {
    forward(x, out, alpha, scale, inputScale) {
      const y = elementwise(name, 'elu', [x, alpha, inputScale], x.dtype, out);
      return scale === 1 ? y : elementwise(name, 'mul', [y, scale], x.dtype, out);
    },
    // where it does not count, the exponential must not overflow
    derivative: (x, alpha, scale, inputScale) =>
      where(
        x.le(0),
        where(x.lt(0), x, 0)
          .mul(inputScale)
          .exp()
          .mul(alpha * scale * inputScale),
        scale,
      ),
    formula: 'dx = g · scale · [x > 0], g · scale · alpha · e^x elsewhere',
  });

const eluOp: EluOp = eluAs('elu');
const celuOp: EluOp = eluAs('celu');

export interface AlphaInplaceOptions extends InplaceOptions {
  readonly alpha?: number;
}

/** x, and alpha · (e^x − 1) for x ≤ 0. https://pytorch.org/docs/stable/generated/torch.nn.functional.elu.html */
export const elu: (
  input: Tensor,
  alpha?: number | AlphaInplaceOptions,
  inplace?: boolean | AlphaInplaceOptions,
) => Tensor = signature('elu(input, alpha?, inplace?)', (input, alpha, inplace) =>
  runActivation('elu', eluWith, input, [reader('elu', 'alpha', 1)], [alpha, inplace]),
);

/** {@link elu} in place. */
export const elu_: (input: Tensor, alpha?: number | Omit<AlphaInplaceOptions, 'inplace'>) => Tensor = signature(
  'elu_(input, alpha?)',
  (input, a) => eluWith.inplace(input, checkNumber('elu_', 'alpha', a ?? 1)),
);

/** An op with some of its parameters fixed. */
function withParameters<P extends readonly number[], Q extends readonly number[]>(
  op: Activation<Q>,
  parameters: (...given: P) => Q,
): Activation<P> {
  const call = (x: Tensor, ...given: P): Tensor => op(x, ...parameters(...given));
  const inplace = (x: Tensor, ...given: P): Tensor => op.inplace(x, ...parameters(...given));
  const { opName, gradName, formula } = op;
  return Object.assign(call, { opName, gradName, formula, inplace });
}

const eluWith: Activation<[alpha: number]> = withParameters<[number], [number, number, number]>(eluOp, (alpha) => [
  alpha,
  1,
  1,
]);
const celuWith: Activation<[alpha: number]> = withParameters<[number], [number, number, number]>(celuOp, (alpha) => [
  alpha,
  1,
  1 / alpha,
]);
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;
const seluWith: Activation<[]> = withParameters<[], [number, number, number]>(eluOp, () => [SELU_ALPHA, SELU_SCALE, 1]);

/** The ELU that keeps mean 0 and variance 1. https://pytorch.org/docs/stable/generated/torch.nn.functional.selu.html */
export const selu: (input: Tensor, inplace?: boolean | InplaceOptions) => Tensor = signature(
  'selu(input, inplace?)',
  (input, inplace) => runActivation('selu', seluWith, input, [], [inplace]),
);

export const selu_: (input: Tensor) => Tensor = signature('selu_(input)', (input) =>
  seluWith.inplace(checkTensor('selu_', 'input', input)),
);

/** @throws ValueError for alpha = 0. */
const readCelu = (value: unknown): number => {
  const alpha = checkNumber('celu', 'alpha', value ?? 1);
  if (alpha === 0) throw new ValueError('ZeroDivisionError: alpha cannot be 0 for CELU');
  return alpha;
};

/**
 * max(0, x) + min(0, alpha · (e^(x / alpha) − 1)).
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.celu.html
 */
export const celu: (
  input: Tensor,
  alpha?: number | AlphaInplaceOptions,
  inplace?: boolean | AlphaInplaceOptions,
) => Tensor = signature('celu(input, alpha?, inplace?)', (input, alpha, inplace) =>
  runActivation('celu', celuWith, input, [readCelu], [alpha, inplace]),
);

/** {@link celu} in place. */
export const celu_: (input: Tensor, alpha?: number | Omit<AlphaInplaceOptions, 'inplace'>) => Tensor = signature(
  'celu_(input, alpha?)',
  (input, a) => celuWith.inplace(input, readCelu(a)),
);

const leakyReluOp: Activation<[slope: number]> = activation('leaky_relu', {
  forward: (x, out, slope) => elementwise('leaky_relu', 'leaky_relu', [x, slope], x.dtype, out),
  derivative: (x, slope) => where(x.gt(0), x.new_full([], 1), slope),
  formula: 'dx = g · (1 if x > 0, else negative_slope)',
});

export interface LeakyReluOptions extends InplaceOptions {
  readonly negative_slope?: number;
}

/** x, and negative_slope · x below 0. https://pytorch.org/docs/stable/generated/torch.nn.functional.leaky_relu.html */
export const leaky_relu: (
  input: Tensor,
  negative_slope?: number | LeakyReluOptions,
  inplace?: boolean | LeakyReluOptions,
) => Tensor = signature('leaky_relu(input, negative_slope?, inplace?)', (input, negative_slope, inplace) => {
  const readers = [reader('leaky_relu', 'negative_slope', 0.01)] as const;
  return runActivation('leaky_relu', leakyReluOp, input, readers, [negative_slope, inplace]);
});

/** {@link leaky_relu} in place. */
export const leaky_relu_: (input: Tensor, negative_slope?: number | Omit<LeakyReluOptions, 'inplace'>) => Tensor =
  signature('leaky_relu_(input, negative_slope?)', (input, slope) =>
    leakyReluOp.inplace(input, checkNumber('leaky_relu_', 'negative_slope', slope ?? 0.01)),
  );

const hardtanhOp: Activation<[min: number, max: number]> = activation('hardtanh', {
  forward(x, out, min, max) {
    const limits = [min, max].map((limit) => (isFloating(x.dtype) ? limit : Math.trunc(limit)));
    if (x.dtype === 'uint8' && limits.some((limit) => limit < 0)) {
      throw new ValueError('cannot do hardtanh on an unsigned type with negative limits');
    }
    return elementwise('hardtanh', 'clamp', [x, ...limits], x.dtype, out);
  },
  integers: true,
  derivative: (x, min, max) => between(x, min, max),
  formula: 'dx = g · [min < x < max]',
});
const relu6Op: Activation<[]> = withParameters<[], [number, number]>(hardtanhOp, () => [0, 6]);

export interface HardtanhOptions extends InplaceOptions {
  readonly min_val?: number;
  readonly max_val?: number;
}

const HARDTANH = [reader('hardtanh', 'min_val', -1), reader('hardtanh', 'max_val', 1)] as const;

/** x within [min_val, max_val]. https://pytorch.org/docs/stable/generated/torch.nn.functional.hardtanh.html */
export const hardtanh: (
  input: Tensor,
  min_val?: number | HardtanhOptions,
  max_val?: number | HardtanhOptions,
  inplace?: boolean | HardtanhOptions,
) => Tensor = signature('hardtanh(input, min_val?, max_val?, inplace?)', (input, min_val, max_val, inplace) =>
  runActivation('hardtanh', hardtanhOp, input, HARDTANH, [min_val, max_val, inplace]),
);

/** {@link hardtanh} in place. */
export const hardtanh_: (
  input: Tensor,
  min_val?: number | Omit<HardtanhOptions, 'inplace'>,
  max_val?: number | Omit<HardtanhOptions, 'inplace'>,
) => Tensor = signature('hardtanh_(input, min_val?, max_val?)', (input, min, max) =>
  hardtanhOp.inplace(input, HARDTANH[0](min), HARDTANH[1](max)),
);

/** min(max(x, 0), 6). https://pytorch.org/docs/stable/generated/torch.nn.functional.relu6.html */
export const relu6: (input: Tensor, inplace?: boolean | InplaceOptions) => Tensor = signature(
  'relu6(input, inplace?)',
  (input, inplace) => runActivation('relu6', relu6Op, input, [], [inplace]),
);

const thresholdOp: Activation<[threshold: number, value: number]> = activation('threshold', {
  // a NaN is not at most the threshold
  forward: (x, _out, threshold, value) => where(x.le(castNumber(threshold, x.dtype)), castNumber(value, x.dtype), x),
  integers: true,
  derivative: (x, threshold) => x.le(threshold).logical_not().to(x.dtype),
  formula: 'dx = g · [x > threshold]',
});

export interface ThresholdOptions extends InplaceOptions {
  readonly threshold?: number;
  readonly value?: number;
}

const THRESHOLD = [
  (v: unknown): number => checkNumber('threshold', 'threshold', v),
  (v: unknown): number => checkNumber('threshold', 'value', v),
] as const;

/** x where it is greater than the threshold, else `value`. https://pytorch.org/docs/stable/generated/torch.nn.functional.threshold.html */
export const threshold: (
  input: Tensor,
  threshold: number | ThresholdOptions,
  value?: number | ThresholdOptions,
  inplace?: boolean | ThresholdOptions,
) => Tensor = signature('threshold(input, threshold, value, inplace?)', (input, threshold, value, inplace) => {
  return runActivation('threshold', thresholdOp, input, THRESHOLD, [threshold, value, inplace]);
});

/** {@link threshold} in place. */
export const threshold_: (
  input: Tensor,
  threshold: number | Omit<ThresholdOptions, 'inplace'>,
  value?: number | Omit<ThresholdOptions, 'inplace'>,
) => Tensor = signature('threshold_(input, threshold, value)', (input, t, v) =>
  thresholdOp.inplace(checkTensor('threshold_', 'input', input), THRESHOLD[0](t), THRESHOLD[1](v)),
);

const hardsigmoidOp: Activation<[]> = activation('hardsigmoid', {
  forward: (x) => x.add(3).clamp(0, 6).div(6),
  // a sixth is a float32 in PyTorch
  derivative: (x) =>
    x
      .gt(-3)
      .mul(x.lt(3))
      .to(x.dtype)
      .mul(Math.fround(1 / 6)),
  formula: 'dx = g / 6 · [−3 < x < 3]',
});

/** min(max(x + 3, 0), 6) / 6. https://pytorch.org/docs/stable/generated/torch.nn.functional.hardsigmoid.html */
export const hardsigmoid: (input: Tensor, inplace?: boolean | InplaceOptions) => Tensor = signature(
  'hardsigmoid(input, inplace?)',
  (input, inplace) => runActivation('hardsigmoid', hardsigmoidOp, input, [], [inplace]),
);

const hardswishOp: Activation<[]> = activation('hardswish', {
  forward: (x) => x.mul(x.add(3).clamp(0, 6)).div(6),
  derivative: (x) => where(x.lt(-3), 0, where(x.le(3), x.div(3).add(0.5), 1)),
  formula: 'dx = g · (0 below −3, 1 above 3, x / 3 + 1 / 2 between)',
});

/** x · hardsigmoid(x). https://pytorch.org/docs/stable/generated/torch.nn.functional.hardswish.html */
export const hardswish: (input: Tensor, inplace?: boolean | InplaceOptions) => Tensor = signature(
  'hardswish(input, inplace?)',
  (input, inplace) => runActivation('hardswish', hardswishOp, input, [], [inplace]),
);
