/** Tensors joined. https://pytorch.org/docs/stable/torch.html#indexing-slicing-joining-mutating-ops */
import { checkInteger } from '../arguments.js';
import { composed, defineOp, type Op } from '../autograd/op.js';
import { promote_types } from '../dtype.js';
import { DTypeError, ShapeError } from '../errors.js';
import { showShape, wrapDim } from '../shape.js';
import { signature } from '../signature.js';
import { Tensor } from '../tensor.js';
import { allocateOutput, backend, checkSameDevice, checkTensor } from './kernel.js';

const fitsEverywhere = (x: Tensor): boolean => x.ndim === 1 && x.shape[0] === 0;

const catOp: Op<[tensors: readonly Tensor[], dim: number], Tensor> = defineOp<
  [readonly Tensor[], number],
  Tensor,
  [readonly (number | null)[], number]
>('cat', {
  forward(ctx, tensors, dim) {
    const first = tensors.find((x) => !fitsEverywhere(x)) ?? tensors[0];
    // PyTorch's old rule: a vector of no elements fits everywhere
    const sizes = tensors.map((x) => (fitsEverywhere(x) ? 0 : x.shape[dim]));
    ctx.state = [tensors.map((x) => (fitsEverywhere(x) ? null : x.shape[dim])), dim];
    const out = allocateOutput(
      first.shape.with(
        dim,
        sizes.reduce((a, b) => a + b, 0),
      ),
      first.dtype,
      checkSameDevice('cat', ...tensors),
    );
    let start = 0;
    for (const x of tensors) {
      if (fitsEverywhere(x)) continue;
      const window = new Tensor(out.storage, x.shape, out.strides, start * out.strides[dim]);
      backend(x).copy(x, window);
      start += x.shape[dim];
    }
    return out;
  },
  backward(ctx, g) {
    const [sizes, dim] = ctx.state;
    let start = 0;
    return [
      sizes.map((size) => {
        if (size === null) return g.new_zeros([0]);
        start += size;
        return g.narrow(dim, start - size, size);
      }),
    ];
  },
  formula: ['dxᵢ = the i-th part of g'],
});

const listOf = (op: string, tensors: unknown): Tensor[] => {
  if (!Array.isArray(tensors))
    throw new DTypeError(`${op}(): argument 'tensors' must be a list of Tensors, not ${typeof tensors}`);
  if (tensors.length === 0)
    throw new ShapeError(
      op === 'cat' ? 'cat(): expected a non-empty list of Tensors' : 'stack expects a non-empty TensorList',
    );
  return tensors.map((x, i) => checkTensor(op, `tensors[${i}]`, x));
};

export interface CatOptions {
  readonly dim?: number;
}

/** Tensors joined along a dimension that they have. https://pytorch.org/docs/stable/generated/torch.cat.html */
export const cat: (tensors: readonly Tensor[], dim?: number | CatOptions) => Tensor = signature(
  'cat(tensors, dim?)',
  (tensors, d = 0) => {
    const list = listOf('cat', tensors);
    const filled = list.filter((x) => !fitsEverywhere(x));
    const parts = filled.length === 0 ? list : filled;
    const first = parts[0];
    const zero = parts.findIndex((x) => x.ndim === 0);
    if (zero >= 0) throw new ShapeError(`cat(): zero-dimensional tensor (at position ${zero}) cannot be concatenated`);
    const at = wrapDim('cat', checkInteger('cat', 'dim', d), first.ndim);
    parts.forEach((x, i) => {
      if (x.ndim !== first.ndim) {
        throw new ShapeError(`cat(): Tensors must have same number of dimensions: got ${first.ndim} and ${x.ndim}`);
      }
      const bad = x.shape.findIndex((s, k) => k !== at && s !== first.shape[k]);
      if (bad >= 0) {
        throw new ShapeError(
          `cat(): Sizes of tensors must match except in dimension ${at}. Expected size ${first.shape[bad]} but got size ` +
            `${x.shape[bad]} for tensor number ${i} in the list.`,
        );
      }
    });
    return catOp(promoted(list), at);
  },
);

/** All of one dtype: that to which they promote. */
function promoted(all: readonly Tensor[]): Tensor[] {
  const dtype = all.map((x) => x.dtype).reduce((a, b) => promote_types(a, b));
  return all.map((x) => x.to(dtype));
}

/** Tensors of one shape joined along a new dimension. https://pytorch.org/docs/stable/generated/torch.stack.html */
export const stack: (tensors: readonly Tensor[], dim?: number | CatOptions) => Tensor = signature(
  'stack(tensors, dim?)',
  (tensors, d = 0) => {
    const list = listOf('stack', tensors);
    const at = wrapDim('stack', checkInteger('stack', 'dim', d), list[0].ndim + 1);
    list.forEach((x, i) => {
      if (x.ndim !== list[0].ndim || x.shape.some((s, k) => s !== list[0].shape[k])) {
        throw new ShapeError(
          `stack expects each tensor to be equal size, but got ${showShape(list[0].shape)} at entry 0 and ${showShape(x.shape)} at entry ${i}`,
        );
      }
    });
    const rows = list.map((x) => x.unsqueeze(at));
    return composed('StackBackward0', cat(rows, at));
  },
);

const tuple = (op: string, tensors: readonly Tensor[], widen: (x: Tensor) => Tensor): Tensor[] =>
  listOf(op, tensors).map(widen);

const atLeast =
  (rank: 1 | 2 | 3) =>
  (x: Tensor): Tensor => {
    if (x.ndim >= rank) return x;
    if (rank === 1) return x.reshape(1);
    const matrix = x.ndim === 0 ? x.reshape(1, 1) : x.ndim === 1 ? x.unsqueeze(0) : x;
    return rank === 2 ? matrix : matrix.unsqueeze(-1);
  };

/** Joined side by side. https://pytorch.org/docs/stable/generated/torch.hstack.html */
export const hstack: (tensors: readonly Tensor[]) => Tensor = signature('hstack(tensors)', (tensors) => {
  const list = tuple('hstack', tensors, atLeast(1));
  return cat(list, list[0].ndim === 1 ? 0 : 1);
});

/** Joined one below the other. https://pytorch.org/docs/stable/generated/torch.vstack.html */
export const vstack: (tensors: readonly Tensor[]) => Tensor = signature('vstack(tensors)', (tensors) =>
  cat(tuple('vstack', tensors, atLeast(2)), 0),
);

/** Joined one behind the other. https://pytorch.org/docs/stable/generated/torch.dstack.html */
export const dstack: (tensors: readonly Tensor[]) => Tensor = signature('dstack(tensors)', (tensors) =>
  cat(tuple('dstack', tensors, atLeast(3)), 2),
);

/** Vectors as the columns of a matrix. https://pytorch.org/docs/stable/generated/torch.column_stack.html */
export const column_stack: (tensors: readonly Tensor[]) => Tensor = signature('column_stack(tensors)', (tensors) =>
  hstack(tuple('column_stack', tensors, (x) => (x.ndim < 2 ? x.reshape([x.numel(), 1]) : x))),
);
