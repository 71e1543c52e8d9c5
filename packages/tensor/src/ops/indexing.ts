/** Reading and writing through index tensors. https://pytorch.org/docs/stable/torch.html#indexing-slicing-joining-mutating-ops */
import { checkInteger } from '../arguments.js';
import { defineOp, type Op } from '../autograd/op.js';
import { DTypeError, ShapeError } from '../errors.js';
import { type Shape, showShape, wrapDim } from '../shape.js';
import { signature } from '../signature.js';
import { Tensor } from '../tensor.js';
import { cat } from './joining.js';
import {
  allocateOutput,
  backend,
  cast,
  checkSameDevice,
  checkSameDType,
  checkTensor,
  knownElements,
} from './kernel.js';

/** int64 indices within `[0, size)`, as far as the host knows them. @throws ShapeError in PyTorch's words. */
export function checkIndex(op: string, index: Tensor, dim: number, size: number): void {
  const list = knownElements(index);
  if (list === null) return;
  // an iterator over the elements takes ten times as long
  for (let k = 0; k < list.length; k++) {
    const i = list[k];
    if (i < 0 || i >= size) {
      throw new ShapeError(`${op}(): index ${i} is out of bounds for dimension ${dim} with size ${size}`);
    }
  }
}

export function checkIndexType(op: string, index: Tensor, types: readonly string[] = ['int64']): void {
  if (!types.includes(checkTensor(op, 'index', index).dtype)) {
    throw new DTypeError(`${op}(): Expected dtype int64 for index, got ${index.dtype}`);
  }
}

/** An index tensor may be smaller than the tensor in every dimension but the one that it indexes. */
export function checkGatherShapes(op: string, x: Tensor, index: Tensor, dim: number): void {
  const rank = Math.max(x.ndim, 1);
  if (Math.max(index.ndim, 1) !== rank) {
    throw new ShapeError(
      `${op}(): Index tensor must have the same number of dimensions as input tensor, got ${showShape(index.shape)} and ${showShape(x.shape)}`,
    );
  }
  index.shape.forEach((size, d) => {
    if (d !== dim && size > (x.shape[d] ?? 1)) {
      throw new ShapeError(
        `${op}(): Size does not match at dimension ${d} expected index ${showShape(index.shape)} to be smaller than self ` +
          `${showShape(x.shape)} apart from dimension ${dim}`,
      );
    }
  });
}

export type GatherOp = Op<[input: Tensor, dim: number, index: Tensor], Tensor>;

export const gatherOp: GatherOp = defineOp<[Tensor, number, Tensor], Tensor, [Shape, number]>('gather', {
  forward(ctx, x, dim, index) {
    ctx.state = [x.shape, dim];
    ctx.save_for_backward(index);
    const out = allocateOutput(index.shape, x.dtype, checkSameDevice('gather', x, index));
    backend(x).gather(x, dim, index, out);
    return out;
  },
  backward(ctx, g) {
    const [shape, dim] = ctx.state;
    return [g.new_zeros(shape).scatter_add(dim, ctx.saved_tensors[0], g)];
  },
  formula: ['dx[index] += g'],
});

export interface GatherOptions {
  readonly dim?: number;
  readonly index?: Tensor;
  /** Only false: sparse gradients of gather are not supported. */
  readonly sparse_grad?: false;
}

/**
 * Elements picked along `dim`: `out[i][j] = input[index[i][j]][j]` for dim 0.
 * https://pytorch.org/docs/stable/generated/torch.gather.html
 */
export const gather: (
  input: Tensor,
  dim: number | GatherOptions,
  index?: Tensor | GatherOptions,
  options?: GatherOptions,
) => Tensor = signature('gather(input, dim, index, sparse_grad?)', (input, d, i, sparse) => {
  checkTensor('gather', 'input', input);
  if (sparse) throw new DTypeError('gather(): sparse_grad=True is not supported');
  const at = wrapDim('gather', checkInteger('gather', 'dim', d), input.ndim);
  checkIndexType('gather', i as Tensor);
  const idx = i as Tensor;
  if (idx.numel() === 0) return gatherOp(input, at, idx);
  checkGatherShapes('gather', input, idx, at);
  checkIndex('gather', idx, at, input.shape[at] ?? 1);
  return gatherOp(input, at, idx);
});

export const scatterAddOp: Op<[input: Tensor, dim: number, index: Tensor, src: Tensor], Tensor> = defineOp<
  [Tensor, number, Tensor, Tensor],
  Tensor,
  [number, Shape]
>('scatter_add', {
  forward(ctx, x, dim, index, src) {
    ctx.state = [dim, src.shape];
    ctx.save_for_backward(index);
    const out = allocateOutput(x.shape, x.dtype, checkSameDevice('scatter_add', x, index, src));
    backend(x).copy(x, out);
    const window = new Tensor(src.storage, index.shape, src.strides, src.offset);
    if (index.numel() > 0) backend(x).scatterAdd(out, dim, index, window);
    return out;
  },
  backward(ctx, g) {
    const [index] = ctx.saved_tensors;
    const [dim, shape] = ctx.state;
    const picked = gatherOp(g, dim, index);
    // src may be larger than the index: what was not read has no gradient
    const ds = shape.every((s, d) => s === index.shape[d]) ? picked : padTo(picked, shape);
    return [g, null, null, ctx.needs_input_grad[3] ? ds : null];
  },
  formula: ['dx = g', 'not differentiable', 'dsrc = g[index]'],
});

export function padTo(x: Tensor, shape: Shape): Tensor {
  let out = x;
  shape.forEach((size, d) => {
    if (size === out.shape[d]) return;
    const missing = out.shape.with(d, size - out.shape[d]);
    out = cat([out, out.new_zeros(missing)], d);
  });
  return out;
}

/** `input` plus `src` added at `index` along `dim`. https://pytorch.org/docs/stable/generated/torch.Tensor.scatter_add_.html */
export const scatter_add: (input: Tensor, dim: number, index: Tensor, src: Tensor) => Tensor = signature(
  'scatter_add(input, dim, index, src)',
  (input, dim, index, src) => scatterAddOp(...checkScatter(input, dim, index, src)),
);

export const scatter_add_: (input: Tensor, dim: number, index: Tensor, src: Tensor) => Tensor = signature(
  'scatter_add_(input, dim, index, src)',
  (input, dim, index, src) => scatterAddOp.inplace(...checkScatter(input, dim, index, src)),
);

function checkScatter(input: Tensor, dim: number, index: Tensor, src: Tensor): [Tensor, number, Tensor, Tensor] {
  checkTensor('scatter_add', 'input', input);
  checkSameDType('scatter_add', input, checkTensor('scatter_add', 'src', src));
  const at = wrapDim('scatter_add', checkInteger('scatter_add', 'dim', dim), input.ndim);
  checkIndexType('scatter_add', index);
  if (index.numel() > 0) {
    checkGatherShapes('scatter_add', input, index, at);
    checkGatherShapes('scatter_add', src, index, -1);
    checkIndex('scatter_add', index, at, input.shape[at] ?? 1);
  }
  return [input, at, index, src];
}

export const indexSelectOp: GatherOp = defineOp<[Tensor, number, Tensor], Tensor, [Shape, number]>('index_select', {
  forward(ctx, x, dim, index) {
    ctx.state = [x.shape, dim];
    ctx.save_for_backward(index);
    const out = allocateOutput(
      x.ndim === 0 ? [] : x.shape.with(dim, index.numel()),
      x.dtype,
      checkSameDevice('index_select', x, index),
    );
    if (out.numel() > 0) backend(x).gather(x, dim, spreadIndex(index, out.shape, dim), out);
    return out;
  },
  backward(ctx, g) {
    const [shape, dim] = ctx.state;
    const [index] = ctx.saved_tensors;
    return [scatterAddOp(g.new_zeros(shape), dim, spreadIndex(index, g.shape, dim), g)];
  },
  formula: ['dx[index] += g'],
});

/** A list of indices, shown along `dim` of `shape`. */
export function spreadIndex(index: Tensor, shape: Shape, dim: number): Tensor {
  if (shape.length === 0) return index.reshape([]);
  return index.reshape(shape.map((_, d) => (d === dim ? -1 : 1))).expand(shape);
}

export interface IndexSelectOptions {
  readonly dim?: number;
  readonly index?: Tensor;
}

/** The slices of `dim` that a list of indices (int64 or int32) names. https://pytorch.org/docs/stable/generated/torch.index_select.html */
export const index_select: (
  input: Tensor,
  dim: number | IndexSelectOptions,
  index?: Tensor | IndexSelectOptions,
) => Tensor = signature('index_select(input, dim, index)', (input, d, i) => {
  checkTensor('index_select', 'input', input);
  const at = wrapDim('index_select', checkInteger('index_select', 'dim', d), input.ndim);
  const idx = i as Tensor;
  checkIndexType('index_select', idx, ['int64', 'int32']);
  if (idx.ndim > 1)
    throw new ShapeError(`index_select(): Index is supposed to be a vector, got ${showShape(idx.shape)}`);
  if (input.ndim === 0 && idx.numel() !== 1) {
    throw new ShapeError(`index_select(): Index to scalar can have only 1 value, got ${idx.numel()} value(s)`);
  }
  checkIndex('index_select', idx, at, input.shape[at] ?? 1);
  return indexSelectOp(input, at, cast(idx, 'int64'));
});
