/** Softmax and its relatives. https://pytorch.org/docs/stable/nn.functional.html#softmax */
import { checkBoolean, checkInteger } from '../arguments.js';
import { gradMode } from '../autograd/grad-mode.js';
import { defineOp, type Op } from '../autograd/op.js';
import type { RowsKernel } from '../backend/rows-kernel.js';
import { checkDType, cName, type DType, isFloating } from '../dtype.js';
import { DTypeError } from '../errors.js';
import { wrapDim, wrapDims } from '../shape.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { allocateOutput, backend, checkTensor } from './kernel.js';
import type { Dims, ReduceOptions } from './reduction.js';
import { runRows } from './rows.js';

type SoftmaxOp = Op<[input: Tensor, dim: number], Tensor>;

function kernel(name: string, x: Tensor, dim: number, log: boolean): Tensor {
  if (!isFloating(x.dtype)) throw new DTypeError(`"${name}" not implemented for '${cName(x.dtype)}'`);
  const out = allocateOutput(x.shape, x.dtype, x.device);
  if (x.numel() > 0) backend(x).softmax(x, dim, log, out);
  return out;
}

const gradient = { reads: ['g', 'y'], writes: ['dx'], rowReads: [], rowWrites: [], values: [] } as const;
const SOFTMAX_BACKWARD: RowsKernel = {
  name: 'softmax_backward',
  ...gradient,
  passes: [{ body: '', results: { total: { reduce: 'sum', of: 'g * y' } } }, { body: 'dx = y * (g - total);' }],
};
const LOG_SOFTMAX_BACKWARD: RowsKernel = {
  name: 'log_softmax_backward',
  ...gradient,
  passes: [{ body: '', results: { total: { reduce: 'sum', of: 'g' } } }, { body: 'dx = g - Math.exp(y) * total;' }],
};

/** Whether a gradient along `dim` may be computed row by row: no graph is wanted of it, and rows lie in memory as such. */
const inOnePass = (y: Tensor, dim: number): boolean =>
  !gradMode.enabled && y.device === 'cpu' && dim === y.ndim - 1 && y.numel() > 0;

const softmaxOp: SoftmaxOp = defineOp<[Tensor, number], Tensor, number>('softmax', {
  forward(ctx, x, dim) {
    ctx.state = dim;
    return ctx.save_for_backward(kernel('softmax', x, dim, false));
  },
  backward(ctx, g) {
    const [y] = ctx.saved_tensors;
    if (inOnePass(y, ctx.state)) return runRows(SOFTMAX_BACKWARD, y.size(-1), [g, y]).written;
    const gy = g.mul(y);
    return [gy.sub(y.mul(gy.sum(ctx.state, true)))];
  },
  formula: ['dx = y · (g − Σ g · y)'],
});

const logSoftmaxOp: SoftmaxOp = defineOp<[Tensor, number], Tensor, number>('log_softmax', {
  forward(ctx, x, dim) {
    ctx.state = dim;
    return ctx.save_for_backward(kernel('log_softmax', x, dim, true));
  },
  backward(ctx, g) {
    const [y] = ctx.saved_tensors;
    if (inOnePass(y, ctx.state)) return runRows(LOG_SOFTMAX_BACKWARD, y.size(-1), [g, y]).written;
    return [g.sub(y.exp().mul(g.sum(ctx.state, true)))];
  },
  formula: ['dx = g − e^y · Σ g'],
});

export interface SoftmaxOptions {
  readonly dim?: number;
  readonly dtype?: DType | null;
}

function run(name: string, op: SoftmaxOp, input: Tensor, dim: unknown, dtype: unknown): Tensor {
  const d = wrapDim(name, checkInteger(name, 'dim', dim), input.ndim);
  return op(dtype === undefined || dtype === null ? input : input.to(checkDType(name, dtype)), d);
}

function method(name: string, op: SoftmaxOp, input: Tensor, args: readonly unknown[]): Tensor {
  checkTensor(name, 'input', input);
  const [dim, dtype] = args;
  return run(name, op, input, dim, dtype);
}

/** e^x / Σ e^x along `dim`. https://pytorch.org/docs/stable/generated/torch.softmax.html */
export const softmax: (input: Tensor, dim: number | SoftmaxOptions, dtype?: DType | null | SoftmaxOptions) => Tensor =
  signature('softmax(input, dim, dtype?)', (input, dim, dtype) => method('softmax', softmaxOp, input, [dim, dtype]));

/** x − ln Σ e^x along `dim`. https://pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html */
export const log_softmax: (
  input: Tensor,
  dim: number | SoftmaxOptions,
  dtype?: DType | null | SoftmaxOptions,
) => Tensor = signature('log_softmax(input, dim, dtype?)', (input, dim, dtype) =>
  method('log_softmax', logSoftmaxOp, input, [dim, dtype]),
);

/** Options of `nn.functional`'s softmax; `_stacklevel` is PyTorch's, for warnings, and does nothing here. */
export interface FunctionalSoftmaxOptions {
  readonly dim?: number | null;
  readonly _stacklevel?: number;
  readonly dtype?: DType | null;
}

function functional(name: string, op: SoftmaxOp, input: Tensor, args: readonly unknown[]): Tensor {
  checkTensor(name, 'input', input);
  const [dim, , dtype] = args;
  // PyTorch's implicit choice where none is given
  const chosen = dim ?? ([0, 1, 3].includes(input.ndim) ? 0 : 1);
  return run(name, op, input, chosen, dtype);
}

/** https://pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html */
export const functionalSoftmax: (
  input: Tensor,
  dim?: number | null | FunctionalSoftmaxOptions,
  _stacklevel?: number | FunctionalSoftmaxOptions,
  dtype?: DType | null | FunctionalSoftmaxOptions,
) => Tensor = signature('softmax(input, dim?, _stacklevel?, dtype?)', (input, dim, _stacklevel, dtype) =>
  functional('softmax', softmaxOp, input, [dim, _stacklevel, dtype]),
);

/** https://pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html */
export const functionalLogSoftmax: (
  input: Tensor,
  dim?: number | null | FunctionalSoftmaxOptions,
  _stacklevel?: number | FunctionalSoftmaxOptions,
  dtype?: DType | null | FunctionalSoftmaxOptions,
) => Tensor = signature('log_softmax(input, dim?, _stacklevel?, dtype?)', (input, dim, _stacklevel, dtype) =>
  functional('log_softmax', logSoftmaxOp, input, [dim, _stacklevel, dtype]),
);

const logsumexpOp: Op<[input: Tensor, dims: readonly number[], keepdim: boolean], Tensor> = defineOp<
  [Tensor, readonly number[], boolean],
  Tensor,
  { dims: readonly number[]; keepdim: boolean }
>('logsumexp', {
  forward(ctx, x, dims, keepdim) {
    ctx.state = { dims, keepdim };
    if (x.numel() === 0 || dims.length === 0) {
      const y = x.ndim === 0 ? x.clone() : x.exp().sum(dims, keepdim).log();
      ctx.save_for_backward(x, y);
      return y;
    }
    const top = x.amax(dims, true);
    // an infinite maximum must not become ∞ − ∞
    const shift = top.masked_fill(top.abs().eq(Number.POSITIVE_INFINITY), 0);
    const total = x.sub(shift).exp().sum(dims, true).log().add(shift);
    const y = keepdim ? total : total.squeeze(dims);
    ctx.save_for_backward(x, y);
    return y;
  },
  backward(ctx, g) {
    const [x, y] = ctx.saved_tensors;
    const restore = (s: Tensor): Tensor => (ctx.state.keepdim ? s : ctx.state.dims.reduce((u, d) => u.unsqueeze(d), s));
    return [restore(g).mul(x.sub(restore(y)).exp())];
  },
  formula: ['dx = g · e^(x − y)'],
});

/** ln Σ e^x over `dim`, without overflow. https://pytorch.org/docs/stable/generated/torch.logsumexp.html */
export const logsumexp: (input: Tensor, dim: Dims | ReduceOptions, keepdim?: boolean | ReduceOptions) => Tensor =
  signature('logsumexp(input, dim, keepdim?)', (input, d, keep) => {
    checkTensor('logsumexp', 'input', input);
    const dims = wrapDims('logsumexp', d as Dims, input.ndim).sort((a, b) => a - b);
    const x = isFloating(input.dtype) ? input : input.to('float32');
    return logsumexpOp(x, dims, checkBoolean('logsumexp', 'keepdim', keep ?? false));
  });
