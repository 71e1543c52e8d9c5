/** Parts of a tensor: one index or a window of a dimension. https://pytorch.org/docs/stable/tensor_view.html */
import { checkInteger } from '../arguments.js';
import { gradMode } from '../autograd/grad-mode.js';
import { defineOp, type Op } from '../autograd/op.js';
import { ShapeError } from '../errors.js';
import { type Shape, showShape, wrapDim } from '../shape.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { stack } from './joining.js';
import { allocate, backend, checkTensor } from './kernel.js';
import { windowOfSlices, windowOn } from './window.js';

const selectOp: Op<[input: Tensor, dim: number, index: number], Tensor> = defineOp<
  [Tensor, number, number],
  Tensor,
  [Shape, number, number]
>('select', {
  view: true,
  forward(ctx, x, dim, index) {
    ctx.state = [x.shape, dim, index];
    return windowOn(x, x.shape.toSpliced(dim, 1), x.strides.toSpliced(dim, 1), x.offset + index * x.strides[dim]);
  },
  backward: (ctx, g) => {
    const [shape, dim, index] = ctx.state;
    return [sliceBackward(g.unsqueeze(dim), shape, dim, index, 1)];
  },
  formula: ['dx = g at the index, 0 elsewhere'],
});

/** One index of a dimension, which disappears. https://pytorch.org/docs/stable/generated/torch.select.html */
export const select: (
  input: Tensor,
  dim: number | { readonly dim: number; readonly index: number },
  index?: number | { readonly index: number },
) => Tensor = signature('select(input, dim, index)', (input, a, b) => {
  const rank = checkTensor('select', 'input', input).ndim;
  if (rank === 0) throw new ShapeError('select() cannot be applied to a 0-dim tensor.');
  const d = wrapDim('select', checkInteger('select', 'dim', a), rank);
  const i = checkInteger('select', 'index', b);
  const size = input.shape[d];
  if (i < -size || i >= size) {
    throw new ShapeError(
      `select(): index ${i} out of range for tensor of size ${showShape(input.shape)} at dimension ${d}`,
    );
  }
  return selectOp(input, d, i < 0 ? i + size : i);
});

type SliceOp = Op<[input: Tensor, dim: number, start: number, length: number, step: number], Tensor>;

/** `length` indices of a dimension: `start`, `start + step`, … */
export const sliceOp: SliceOp = defineOp<
  [Tensor, number, number, number, number],
  Tensor,
  [Shape, number, number, number]
>('slice', {
  view: true,
  forward(ctx, x, dim, start, length, step) {
    ctx.state = [x.shape, dim, start, step];
    const strides = x.strides.with(dim, x.strides[dim] * step);
    return windowOn(x, x.shape.with(dim, length), strides, x.offset + start * x.strides[dim]);
  },
  backward: (ctx, g) => [sliceBackward(g, ...ctx.state)],
  formula: ['dx = g in the window, 0 elsewhere'],
});

/** A window's gradient within zeros of the whole. */
const sliceBackward: Op<[grad: Tensor, shape: Shape, dim: number, start: number, step: number], Tensor> = defineOp<
  [Tensor, Shape, number, number, number],
  Tensor,
  [number, number, number, number]
>('slice_backward', {
  forward(ctx, g, shape, dim, start, step) {
    const length = g.shape[dim];
    ctx.state = [dim, start, length, step];
    const out = allocate(shape, g.dtype, g.device);
    const strides = out.strides.with(dim, out.strides[dim] * step);
    backend(g).copy(g, windowOn(out, shape.with(dim, length), strides, start * out.strides[dim]));
    return out;
  },
  backward: (ctx, gg) => [sliceOp(gg, ...ctx.state)],
  formula: ['dg = gradient in the window'],
});

/** `length` indices of a dimension from `start`. https://pytorch.org/docs/stable/generated/torch.narrow.html */
export const narrow: (
  input: Tensor,
  dim: number | NarrowOptions,
  start?: number | NarrowOptions,
  length?: number | NarrowOptions,
) => Tensor = signature('narrow(input, dim, start, length)', (input, a, b, c) => {
  const rank = checkTensor('narrow', 'input', input).ndim;
  if (rank === 0) throw new ShapeError('narrow() cannot be applied to a 0-dim tensor.');
  const d = wrapDim('narrow', checkInteger('narrow', 'dim', a), rank);
  const size = input.shape[d];
  const from = checkInteger('narrow', 'start', b);
  const n = checkInteger('narrow', 'length', c);
  if (n < 0) throw new ShapeError(`narrow(): length must be non-negative, got ${n}`);
  if (from < -size || from > size) {
    throw new ShapeError(
      `narrow(): start out of range (expected to be in range of [${-size}, ${size}], but got ${from})`,
    );
  }
  const first = from < 0 ? from + size : from;
  if (first + n > size)
    throw new ShapeError(`narrow(): start (${first}) + length (${n}) exceeds dimension size (${size}).`);
  return sliceOp(input, d, first, n, 1);
});

export interface NarrowOptions {
  readonly dim?: number;
  readonly start?: number;
  readonly length?: number;
}

const unbindOp: Op<[input: Tensor, dim: number], readonly Tensor[]> = defineOp<
  [Tensor, number],
  readonly Tensor[],
  number
>('unbind', {
  view: true,
  forward(ctx, x, dim) {
    ctx.state = dim;
    const [shape, strides] = [x.shape.toSpliced(dim, 1), x.strides.toSpliced(dim, 1)];
    return Array.from({ length: x.shape[dim] }, (_, i) => windowOn(x, shape, strides, x.offset + i * x.strides[dim]));
  },
  backward: (ctx, ...grads) => [
    (gradMode.enabled ? null : windowOfSlices(grads, ctx.state)) ?? stack(grads, ctx.state),
  ],
  formula: ['dx = the slices’ gradients stacked'],
});

/** Slices along a dimension, which disappears. https://pytorch.org/docs/stable/generated/torch.unbind.html */
export const unbind: (input: Tensor, dim?: number | { readonly dim?: number }) => Tensor[] = signature(
  'unbind(input, dim?)',
  (input, d = 0) => {
    const rank = checkTensor('unbind', 'input', input).ndim;
    if (rank === 0) throw new ShapeError('unbind(): Dimension specified as 0 but tensor has no dimensions');
    const at = wrapDim('unbind', checkInteger('unbind', 'dim', d), rank);
    return unbindOp(input, at).slice();
  },
);
