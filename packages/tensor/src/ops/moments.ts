/** Variance and standard deviation. https://pytorch.org/docs/stable/torch.html#reduction-ops */
import { checkBoolean, checkNumber } from '../arguments.js';
import { defineOp, type Op } from '../autograd/op.js';
import { isFloating } from '../dtype.js';
import { DTypeError, ValueError } from '../errors.js';
import { numelOf, reducedShape, type Shape, wrapDims } from '../shape.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { checkTensor } from './kernel.js';
import type { Dims } from './reduction.js';

interface Spread {
  readonly dims: readonly number[];
  readonly keepdim: boolean;
  /** What the squares are divided by. */
  readonly divisor: number;
}

type MomentOp = Op<[input: Tensor, spread: Spread], Tensor>;

/** Each element's distance from the mean. */
const centered = (x: Tensor, dims: readonly number[]): Tensor =>
  dims.length === 0 ? x.sub(x) : x.sub(x.mean(dims, true));

const kept = (t: Tensor, shape: Shape, dims: readonly number[]): Tensor => t.reshape(reducedShape(shape, dims, true));

function variance(x: Tensor, { dims, keepdim, divisor }: Spread): Tensor {
  const d = centered(x, dims);
  const squares = dims.length === 0 ? d.mul(d) : d.mul(d).sum(dims, keepdim);
  return squares.div(divisor);
}

const varianceBackward = (g: Tensor, x: Tensor, { dims, divisor }: Spread): Tensor =>
  kept(g, x.shape, dims)
    .mul(2 / divisor)
    .mul(centered(x, dims));

const varOp: MomentOp = defineOp<[Tensor, Spread], Tensor, Spread>('var', {
  forward(ctx, x, spread) {
    ctx.state = spread;
    ctx.save_for_backward(x);
    return variance(x, spread);
  },
  backward: (ctx, g) => [varianceBackward(g, ctx.saved_tensors[0], ctx.state)],
  formula: ['dx = g · 2 · (x − mean) / (n − correction)'],
});

const stdOp: MomentOp = defineOp<[Tensor, Spread], Tensor, Spread>('std', {
  forward(ctx, x, spread) {
    ctx.state = spread;
    const y = variance(x, spread).sqrt();
    ctx.save_for_backward(x, y);
    return y;
  },
  backward(ctx, g) {
    const [x, y] = ctx.saved_tensors;
    const half = g.div(y.mul(2)).masked_fill(y.eq(0), 0);
    return [varianceBackward(half, x, ctx.state)];
  },
  formula: ['dx = g · (x − mean) / (y · (n − correction)), 0 where y = 0'],
});

export interface VarianceOptions {
  readonly dim?: Dims;
  /** n − correction divides: 1 (Bessel's) unless given. */
  readonly correction?: number | null;
  /** The old way to say correction 1 or 0. */
  readonly unbiased?: boolean;
  readonly keepdim?: boolean;
}

function bindSpread(op: string, input: Tensor, args: readonly unknown[]): Spread {
  checkTensor(op, 'input', input);
  // var(unbiased) is an old signature
  const given = typeof args[0] === 'boolean' ? [null, ...args] : args;
  const [dim, unbiased, keepdim, correction] = given;
  if (!isFloating(input.dtype)) {
    const name = op.startsWith('std') ? 'std' : 'var';
    throw new DTypeError(`${op}(): ${name} only support floating point and complex dtypes, got ${input.dtype}`);
  }
  const old = unbiased !== undefined && unbiased !== null;
  const hasCorrection = correction !== undefined && correction !== null;
  if (old && hasCorrection) throw new ValueError(`${op}(): give either unbiased or correction, not both`);
  const c = old
    ? Number(checkBoolean(op, 'unbiased', unbiased))
    : hasCorrection
      ? checkNumber(op, 'correction', correction)
      : 1;
  const dims = wrapDims(op, (dim ?? null) as Dims, input.ndim).sort((a, b) => a - b);
  const count = numelOf(dims.map((d) => input.shape[d]));
  return { dims, keepdim: checkBoolean(op, 'keepdim', keepdim ?? false), divisor: Math.max(0, count - c) };
}

type First = Dims | boolean | VarianceOptions;
type Second = boolean | VarianceOptions;

/**
 * Variance over `dim` (all unless given): `var(dim, { correction, keepdim })`, or the old `var(dim, unbiased, keepdim)`.
 * https://pytorch.org/docs/stable/generated/torch.var.html
 */
export const varianceAlong: (
  input: Tensor,
  dim?: First,
  unbiased?: Second,
  keepdim?: Second,
  options?: VarianceOptions,
) => Tensor = signature('var(input, dim?, unbiased?, keepdim?, *, correction?)', (input, ...args) =>
  varOp(input, bindSpread('var', input, args)),
);

/** Standard deviation, arguments as of `var`. https://pytorch.org/docs/stable/generated/torch.std.html */
export const std: (
  input: Tensor,
  dim?: First,
  unbiased?: Second,
  keepdim?: Second,
  options?: VarianceOptions,
) => Tensor = signature('std(input, dim?, unbiased?, keepdim?, *, correction?)', (input, ...args) =>
  stdOp(input, bindSpread('std', input, args)),
);

function withMean(op: MomentOp, input: Tensor, spread: Spread): [Tensor, Tensor] {
  const { dims, keepdim } = spread;
  return [op(input, spread), dims.length === 0 ? input.clone() : input.mean(dims, keepdim)];
}

/** `[variance, mean]`. https://pytorch.org/docs/stable/generated/torch.var_mean.html */
export const var_mean: (
  input: Tensor,
  dim?: First,
  unbiased?: Second,
  keepdim?: Second,
  options?: VarianceOptions,
) => [Tensor, Tensor] = signature('var_mean(input, dim?, unbiased?, keepdim?, *, correction?)', (input, ...args) =>
  withMean(varOp, input, bindSpread('var_mean', input, args)),
);

/** `[standard deviation, mean]`. https://pytorch.org/docs/stable/generated/torch.std_mean.html */
export const std_mean: (
  input: Tensor,
  dim?: First,
  unbiased?: Second,
  keepdim?: Second,
  options?: VarianceOptions,
) => [Tensor, Tensor] = signature('std_mean(input, dim?, unbiased?, keepdim?, *, correction?)', (input, ...args) =>
  withMean(stdOp, input, bindSpread('std_mean', input, args)),
);
