/** Parts of a tensor in memory of their own. https://pytorch.org/docs/stable/torch.html#indexing-slicing-joining-mutating-ops */
import { checkInteger } from '../arguments.js';
import { defineOp, type Op } from '../autograd/op.js';
import { ShapeError } from '../errors.js';
import { showShape, wrapDim } from '../shape.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { cat, stack } from './joining.js';
import { allocate, backend, checkTensor } from './kernel.js';
import { windowOn } from './window.js';

const splitOp: Op<[input: Tensor, sizes: readonly number[], dim: number, name: string], readonly Tensor[]> = defineOp<
  [Tensor, readonly number[], number, string],
  readonly Tensor[],
  [number, string]
>('split_with_sizes_copy', {
  forward(ctx, x, sizes, dim, name) {
    ctx.state = [dim, name];
    let start = 0;
    return sizes.map((size) => {
      const part = allocate(x.shape.with(dim, size), x.dtype, x.device);
      backend(x).copy(windowOn(x, part.shape, x.strides, x.offset + start * x.strides[dim]), part);
      start += size;
      return part;
    });
  },
  // one gradient of all parts together, where views would give each a whole tensor of zeros around it
  backward: (ctx, ...grads) => [cat(grads, ctx.state[0])],
  formula: ['dx = the parts’ gradients joined'],
  grad_name: (ctx) => ctx.state[1],
});

const unbindOp: Op<[input: Tensor, dim: number], readonly Tensor[]> = defineOp<
  [Tensor, number],
  readonly Tensor[],
  number
>('unbind_copy', {
  forward(ctx, x, dim) {
    ctx.state = dim;
    const shape = x.shape.toSpliced(dim, 1);
    const strides = x.strides.toSpliced(dim, 1);
    return Array.from({ length: x.shape[dim] }, (_, i) => {
      const part = allocate(shape, x.dtype, x.device);
      backend(x).copy(windowOn(x, shape, strides, x.offset + i * x.strides[dim]), part);
      return part;
    });
  },
  backward: (ctx, ...grads) => [stack(grads, ctx.state)],
  formula: ['dx = the slices’ gradients stacked'],
  grad_name: 'UnbindBackward0_copy',
});

function readDim(op: string, input: Tensor, dim: unknown): number {
  return wrapDim(op, checkInteger(op, 'dim', dim ?? 0), input.ndim);
}

/** Slices along a dimension, which disappears, as copies. https://pytorch.org/docs/stable/generated/torch.unbind_copy.html */
export const unbind_copy: (input: Tensor, dim?: number | { readonly dim?: number }) => Tensor[] = signature(
  'unbind_copy(input, dim?)',
  (input, d) => {
    const rank = checkTensor('unbind_copy', 'input', input).ndim;
    if (rank === 0) throw new ShapeError('unbind_copy(): Dimension specified as 0 but tensor has no dimensions');
    return [...unbindOp(input, readDim('unbind_copy', input, d))];
  },
);

export interface SplitCopyOptions {
  readonly split_size?: number;
  readonly dim?: number;
}

/** Parts of `split_size` indices of a dimension, the last one maybe smaller, as copies. https://pytorch.org/docs/stable/generated/torch.split_copy.html */
export const split_copy: (
  input: Tensor,
  split_size: number | SplitCopyOptions,
  dim?: number | SplitCopyOptions,
) => Tensor[] = signature('split_copy(input, split_size, dim?)', (input, given, d) => {
  const op = 'split_copy';
  const rank = checkTensor(op, 'input', input).ndim;
  if (rank === 0) throw new ShapeError(`${op}(): split expects at least a 1-dimensional tensor`);
  const size = checkInteger(op, 'split_size', given);
  if (size < 0) throw new ShapeError(`${op}(): split expects split_size be non-negative, but got split_size=${size}`);
  const at = readDim(op, input, d);
  const whole = input.shape[at];
  if (size === 0 && whole !== 0) {
    throw new ShapeError(
      `${op}(): split_size can only be 0 if dimension size is 0, but got dimension size of ${whole}`,
    );
  }
  const count = size === 0 ? 1 : Math.max(1, Math.ceil(whole / size));
  const sizes = Array.from({ length: count }, (_, i) => Math.min(size, whole - i * size));
  return [...splitOp(input, sizes, at, 'SplitBackward0_copy')];
});

export interface SplitWithSizesCopyOptions {
  readonly split_sizes?: readonly number[];
  readonly dim?: number;
}

/** Parts of the given sizes of a dimension, as copies. https://pytorch.org/docs/stable/generated/torch.split_with_sizes_copy.html */
export const split_with_sizes_copy: (
  input: Tensor,
  split_sizes: readonly number[] | SplitWithSizesCopyOptions,
  dim?: number | SplitWithSizesCopyOptions,
) => Tensor[] = signature('split_with_sizes_copy(input, split_sizes, dim?)', (input, given, d) => {
  const op = 'split_with_sizes_copy';
  const rank = checkTensor(op, 'input', input).ndim;
  if (rank === 0) throw new ShapeError(`${op}(): split expects at least a 1-dimensional tensor`);
  if (!Array.isArray(given))
    throw new ShapeError(`${op}(): argument 'split_sizes' must be tuple of ints, got ${String(given)}`);
  const sizes = given.map((size) => checkInteger(op, 'split_sizes', size));
  if (sizes.some((size) => size < 0)) {
    throw new ShapeError(
      `${op}(): split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes=${showShape(sizes)}`,
    );
  }
  const at = readDim(op, input, d);
  const whole = input.shape[at];
  if (sizes.reduce((a, b) => a + b, 0) !== whole) {
    throw new ShapeError(
      `${op}(): split_with_sizes expects split_sizes to sum exactly to ${whole} (input tensor's size at dimension ${at}), but ` +
        `got split_sizes=${showShape(sizes)}`,
    );
  }
  return [...splitOp(input, sizes, at, 'SplitWithSizesBackward0_copy')];
});
