/** A tensor in parts, all of them views. https://pytorch.org/docs/stable/generated/torch.split.html */
import { checkInteger } from '../arguments.js';
import { gradMode } from '../autograd/grad-mode.js';
import { defineOp, type Op } from '../autograd/op.js';
import { ShapeError, ValueError } from '../errors.js';
import { wrapDim } from '../shape.js';
import { signature } from '../signature.js';
import { Tensor } from '../tensor.js';
import { cat } from './joining.js';
import { checkTensor } from './kernel.js';
import { sliceOp } from './slice.js';
import { windowOf, windowOn } from './window.js';

export interface DimOption {
  readonly dim?: number;
}

function dimOf(op: string, input: Tensor, dim: unknown): number {
  if (input.ndim === 0) throw new ShapeError(`${op} expects at least a 1-dimensional tensor`);
  return wrapDim(op, checkInteger(op, 'dim', dim ?? 0), input.ndim);
}

/** Parts of the given sizes, one after the other. */
function parts(input: Tensor, dim: number, sizes: readonly number[]): Tensor[] {
  let start = 0;
  return sizes.map((size) => {
    start += size;
    return sliceOp(input, dim, start - size, size, 1);
  });
}

/** The same by one operation, whose results must not be changed in place: their gradients come back together. */
const splitOp: Op<[input: Tensor, dim: number, sizes: readonly number[], gradName: string], readonly Tensor[]> =
  defineOp<[Tensor, number, readonly number[], string], readonly Tensor[], [number, string]>('split', {
    view: true,
    forward(ctx, x, dim, sizes, gradName) {
      ctx.state = [dim, gradName];
      let start = 0;
      return sizes.map((size) => {
        start += size;
        return windowOn(x, x.shape.with(dim, size), x.strides, x.offset + (start - size) * x.strides[dim]);
      });
    },
    backward(ctx, ...grads) {
      const [dim] = ctx.state;
      return [(gradMode.enabled ? null : windowOf(grads, dim)) ?? cat(grads, dim)];
    },
    formula: ['dx = the parts’ gradients joined'],
    grad_name: (ctx) => ctx.state[1],
  });

const splitEvenly = (input: Tensor, dim: number, sizes: readonly number[]): Tensor[] =>
  splitOp(input, dim, sizes, 'SplitBackward0').slice();
const splitWithSizes = (input: Tensor, dim: number, sizes: readonly number[]): Tensor[] =>
  splitOp(input, dim, sizes, 'SplitWithSizesBackward0').slice();

/** Parts of `size` each, the last one smaller; one empty part of an empty dimension. */
function evenSizes(total: number, size: number): number[] {
  const count = Math.max(Math.ceil(total / Math.max(size, 1)), 1);
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? total - size * i : size));
}

export interface SplitOptions extends DimOption {
  /** The name of torch.split's first argument. */
  readonly split_size_or_sections?: number | readonly number[];
  /** The name of Tensor.split's first argument. */
  readonly split_size?: number | readonly number[];
}

/**
 * Parts of one size (the last one may be smaller) or of given sizes.
 * https://pytorch.org/docs/stable/generated/torch.split.html
 */
export const split: (
  input: Tensor,
  split_size: number | readonly number[] | SplitOptions,
  dim?: number | SplitOptions,
) => Tensor[] = signature('split(input|tensor, split_size|split_size_or_sections, dim?)', (input, s, d) => {
  checkTensor('split', 'input', input);
  const at = dimOf('split', input, d);
  const total = input.shape[at];
  if (Array.isArray(s)) {
    const sizes = s as number[];
    const bad = sizes.some((n) => !Number.isInteger(n) || n < 0);
    if (bad)
      throw new ShapeError(
        `split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes=[${sizes.join(', ')}]`,
      );
    if (sizes.reduce((a, b) => a + b, 0) !== total) {
      throw new ShapeError(
        `split_with_sizes expects split_sizes to sum exactly to ${total} (input tensor's size at dimension ${at}), but got split_sizes=[${sizes.join(', ')}]`,
      );
    }
    return splitWithSizes(input, at, sizes);
  }
  const size = checkInteger('split', 'split_size', s);
  if (size < 0) throw new ShapeError(`split expects split_size be non-negative, but got split_size=${size}`);
  if (size === 0 && total !== 0) {
    throw new ShapeError(`split_size can only be 0 if dimension size is 0, but got dimension size of ${total}`);
  }
  return splitEvenly(input, at, evenSizes(total, size));
});

export interface ChunkOptions extends DimOption {
  readonly chunks?: number;
}

/** At most `chunks` parts of one size. https://pytorch.org/docs/stable/generated/torch.chunk.html */
export const chunk: (input: Tensor, chunks: number | ChunkOptions, dim?: number | ChunkOptions) => Tensor[] = signature(
  'chunk(input, chunks, dim?)',
  (input, c, d) => {
    checkTensor('chunk', 'input', input);
    const at = dimOf('chunk', input, d);
    const count = checkInteger('chunk', 'chunks', c);
    if (count < 1) throw new ShapeError(`chunk expects \`chunks\` to be greater than 0, got: ${count}`);
    const total = input.shape[at];
    const size = Math.ceil(total / count);
    return total === 0
      ? splitWithSizes(input, at, new Array<number>(count).fill(0))
      : splitEvenly(input, at, evenSizes(total, size));
  },
);

export interface TensorSplitOptions extends DimOption {
  readonly indices_or_sections?: number | readonly number[] | Tensor;
  readonly sections?: number;
  readonly indices?: readonly number[];
}

/** Parts as equal as possible, or cut before the given indices. https://pytorch.org/docs/stable/generated/torch.tensor_split.html */
export const tensor_split: (
  input: Tensor,
  indices_or_sections: number | readonly number[] | Tensor | TensorSplitOptions,
  dim?: number | TensorSplitOptions,
) => Tensor[] = signature(
  'tensor_split(input, indices_or_sections|tensor_indices_or_sections|indices|sections, dim?)',
  (input, s, d) => {
    checkTensor('tensor_split', 'input', input);
    if (input.ndim === 0)
      throw new ShapeError('tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims');
    const at = dimOf('tensor_split', input, d);
    const given = s instanceof Tensor ? (s.tolist() as number | number[]) : s;
    const total = input.shape[at];
    if (Array.isArray(given))
      return cutAt(
        input,
        at,
        given.map((i) => checkInteger('tensor_split', 'indices', i)),
      );
    const count = checkInteger('tensor_split', 'sections', given);
    if (count < 1) throw new ValueError(`tensor_split(): number of sections must be larger than 0, got ${count}`);
    const least = Math.floor(total / count);
    return parts(
      input,
      at,
      Array.from({ length: count }, (_, i) => least + (i < total % count ? 1 : 0)),
    );
  },
);

function cutAt(input: Tensor, dim: number, indices: readonly number[]): Tensor[] {
  const total = input.shape[dim];
  const clip = (i: number): number => Math.min(Math.max(i < 0 ? i + total : i, 0), total);
  const starts = [0, ...indices.map(clip)];
  const ends = [...indices.map(clip), total];
  return starts.map((from, i) => sliceOp(input, dim, from, Math.max(ends[i] - from, 0), 1));
}

type Along = (input: Tensor, indices_or_sections: number | readonly number[] | TensorSplitOptions) => Tensor[];

/** `tensor_split` along one dimension, where a count must divide the size. */
const along = (op: string, least: number, dimOfRank: (rank: number) => number): Along => {
  return signature(`${op}(input, indices_or_sections|indices|sections)`, (input, s) => {
    checkTensor(op, 'input', input);
    if (input.ndim < least) {
      throw new ShapeError(
        `torch.${op} requires a tensor with at least ${least} dimension${least > 1 ? 's' : ''}, but got a tensor with ${input.ndim} dimensions!`,
      );
    }
    const dim = dimOfRank(input.ndim);
    if (typeof s === 'number' && (s <= 0 || input.shape[dim] % s !== 0)) {
      throw new ShapeError(
        `torch.${op} attempted to split along dimension ${dim}, but the size of the dimension ${input.shape[dim]} is not divisible by the split_size ${s}!`,
      );
    }
    return tensor_split(input, s as number | number[], dim);
  });
};

/** Parts side by side. https://pytorch.org/docs/stable/generated/torch.hsplit.html */
export const hsplit: Along = along('hsplit', 1, (rank) => (rank === 1 ? 0 : 1));
/** Parts one below the other. https://pytorch.org/docs/stable/generated/torch.vsplit.html */
export const vsplit: Along = along('vsplit', 2, () => 0);
/** Parts one behind the other. https://pytorch.org/docs/stable/generated/torch.dsplit.html */
export const dsplit: Along = along('dsplit', 3, () => 2);
