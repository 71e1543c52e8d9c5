/** Running sums, products and extrema; products of whole dimensions. https://pytorch.org/docs/stable/torch.html#reduction-ops */
import { checkBoolean, checkInteger } from '../arguments.js';
import { defineOp, type Op } from '../autograd/op.js';
import type { ScanName } from '../backend/backend.js';
import { checkDType, type DType, isFloating } from '../dtype.js';
import { DTypeError } from '../errors.js';
import { reducedShape, type Shape, wrapDim } from '../shape.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { where } from './comparison.js';
import { cat, stack } from './joining.js';
import { allocate, backend, cast, checkTensor, fromHost, reduction } from './kernel.js';

type ScanOp = Op<[input: Tensor, dim: number, dtype: DType], Tensor>;

const scanned = (name: ScanName, x: Tensor, dim: number, dtype: DType): Tensor => {
  const out = allocate(x.shape, dtype, x.device);
  backend(x).scan(name, cast(x, dtype), dim, out, null);
  return out;
};

/** A tensor with one dimension in the opposite order. */
function reversed(x: Tensor, dim: number): Tensor {
  if (x.ndim === 0) return x;
  const n = x.shape[dim];
  const places = Float64Array.from({ length: n }, (_, i) => n - 1 - i);
  return x.index_select(dim, fromHost(places, [n], 'int64', x.device));
}

const cumsumOp: ScanOp = defineOp<[Tensor, number, DType], Tensor, number>('cumsum', {
  forward(ctx, x, dim, dtype) {
    ctx.state = dim;
    return scanned('sum', x, dim, dtype);
  },
  backward: (ctx, g) => [suffixSums(g, ctx.state)],
  formula: ['dx = Σ g over what follows'],
});

const suffixSums = (g: Tensor, dim: number): Tensor => reversed(cumsumOp(reversed(g, dim), dim, g.dtype), dim);

const cumprodOp: ScanOp = defineOp<[Tensor, number, DType], Tensor, number>('cumprod', {
  forward(ctx, x, dim, dtype) {
    ctx.state = dim;
    const y = scanned('prod', x, dim, dtype);
    ctx.save_for_backward(x, y);
    return y;
  },
  backward(ctx, g) {
    const [x, y] = ctx.saved_tensors;
    const dim = ctx.state;
    if (x.ndim === 0) return [g];
    if (x.numel() === 0) return [g.mul(0)];
    return [hasZero(x) ? cumprodBackward(g, x, dim) : suffixSums(g.mul(y), dim).div(x)];
  },
  formula: ['dx = Σ g · y / x over what follows, or the products without x where one is 0'],
});

const hasZero = (x: Tensor): boolean => x.detach().eq(0).any().item<boolean>();

/**
 * Without a division: dxₖ = (x₀ ⋯ xₖ₋₁) · Sₖ, where Sₖ = gₖ + xₖ₊₁ · Sₖ₊₁ gathers what follows.
 */
function cumprodBackward(g: Tensor, x: Tensor, dim: number): Tensor {
  const n = x.shape[dim];
  const parts = new Array<Tensor>(n);
  let after = g.select(dim, n - 1);
  for (let k = n - 1; k >= 0; k--) {
    if (k < n - 1) after = g.select(dim, k).add(x.select(dim, k + 1).mul(after));
    parts[k] = after;
  }
  return stack(parts, dim).mul(before(x, dim));
}

/** The product of all elements before each one. */
function before(x: Tensor, dim: number): Tensor {
  const n = x.shape[dim];
  const one = x.new_ones(x.shape.with(dim, 1));
  return cumprodOp(cat([one, x.narrow(dim, 0, n - 1)], dim), dim, x.dtype);
}

/** Stands for ln 0, because −∞ − (−∞) would be NaN. */
const NOTHING = -1e38;

const logcumsumexpOp: ScanOp = defineOp<[Tensor, number, DType], Tensor, number>('logcumsumexp', {
  forward(ctx, x, dim, dtype) {
    ctx.state = dim;
    const y = scanned('logsumexp', x, dim, dtype);
    ctx.save_for_backward(x, y);
    return y;
  },
  backward(ctx, g) {
    const [x, y] = ctx.saved_tensors;
    const dim = ctx.state;
    if (x.numel() === 0) return [g.mul(0)];
    // the gradient's logarithm in two halves, because a large e^x times a small e^−y would overflow
    const half = (sign: 1 | -1): Tensor => {
      const part = sign === 1 ? g : g.neg();
      const log = where(part.gt(0), where(part.gt(0), part, 1).log(), NOTHING).sub(y);
      return reversed(logcumsumexpOp(reversed(log, dim), dim, log.dtype), dim)
        .add(x)
        .exp();
    };
    return [half(1).sub(half(-1))];
  },
  formula: ['dx = e^x · Σ g · e^−y over what follows'],
});

interface CumulateOptions {
  readonly dim?: number;
  readonly dtype?: DType | null;
}

type CumulateArgument = number | CumulateOptions;

function bindScan(op: string, input: Tensor, args: readonly unknown[]): [Tensor, number, DType] {
  checkTensor(op, 'input', input);
  const [dim, dtype] = args;
  const d = wrapDim(op, checkInteger(op, 'dim', dim), input.ndim);
  if (dtype !== undefined && dtype !== null) return [input, d, checkDType(op, dtype)];
  return [input, d, isFloating(input.dtype) ? input.dtype : 'int64'];
}

/** @throws DTypeError when another dtype than the tensor's own is asked for. */
function bindInplace(op: string, input: Tensor, args: readonly unknown[]): [Tensor, number, DType] {
  const [x, d, dtype] = bindScan(op, input, args);
  if (x.dtype === 'bool') throw new DTypeError(`${op}(): "${op}out_cpu" not implemented for 'Bool'`);
  if (dtype !== x.dtype && (isFloating(dtype) || isFloating(x.dtype))) {
    throw new DTypeError(
      `${op}(): Bad in-place call: input tensor dtype ${x.dtype} and output tensor dtype ${dtype} should match`,
    );
  }
  return [x, d, x.dtype];
}

/** Running sums along `dim`; integers add up as int64. https://pytorch.org/docs/stable/generated/torch.cumsum.html */
export const cumsum: (input: Tensor, dim: CumulateArgument, options?: CumulateOptions) => Tensor = signature(
  'cumsum(input, dim, *, dtype?)',
  (input, dim, dtype) => cumsumOp(...bindScan('cumsum', input, [dim, dtype])),
);
/** Running products along `dim`; integers multiply as int64. https://pytorch.org/docs/stable/generated/torch.cumprod.html */
export const cumprod: (input: Tensor, dim: CumulateArgument, options?: CumulateOptions) => Tensor = signature(
  'cumprod(input, dim, *, dtype?)',
  (input, dim, dtype) => cumprodOp(...bindScan('cumprod', input, [dim, dtype])),
);
/** `cumsum` in place. */
export const cumsum_: (input: Tensor, dim: CumulateArgument, options?: CumulateOptions) => Tensor = signature(
  'cumsum_(input, dim, *, dtype?)',
  (input, dim, dtype) => cumsumOp.inplace(...bindInplace('cumsum_', input, [dim, dtype])),
);
/** `cumprod` in place. */
export const cumprod_: (input: Tensor, dim: CumulateArgument, options?: CumulateOptions) => Tensor = signature(
  'cumprod_(input, dim, *, dtype?)',
  (input, dim, dtype) => cumprodOp.inplace(...bindInplace('cumprod_', input, [dim, dtype])),
);
/** ln of the running sums of e^x, without overflow. https://pytorch.org/docs/stable/generated/torch.logcumsumexp.html */
export const logcumsumexp: (input: Tensor, dim: number | { readonly dim: number }) => Tensor = signature(
  'logcumsumexp(input, dim)',
  (input, dim) => {
    const [x, d, dtype] = bindScan('logcumsumexp', input, [dim]);
    if (!isFloating(dtype)) throw new DTypeError(`logcumsumexp(): not implemented for '${input.dtype}'`);
    return logcumsumexpOp(x, d, dtype);
  },
);

const cumulativeExtremum = (
  op: 'cummax' | 'cummin',
  name: 'max' | 'min',
): ((input: Tensor, dim: number | { readonly dim: number }) => [values: Tensor, indices: Tensor]) => {
  const along = defineOp<[Tensor, number], readonly [Tensor, Tensor], number>(op, {
    forward(ctx, x, dim) {
      ctx.state = dim;
      const values = allocate(x.shape, x.dtype, x.device);
      const indices = allocate(x.shape, 'int64', x.device);
      backend(x).scan(name, x, dim, values, indices);
      ctx.save_for_backward(indices);
      return [values, indices];
    },
    backward(ctx, g) {
      const [indices] = ctx.saved_tensors;
      return [g.new_zeros(g.shape).scatter_add(ctx.state, indices, g)];
    },
    formula: ['dx = Σ g where the extremum is x'],
  });
  return signature(`${op}(input, dim)`, (input, dim) => {
    const [x, d] = bindScan(op, input, [dim]);
    const [values, indices] = along(x, d);
    return [values, indices];
  });
};

type CumulativeExtremum = (input: Tensor, dim: number | { readonly dim: number }) => [values: Tensor, indices: Tensor];

/** `[values, indices]` of the running maximum; among equals the last. https://pytorch.org/docs/stable/generated/torch.cummax.html */
export const cummax: CumulativeExtremum = cumulativeExtremum('cummax', 'max');
/** `[values, indices]` of the running minimum; among equals the last. https://pytorch.org/docs/stable/generated/torch.cummin.html */
export const cummin: CumulativeExtremum = cumulativeExtremum('cummin', 'min');

const productAs = (
  gradName: string,
): Op<[input: Tensor, dims: readonly number[], keepdim: boolean, dtype: DType], Tensor> =>
  defineOp<[Tensor, readonly number[], boolean, DType], Tensor, { dims: readonly number[]; shape: Shape }>('prod', {
    forward(ctx, x, dims, keepdim, dtype) {
      const y = reduction('prod', cast(x, dtype), dims, keepdim);
      ctx.state = { dims, shape: x.shape };
      ctx.save_for_backward(x, y);
      return y;
    },
    backward(ctx, g) {
      const [x, y] = ctx.saved_tensors;
      const { dims, shape } = ctx.state;
      if (x.ndim === 0) return [g];
      const kept = reducedShape(shape, dims, true);
      const top = g.reshape(kept);
      if (!hasZero(x)) return [top.mul(y.reshape(kept)).div(x)];
      // the product of all others, without a division
      const line = dims.length === 1 ? x : x.reshape(-1);
      const dim = dims.length === 1 ? dims[0] : 0;
      const others = before(line, dim).mul(reversed(before(reversed(line, dim), dim), dim));
      return [top.mul(others.reshape(shape))];
    },
    formula: ['dx = g · y / x, or the product of the others where one is 0'],
    grad_name: gradName,
  });

const productAll = productAs('ProdBackward0');
const productDim = productAs('ProdBackward1');

export interface ProdOptions {
  readonly dim?: number | null;
  readonly keepdim?: boolean;
  readonly dtype?: DType | null;
}

/** The product of all elements, or along `dim`; integers multiply as int64. https://pytorch.org/docs/stable/generated/torch.prod.html */
export const prod: (
  input: Tensor,
  dim?: number | null | ProdOptions,
  keepdim?: boolean | ProdOptions,
  options?: ProdOptions,
) => Tensor = signature('prod(input, dim?, keepdim?, *, dtype?)', (input, d, keep, type) => {
  checkTensor('prod', 'input', input);
  const dtype =
    type === undefined || type === null ? (isFloating(input.dtype) ? input.dtype : 'int64') : checkDType('prod', type);
  const keepdims = checkBoolean('prod', 'keepdim', keep ?? false);
  if (d === undefined || d === null) {
    const all = input.shape.map((_, i) => i);
    return productAll(input, all, keepdims, dtype);
  }
  const at = wrapDim('prod', checkInteger('prod', 'dim', d), input.ndim);
  return productDim(input, input.ndim === 0 ? [] : [at], keepdims, dtype);
});
