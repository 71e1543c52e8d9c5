/** Views: other shapes over the same memory. https://pytorch.org/docs/stable/tensor_view.html */
import { checkInteger } from '../arguments.js';
import { defineOp, type Op } from '../autograd/op.js';
import { ShapeError } from '../errors.js';
import { broadcastStrides, inferSize, type Shape, showShape, viewStrides, wrapDim, wrapDims } from '../shape.js';
import { type Named, signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { checkTensor } from './kernel.js';
import { sizesOf, windowOn } from './window.js';

const permuteOp: Op<[input: Tensor, dims: readonly number[]], Tensor> = defineOp<
  [Tensor, readonly number[]],
  Tensor,
  number[]
>('permute', {
  view: true,
  forward(ctx, x, dims) {
    ctx.state = dims.map((_, i) => dims.indexOf(i));
    return windowOn(
      x,
      dims.map((d) => x.shape[d]),
      dims.map((d) => x.strides[d]),
    );
  },
  backward: (ctx, g) => [permuteOp(g, ctx.state)],
  formula: ['dx = g permuted back'],
});

/** Dimensions in another order. https://pytorch.org/docs/stable/generated/torch.permute.html */
export const permute: (input: Tensor, ...dims: number[] | [readonly number[]]) => Tensor = signature(
  'permute(input, ...dims)',
  (input, ...dims) => {
    const rank = checkTensor('permute', 'input', input).ndim;
    const list = sizesOf('permute', dims);
    if (list.length !== rank) {
      throw new ShapeError(
        'permute(): number of dimensions in the tensor input does not match the length of the desired ordering of ' +
          `dimensions i.e. input.dim() = ${rank} is not equal to len(dims) = ${list.length}`,
      );
    }
    return permuteOp(input, list.length === 0 ? [] : wrapDims('permute', list, rank));
  },
);

type TransposeOp = Op<[input: Tensor, dim0: number, dim1: number], Tensor>;

const transposeAs = (gradName: string): TransposeOp =>
  defineOp<[Tensor, number, number], Tensor, [number, number]>('transpose', {
    view: true,
    forward(ctx, x, a, b) {
      ctx.state = [a, b];
      const [shape, strides] = [x.shape.slice(), x.strides.slice()];
      if (x.ndim < 2) return windowOn(x, shape, strides);
      [shape[a], shape[b]] = [shape[b], shape[a]];
      [strides[a], strides[b]] = [strides[b], strides[a]];
      return windowOn(x, shape, strides);
    },
    backward: (ctx, g) => [transposeOp(g, ctx.state[0], ctx.state[1])],
    formula: ['dx = gᵀ'],
    grad_name: gradName,
  });

const transposeOp: TransposeOp = transposeAs('TransposeBackward0');
const tOp: TransposeOp = transposeAs('TBackward0');

export interface TransposeOptions {
  readonly dim0?: number;
  readonly dim1?: number;
}

/** Two dimensions exchanged. https://pytorch.org/docs/stable/generated/torch.transpose.html */
export const transpose: (input: Tensor, dim0: number | TransposeOptions, dim1?: number | TransposeOptions) => Tensor =
  signature('transpose(input, dim0, dim1)', (input, a, b) => {
    const rank = checkTensor('transpose', 'input', input).ndim;
    return transposeOp(
      input,
      wrapDim('transpose', checkInteger('transpose', 'dim0', a), rank),
      wrapDim('transpose', checkInteger('transpose', 'dim1', b), rank),
    );
  });

/** The transpose of a matrix; a vector or scalar stays as it is. https://pytorch.org/docs/stable/generated/torch.t.html */
export const t: (input: Tensor) => Tensor = signature('t(input)', (input) => {
  const rank = checkTensor('t', 'input', input).ndim;
  if (rank > 2) throw new ShapeError(`t() expects a tensor with <= 2 dimensions, but self is ${rank}D`);
  return tOp(input, 0, 1);
});

/** Sizes and strides that differ from the input's, over the same elements in the same order. */
const reviewOp = (name: string, gradName: string): Op<[input: Tensor, shape: Shape, strides: Shape], Tensor> =>
  defineOp<[Tensor, Shape, Shape], Tensor, Shape>(name, {
    view: true,
    forward(ctx, x, shape, strides) {
      ctx.state = x.shape;
      return windowOn(x, shape, strides);
    },
    backward: (ctx, g) => [g.reshape(ctx.state)],
    formula: ["dx = g in x's shape"],
    grad_name: gradName,
  });

const viewOp = reviewOp('view', 'ViewBackward0');
const squeezeOp = reviewOp('squeeze', 'SqueezeBackward0');
const squeezeDimOp = reviewOp('squeeze', 'SqueezeBackward1');
const unsqueezeOp = reviewOp('unsqueeze', 'UnsqueezeBackward0');

/**
 * Other sizes over the same memory; one may be −1. https://pytorch.org/docs/stable/generated/torch.Tensor.view.html
 * @throws ShapeError when the sizes do not fit, or when it cannot be done without a copy.
 */
export const view: (input: Tensor, ...shape: number[] | [readonly number[]]) => Tensor = signature(
  'view(input, ...size)',
  (input, ...shape) => {
    checkTensor('view', 'input', input);
    const sizes = inferSize('view', sizesOf('view', shape), input.numel());
    const strides = viewStrides(input.shape, input.strides, sizes);
    if (strides === null) {
      throw new ShapeError(
        "view size is not compatible with input tensor's size and stride (at least one dimension spans across two " +
          'contiguous subspaces). Use .reshape(...) instead. ' +
          `view() of size ${showShape(input.shape)} and stride ${showShape(input.strides)} as ${showShape(sizes)}`,
      );
    }
    return viewOp(input, sizes, strides);
  },
);

export const view_as: (input: Tensor, other: Named<'other', Tensor>) => Tensor = signature(
  'view_as(input, other)',
  (input, other) => view(input, checkTensor('view_as', 'other', other).shape),
);

/** A view where possible, else a copy in the new sizes. https://pytorch.org/docs/stable/generated/torch.reshape.html */
export const reshape: (input: Tensor, ...shape: number[] | [readonly number[]]) => Tensor = signature(
  'reshape(input, ...shape)',
  (input, ...shape) => {
    checkTensor('reshape', 'input', input);
    const sizes = inferSize('reshape', sizesOf('reshape', shape), input.numel());
    const strides = viewStrides(input.shape, input.strides, sizes);
    return strides === null ? view(input.clone(), sizes) : viewOp(input, sizes, strides);
  },
);

export const reshape_as: (input: Tensor, other: Named<'other', Tensor>) => Tensor = signature(
  'reshape_as(input, other)',
  (input, other) => reshape(input, checkTensor('reshape_as', 'other', other).shape),
);

export interface FlattenOptions {
  readonly start_dim?: number;
  readonly end_dim?: number;
}

/** Dimensions `start_dim` … `end_dim` joined. https://pytorch.org/docs/stable/generated/torch.flatten.html */
export const flatten: (
  input: Tensor,
  start_dim?: number | FlattenOptions,
  end_dim?: number | FlattenOptions,
) => Tensor = signature('flatten(input, start_dim?, end_dim?)', (input, start = 0, end = -1) => {
  const rank = checkTensor('flatten', 'input', input).ndim;
  const a = wrapDim('flatten', checkInteger('flatten', 'start_dim', start), rank);
  const b = wrapDim('flatten', checkInteger('flatten', 'end_dim', end), rank);
  if (a > b) throw new ShapeError('flatten() has invalid args: start_dim cannot come after end_dim');
  if (rank === 0) return reshape(input, 1);
  if (a === b) return input;
  const joined = input.shape.slice(a, b + 1).reduce((n, s) => n * s, 1);
  return reshape(input, [...input.shape.slice(0, a), joined, ...input.shape.slice(b + 1)]);
});

/** Without dimensions of size 1: all, or those named. https://pytorch.org/docs/stable/generated/torch.squeeze.html */
export const squeeze: (
  input: Tensor,
  dim?: number | readonly number[] | { readonly dim?: number | readonly number[] },
) => Tensor = signature('squeeze(input, dim?)', (input, d) => {
  const rank = checkTensor('squeeze', 'input', input).ndim;
  const dims = d === undefined || d === null ? null : wrapDims('squeeze', d as number | number[], rank);
  const goes = (i: number): boolean => input.shape[i] === 1 && (dims === null || dims.includes(i));
  const stays = input.shape.map((_, i) => i).filter((i) => !goes(i));
  const op = dims === null ? squeezeOp : squeezeDimOp;
  return op(
    input,
    stays.map((i) => input.shape[i]),
    stays.map((i) => input.strides[i]),
  );
});

/** A new dimension of size 1 at `dim`. https://pytorch.org/docs/stable/generated/torch.unsqueeze.html */
export const unsqueeze: (input: Tensor, dim: number | { readonly dim: number }) => Tensor = signature(
  'unsqueeze(input, dim)',
  (input, d) => {
    const rank = checkTensor('unsqueeze', 'input', input).ndim;
    const at = wrapDim('unsqueeze', checkInteger('unsqueeze', 'dim', d), rank + 1);
    const stride = at < rank ? input.shape[at] * input.strides[at] : 1;
    return unsqueezeOp(input, input.shape.toSpliced(at, 0, 1), input.strides.toSpliced(at, 0, stride));
  },
);

const expandOp: Op<[input: Tensor, shape: Shape, strides: Shape], Tensor> = defineOp('expand', {
  view: true,
  forward: (_ctx, x, shape, strides) => windowOn(x, shape, strides),
  // the engine sums over the dimensions that were repeated
  backward: (_ctx, g) => [g],
  formula: ['dx = Σ g over the repeated dimensions'],
});

/** The same to a shape that it is known to fit. */
export const expanded = (x: Tensor, shape: Shape): Tensor =>
  expandOp(x, shape, broadcastStrides(x.shape, x.strides, shape));

/**
 * Dimensions of size 1 repeated without a copy; −1 keeps a size. https://pytorch.org/docs/stable/generated/torch.Tensor.expand.html
 */
export const expand: (input: Tensor, ...sizes: number[] | [readonly number[]]) => Tensor = signature(
  'expand(input, ...size)',
  (input, ...sizes) => {
    checkTensor('expand', 'input', input);
    const list = sizesOf('expand', sizes);
    const lead = list.length - input.ndim;
    if (lead < 0) {
      throw new ShapeError(
        `expand(${showShape(input.shape)}, size=${showShape(list)}): the number of sizes provided (${list.length}) must be ` +
          `greater or equal to the number of dimensions in the tensor (${input.ndim})`,
      );
    }
    const shape = list.map((size, i) => expandedSize(input, list, size, i, lead));
    return expanded(input, shape);
  },
);

function expandedSize(input: Tensor, sizes: readonly number[], size: number, i: number, lead: number): number {
  const old = i < lead ? null : input.shape[i - lead];
  if (size === -1) {
    if (old !== null) return old;
    throw new ShapeError(
      `expand(${showShape(input.shape)}, size=${showShape(sizes)}): the expanded size -1 isn't allowed in a leading, non-existing dimension ${i}`,
    );
  }
  if (size < 0 || (old !== null && old !== 1 && old !== size)) {
    throw new ShapeError(
      `expand(): The expanded size of the tensor (${size}) must match the existing size (${old}) at non-singleton ` +
        `dimension ${i}.  Target sizes: ${showShape(sizes)}.  Tensor sizes: ${showShape(input.shape)}`,
    );
  }
  return size;
}

export const expand_as: (input: Tensor, other: Named<'other', Tensor>) => Tensor = signature(
  'expand_as(input, other)',
  (input, other) => expand(input, checkTensor('expand_as', 'other', other).shape),
);

/** As {@link expand}: https://pytorch.org/docs/stable/generated/torch.broadcast_to.html */
export const broadcast_to: (input: Tensor, size: readonly number[]) => Tensor = signature(
  'broadcast_to(input, size)',
  (input, size) => expand(input, size),
);
