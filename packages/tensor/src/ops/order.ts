/** Sorting, and elements chosen by their rank. https://pytorch.org/docs/stable/torch.html#comparison-ops */
import { checkBoolean, checkInteger } from '../arguments.js';
import { defineOp, type Op } from '../autograd/op.js';
import { isFloating } from '../dtype.js';
import { ShapeError } from '../errors.js';
import { type Shape, wrapDim } from '../shape.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { where } from './comparison.js';
import { allocate, backend, checkTensor } from './kernel.js';

type Pair = [values: Tensor, indices: Tensor];

function sorted(x: Tensor, dim: number, descending: boolean): Pair {
  const values = allocate(x.shape, x.dtype, x.device);
  const indices = allocate(x.shape, 'int64', x.device);
  backend(x).sort(x, dim, descending, values, indices);
  return [values, indices];
}

interface Chosen {
  readonly shape: Shape;
  readonly dim: number;
  /** Whether the result lacks the dimension. */
  readonly squeezed: boolean;
}

/** What all choices have in common: the gradient goes where the values came from. */
const choice = <Args extends readonly unknown[]>(
  name: string,
  choose: (x: Tensor, dim: number, ...args: Args) => Pair,
  gradName?: string,
): Op<[input: Tensor, dim: number, squeezed: boolean, ...args: Args], readonly [Tensor, Tensor]> =>
  defineOp<[Tensor, number, boolean, ...Args], readonly [Tensor, Tensor], Chosen>(name, {
    ...(gradName === undefined ? {} : { grad_name: gradName }),
    forward(ctx, x, dim, squeezed, ...args) {
      const [values, indices] = choose(x, dim, ...(args as unknown as Args));
      ctx.state = { shape: x.shape, dim, squeezed: squeezed && x.ndim > 0 };
      ctx.save_for_backward(indices);
      return ctx.state.squeezed ? [values.squeeze(dim), indices.squeeze(dim)] : [values, indices];
    },
    backward(ctx, g) {
      const [indices] = ctx.saved_tensors;
      const { shape, dim, squeezed } = ctx.state;
      return [g.new_zeros(shape).scatter_add(dim, indices, squeezed ? g.unsqueeze(dim) : g)];
    },
    formula: ['dx = g at the indices, 0 elsewhere'],
  });

/** A window of a sorted dimension, in memory of its own. */
function ranks(x: Tensor, dim: number, descending: boolean, start: number, length: number): Pair {
  const [values, indices] = sorted(x, dim, descending);
  if (x.ndim === 0) return [values, indices];
  return [values.narrow(dim, start, length).clone(), indices.narrow(dim, start, length).clone()];
}

const sortOp = choice('sort', sorted);
const stableSortOp = choice('sort', sorted, 'SortBackward1');
const topkOp = choice('topk', (x, dim, k: number, largest: boolean) => ranks(x, dim, largest, 0, k));
const kthvalueOp = choice('kthvalue', (x, dim, k: number) => ranks(x, dim, false, k - 1, 1));
const medianOp = choice('median', medianOf, 'MedianBackward1');

/** The lower one of two middle elements; a NaN where there is one. */
function medianOf(x: Tensor, dim: number): Pair {
  const n = x.ndim === 0 ? 1 : x.shape[dim];
  const [middle, at] = ranks(x, dim, false, (n - 1) >> 1, 1);
  const [last] = ranks(x, dim, false, n - 1, 1);
  const lost = last.ne(last);
  if (!lost.any().item<boolean>()) return [middle, at];
  const place = x.ne(x).argmax(dim, true);
  return [where(lost, last, middle), where(lost, place, at)];
}

export interface SortOptions {
  readonly dim?: number;
  readonly descending?: boolean;
  /** Accepted: sorting is always stable. */
  readonly stable?: boolean;
}

type SortArgument = number | boolean | SortOptions;

function bindSort(op: string, input: Tensor, args: readonly unknown[]): [Tensor, number, boolean] {
  checkTensor(op, 'input', input);
  const [dim, descending, stable] = args;
  checkBoolean(op, 'stable', stable ?? false);
  const d = wrapDim(op, checkInteger(op, 'dim', dim ?? -1), input.ndim);
  return [input, d, checkBoolean(op, 'descending', descending ?? false)];
}

/** `[values, indices]` along a dimension; a NaN is the greatest. https://pytorch.org/docs/stable/generated/torch.sort.html */
export const sort: (input: Tensor, dim?: SortArgument, descending?: SortArgument, options?: SortOptions) => Pair =
  signature('sort(input, dim?, descending?, *, stable?)', (input, dim, descending, stable) => {
    const [x, d, down] = bindSort('sort', input, [dim, descending, stable]);
    const [values, indices] = (stable !== undefined ? stableSortOp : sortOp)(x, d, false, down);
    return [values, indices];
  });

/** The indices that sort a dimension. https://pytorch.org/docs/stable/generated/torch.argsort.html */
export const argsort: (input: Tensor, dim?: SortArgument, descending?: SortArgument, options?: SortOptions) => Tensor =
  signature(
    'argsort(input, dim?, descending?, *, stable?)',
    (input, dim, descending, stable) => sorted(...bindSort('argsort', input, [dim, descending, stable]))[1],
  );

/** Sorted along dimension 0, values only. https://pytorch.org/docs/stable/generated/torch.msort.html */
export const msort: (input: Tensor) => Tensor = signature('msort(input)', (input) => sort(input, 0)[0]);

export interface TopkOptions {
  readonly k?: number;
  readonly dim?: number;
  readonly largest?: boolean;
  /** Accepted: the result is always in order. */
  readonly sorted?: boolean;
}

type TopkArgument = number | boolean | TopkOptions;

/** `[values, indices]` of the k greatest (or least) elements, in order. https://pytorch.org/docs/stable/generated/torch.topk.html */
export const topk: (
  input: Tensor,
  k: number | TopkOptions,
  dim?: TopkArgument,
  largest?: TopkArgument,
  inOrder?: TopkArgument,
  options?: TopkOptions,
) => Pair = signature('topk(input, k, dim?, largest?, sorted?)', (input, count, d, most, order) => {
  checkTensor('topk', 'input', input);
  checkBoolean('topk', 'sorted', order ?? true);
  const n = checkInteger('topk', 'k', count);
  const at = wrapDim('topk', checkInteger('topk', 'dim', d ?? -1), input.ndim);
  if (n < 0 || n > (input.shape[at] ?? 1)) {
    throw new ShapeError(`topk(): selected index k out of range: ${n} of ${input.shape[at] ?? 1}`);
  }
  const [values, indices] = topkOp(input, at, false, n, checkBoolean('topk', 'largest', most ?? true));
  return [values, indices];
});

export interface KthvalueOptions {
  readonly k?: number;
  readonly dim?: number;
  readonly keepdim?: boolean;
}

/** `[value, index]` of the k-th least element, counted from 1. https://pytorch.org/docs/stable/generated/torch.kthvalue.html */
export const kthvalue: (
  input: Tensor,
  k: number | KthvalueOptions,
  dim?: number | KthvalueOptions,
  keepdim?: boolean | KthvalueOptions,
) => Pair = signature('kthvalue(input, k, dim?, keepdim?)', (input, rank, d, keep) => {
  checkTensor('kthvalue', 'input', input);
  const n = checkInteger('kthvalue', 'k', rank);
  const at = wrapDim('kthvalue', checkInteger('kthvalue', 'dim', d ?? -1), input.ndim);
  const size = input.shape[at] ?? 1;
  if (n < 1 || n > size) {
    throw new ShapeError(`kthvalue(): selected number k out of range for dimension ${at}: ${n} of ${size}`);
  }
  const [values, indices] = kthvalueOp(input, at, !checkBoolean('kthvalue', 'keepdim', keep ?? false), n);
  return [values, indices];
});

/** The median of all elements; ties share its gradient. */
const medianAll = defineOp<[Tensor], Tensor>('median', {
  forward(ctx, x) {
    const y =
      x.numel() === 0
        ? x.new_full([], isFloating(x.dtype) ? Number.NaN : 0)
        : medianOf(x.reshape(-1), 0)[0].reshape([]);
    ctx.save_for_backward(x, y);
    return y;
  },
  backward(ctx, g) {
    const [x, y] = ctx.saved_tensors;
    const chosen = y.ne(y).item<boolean>() ? x.ne(x) : x.eq(y);
    return [chosen.to(g.dtype).mul(g.div(chosen.sum()))];
  },
  formula: ['dx = g · [x is the median] / number of ties'],
  grad_name: 'MedianBackward0',
});

export interface MedianOptions {
  readonly dim?: number;
  readonly keepdim?: boolean;
}

/** `median()` is a tensor, `median(dim)` is `[values, indices]`. */
export interface MedianFunction {
  (input: Tensor): Tensor;
  (input: Tensor, dim: number | (MedianOptions & { readonly dim: number }), keepdim?: boolean | MedianOptions): Pair;
}

/**
 * The median, of two middle elements the lower one: of all elements, or `[values, indices]` along a dimension.
 * https://pytorch.org/docs/stable/generated/torch.median.html
 */
export const median: MedianFunction = signature<(input: Tensor, dim?: number, keepdim?: boolean) => Tensor | Pair>(
  'median(input, dim?, keepdim?)',
  (input, d, keep) => {
    checkTensor('median', 'input', input);
    if (d === undefined) return medianAll(input);
    const at = wrapDim('median', checkInteger('median', 'dim', d), input.ndim);
    if ((input.shape[at] ?? 1) === 0) {
      throw new ShapeError(`median(): Expected reduction dim ${at} to have non-zero size.`);
    }
    const [values, indices] = medianOp(input, at, !checkBoolean('median', 'keepdim', keep ?? false));
    return [values, indices];
  },
) as MedianFunction;
