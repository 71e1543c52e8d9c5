/** Views of any geometry: what every view falls back to once its base has been changed in place. */
import { checkInteger } from '../arguments.js';
import { defineOp, type Op } from '../autograd/op.js';
import { ShapeError } from '../errors.js';
import { type Shape, showShape, storageEnd } from '../shape.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { allocate, backend, checkTensor } from './kernel.js';
import { sizesOf, windowOn } from './window.js';

interface Geometry {
  readonly shape: Shape;
  readonly strides: Shape;
  readonly offset: number;
  readonly numel: number;
}

type AsStridedOp = Op<[input: Tensor, size: Shape, stride: Shape, offset: number], Tensor>;

const asStridedOp: AsStridedOp = defineOp<[Tensor, Shape, Shape, number], Tensor, [Geometry, Geometry]>('as_strided', {
  view: true,
  forward(ctx, x, shape, strides, offset) {
    if (storageEnd(shape, strides, offset) > x.storage.numel) {
      throw new ShapeError(
        `setStorage: sizes ${showShape(shape)}, strides ${showShape(strides)}, storage offset ${offset} are out of ` +
          `bounds for storage of ${x.storage.numel} elements`,
      );
    }
    ctx.state = [
      { shape: x.shape, strides: x.strides, offset: x.offset, numel: x.storage.numel },
      { shape, strides, offset, numel: x.storage.numel },
    ];
    return windowOn(x, shape, strides, offset);
  },
  backward: (ctx, g) => [asStridedBackward(g, ctx.state[0], ctx.state[1])],
  formula: ['dx[i] = Σ g over the places that show element i, shared by the places of x that do'],
});

/** How often each element is shown, at least 1; null if none is more than once. */
function showings(base: Geometry, like: Tensor): Tensor | null {
  const sorted = base.strides.map((stride, d) => [stride, base.shape[d]]).filter(([, size]) => size > 1);
  sorted.sort(([a], [b]) => a - b);
  let reach = 0; // of the dimensions with smaller strides
  const overlaps = sorted.some(([stride, size]) => {
    const inside = stride <= reach;
    reach += stride * (size - 1);
    return inside;
  });
  if (!overlaps) return null;
  const counts = allocate([base.numel], like.dtype, like.device);
  backend(like).accumulate(windowOn(counts, base.shape, base.strides, base.offset), like.new_ones(base.shape));
  return counts.clamp_min(1);
}

/** Adds a view's gradient into zeros laid out as the tensor that was viewed. */
const asStridedBackward: Op<[grad: Tensor, base: Geometry, view: Geometry], Tensor> = defineOp<
  [Tensor, Geometry, Geometry],
  Tensor,
  [Geometry, Geometry]
>('as_strided_backward', {
  forward(ctx, g, base, view) {
    ctx.state = [base, view];
    const flat = allocate([base.numel], g.dtype, g.device);
    backend(g).accumulate(windowOn(flat, view.shape, view.strides, view.offset), g);
    const counts = showings(base, g);
    if (counts !== null) flat.div_(counts);
    const out = allocate(base.shape, g.dtype, g.device);
    backend(g).copy(windowOn(flat, base.shape, base.strides, base.offset), out);
    return out;
  },
  backward: (ctx, gg) => [asStridedGrad(gg, ctx.state[0], ctx.state[1])],
  formula: ['dg = gradient seen through the view'],
});

/** The adjoint of the adjoint: lays a gradient of the base out as the base was, and looks at it through the view. */
function asStridedGrad(gg: Tensor, base: Geometry, view: Geometry): Tensor {
  const flat = asStridedBackward(gg, { ...base, shape: [base.numel], strides: [1], offset: 0 }, base);
  const counts = showings(base, gg);
  return asStridedOp(counts === null ? flat : flat.div(counts), view.shape, view.strides, view.offset);
}

export interface AsStridedOptions {
  readonly size?: readonly number[];
  readonly stride?: readonly number[];
  /** In elements from the storage's start; the input's own unless given. */
  readonly storage_offset?: number | null;
}

/**
 * A view with any sizes, strides and offset (in elements of the storage).
 * https://pytorch.org/docs/stable/generated/torch.as_strided.html
 * @throws ShapeError when it leaves the storage.
 */
export const as_strided: (
  input: Tensor,
  size: readonly number[] | AsStridedOptions,
  stride?: readonly number[] | AsStridedOptions,
  storage_offset?: number | null | AsStridedOptions,
) => Tensor = signature('as_strided(input, size, stride, storage_offset?)', (input, size, stride, offset) => {
  checkTensor('as_strided', 'input', input);
  return strided(input, sizesOf('as_strided', [size]), sizesOf('as_strided', [stride]), offset ?? input.offset);
});

function strided(input: Tensor, size: Shape, stride: Shape, storageOffset: unknown): Tensor {
  const offset = checkInteger('as_strided', 'storage_offset', storageOffset);
  if (offset < 0) throw new ShapeError(`as_strided(): Tensor: invalid storage offset ${offset}`);
  if (size.length !== stride.length) {
    throw new ShapeError(
      `as_strided(): mismatch in length of strides and shape (${showShape(size)} and ${showShape(stride)})`,
    );
  }
  if (stride.some((s) => s < 0)) {
    throw new ShapeError(
      `as_strided(): Negative strides are not supported at the moment, got strides: ${showShape(stride)}`,
    );
  }
  return asStridedOp(input, size, stride, offset);
}
