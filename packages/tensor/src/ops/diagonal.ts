/** Diagonals and triangles. https://pytorch.org/docs/stable/generated/torch.diagonal.html */
import { checkInteger } from '../arguments.js';
import { composed, defineOp, type Op } from '../autograd/op.js';
import { ShapeError } from '../errors.js';
import { resolveOptions, type TensorOptions } from '../factories.js';
import { type Shape, wrapDim } from '../shape.js';
import { type Named, signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { allocate, backend, checkTensor, fromHost } from './kernel.js';
import { windowOn } from './window.js';

interface Place {
  readonly offset: number;
  readonly dim1: number;
  readonly dim2: number;
}

/** The diagonal as a window: its dimension comes last. */
function windowOf(x: Tensor, { offset, dim1, dim2 }: Place): Tensor {
  const row = Math.max(-offset, 0);
  const column = Math.max(offset, 0);
  const length = Math.max(Math.min(x.shape[dim1] - row, x.shape[dim2] - column), 0);
  const start = length === 0 ? 0 : row * x.strides[dim1] + column * x.strides[dim2];
  const others = (list: Shape): number[] => list.filter((_, d) => d !== dim1 && d !== dim2);
  return windowOn(
    x,
    [...others(x.shape), length],
    [...others(x.strides), x.strides[dim1] + x.strides[dim2]],
    x.offset + start,
  );
}

const diagonalOp: Op<[input: Tensor, place: Place], Tensor> = defineOp<[Tensor, Place], Tensor, [Shape, Place]>(
  'diagonal',
  {
    view: true,
    forward(ctx, x, place) {
      ctx.state = [x.shape, place];
      return windowOf(x, place);
    },
    backward: (ctx, g) => [diagonalBackward(g, ...ctx.state)],
    formula: ['dx = g on the diagonal, 0 elsewhere'],
  },
);

const diagonalBackward: Op<[grad: Tensor, shape: Shape, place: Place], Tensor> = defineOp<
  [Tensor, Shape, Place],
  Tensor,
  Place
>('diagonal_backward', {
  forward(ctx, g, shape, place) {
    ctx.state = place;
    const out = allocate(shape, g.dtype, g.device);
    backend(g).copy(g, windowOf(out, place));
    return out;
  },
  backward: (ctx, gg) => [diagonalOp(gg, ctx.state)],
  formula: ['dg = gradient on the diagonal'],
});

export interface DiagonalOptions {
  /** 0 the main diagonal, above it positive, below it negative. */
  readonly offset?: number;
  readonly dim1?: number;
  readonly dim2?: number;
}

type Diagonal = (
  input: Tensor,
  offset?: number | DiagonalOptions,
  dim1?: number | DiagonalOptions,
  dim2?: number | DiagonalOptions,
) => Tensor;

function placeOf(op: string, rank: number, args: readonly unknown[], defaults: readonly [number, number]): Place {
  const [o = 0, a = defaults[0], b = defaults[1]] = args;
  const dim1 = wrapDim(op, checkInteger(op, 'dim1', a), rank);
  const dim2 = wrapDim(op, checkInteger(op, 'dim2', b), rank);
  if (dim1 === dim2)
    throw new ShapeError(`${op}(): diagonal dimensions cannot be identical ${String(a)}, ${String(b)}`);
  return { offset: checkInteger(op, 'offset', o), dim1, dim2 };
}

/** A diagonal of two dimensions, a view; it becomes the last dimension. https://pytorch.org/docs/stable/generated/torch.diagonal.html */
export const diagonal: Diagonal = signature('diagonal(input, offset?, dim1?, dim2?)', (input, ...args) => {
  checkTensor('diagonal', 'input', input);
  return diagonalOp(input, placeOf('diagonal', input.ndim, args, [0, 1]));
});

/** The last dimension on a diagonal of two new ones. https://pytorch.org/docs/stable/generated/torch.diag_embed.html */
export const diag_embed: Diagonal = signature('diag_embed(input, offset?, dim1?, dim2?)', (input, ...args) => {
  checkTensor('diag_embed', 'input', input);
  if (input.ndim === 0)
    throw new ShapeError('diag_embed(): Dimension out of range (expected to be in range of [-1, 0], but got -1)');
  const place = placeOf('diag_embed', input.ndim + 1, args, [-2, -1]);
  const size = input.shape[input.ndim - 1] + Math.abs(place.offset);
  const shape = input.shape.slice(0, -1);
  for (const d of [place.dim1, place.dim2].sort((a, b) => a - b)) shape.splice(d, 0, size);
  return diagonalBackward(input, shape, place);
});

export interface TriangleOptions {
  readonly diagonal?: number;
}

/** A vector as a diagonal matrix, or a matrix's diagonal. https://pytorch.org/docs/stable/generated/torch.diag.html */
export const diag: (input: Tensor, diagonal?: number | TriangleOptions) => Tensor = signature(
  'diag(input, diagonal?)',
  (input, offset = 0) => {
    checkTensor('diag', 'input', input);
    const k = checkInteger('diag', 'diagonal', offset);
    if (input.ndim === 1) return diag_embed(input, k);
    if (input.ndim !== 2) throw new ShapeError(`diag(): Supports 1D or 2D tensors. Got ${input.ndim}D`);
    // a copy, unlike diagonal()
    return diagonalOp(input, { offset: k, dim1: 0, dim2: 1 }).clone();
  },
);

/** The sum of a matrix's diagonal. https://pytorch.org/docs/stable/generated/torch.trace.html */
export const trace: (input: Tensor) => Tensor = signature('trace(input)', (input) => {
  checkTensor('trace', 'input', input);
  if (input.ndim !== 2) throw new ShapeError(`trace: expected a matrix, but got tensor with dim ${input.ndim}`);
  return composed('TraceBackward0', diagonalOp(input, { offset: 0, dim1: 0, dim2: 1 }).sum());
});

/** `src` in the place of a diagonal. https://pytorch.org/docs/stable/generated/torch.diagonal_scatter.html */
export const diagonal_scatter: (
  input: Tensor,
  src: Named<'src', Tensor, DiagonalOptions>,
  offset?: number | DiagonalOptions,
  dim1?: number | DiagonalOptions,
  dim2?: number | DiagonalOptions,
) => Tensor = signature('diagonal_scatter(input, src, offset?, dim1?, dim2?)', (input, src, offset, dim1, dim2) => {
  const out = checkTensor('diagonal_scatter', 'input', input).clone();
  checkTensor('diagonal_scatter', 'src', src);
  const window = diagonalOp(out, placeOf('diagonal_scatter', input.ndim, [offset, dim1, dim2], [0, 1]));
  if (String(window.shape) !== String(src.shape)) {
    throw new ShapeError(
      `diagonal_scatter(): expected src to have a size equal to the slice of self. src size = [${src.shape.join(', ')}], slice size = [${window.shape.join(', ')}]`,
    );
  }
  window.copy_(src);
  return out;
});

type Keep = (column: number, row: number, diagonal: number) => boolean;
type TriangleOp = Op<[input: Tensor, diagonal: number], Tensor>;

const triangle = (name: 'tril' | 'triu', keep: Keep): TriangleOp => {
  const op: TriangleOp = defineOp<[Tensor, number], Tensor, number>(name, {
    forward(ctx, x, diagonal) {
      ctx.state = diagonal;
      const [rows, columns] = x.shape.slice(-2);
      const mask = Uint8Array.from({ length: rows * columns }, (_, i) =>
        keep(i % columns, Math.floor(i / columns), diagonal) ? 1 : 0,
      );
      const where = fromHost(mask, [rows, columns], 'bool', x.device);
      const out = allocate(x.shape, x.dtype, x.device);
      backend(x).elementwise('where', [where, x, 0], out);
      return out;
    },
    backward: (ctx, g) => [op(g, ctx.state)],
    formula: ['dx = g in the triangle, 0 elsewhere'],
  });
  return op;
};

const trilOp = triangle('tril', (column, row, k) => column - row <= k);
const triuOp = triangle('triu', (column, row, k) => column - row >= k);

type Triangle = (input: Tensor, diagonal?: number | TriangleOptions) => Tensor;

const triangleOf = (name: string, run: (input: Tensor, diagonal: number) => Tensor): Triangle =>
  signature<Triangle>(`${name}(input, diagonal?)`, (input, k = 0) => {
    checkTensor(name, 'input', input);
    if (input.ndim < 2) throw new ShapeError(`${name}(): input tensor must have at least 2 dimensions`);
    return run(input, checkInteger(name, 'diagonal', k));
  });

/** What is on or below a diagonal, 0 elsewhere. https://pytorch.org/docs/stable/generated/torch.tril.html */
export const tril: Triangle = triangleOf('tril', trilOp);
export const tril_: Triangle = triangleOf('tril_', trilOp.inplace);
/** What is on or above a diagonal, 0 elsewhere. https://pytorch.org/docs/stable/generated/torch.triu.html */
export const triu: Triangle = triangleOf('triu', triuOp);
export const triu_: Triangle = triangleOf('triu_', triuOp.inplace);

export interface TriangleIndicesOptions extends TensorOptions {
  readonly row?: number;
  readonly col?: number;
  readonly offset?: number;
}

type TriangleIndices = (
  row: number | TriangleIndicesOptions,
  col?: number | TriangleIndicesOptions,
  offset?: number | TriangleIndicesOptions,
  options?: TriangleIndicesOptions,
) => Tensor;

const indicesOf = (op: string, keep: Keep): TriangleIndices => {
  const declaration = `${op}(row, col, offset?, *, dtype?, device?, requires_grad?)`;
  return signature<TriangleIndices>(declaration, (row, col, offset = 0, dtype, device?: unknown, grad?: unknown) => {
    const rows = checkInteger(op, 'row', row, 0);
    const columns = checkInteger(op, 'col', col, 0);
    const k = checkInteger(op, 'offset', offset);
    const options = { dtype, device, requires_grad: grad } as TensorOptions;
    const resolved = resolveOptions(op, options, 'int64');
    const found: number[][] = [[], []];
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        if (!keep(j, i, k)) continue;
        found[0].push(i);
        found[1].push(j);
      }
    }
    const out = fromHost(Float64Array.from(found.flat()), [2, found[0].length], 'int64', 'cpu');
    return out.to({ dtype: resolved.dtype, device: resolved.device }).requires_grad_(resolved.requires_grad);
  });
};

/** Rows and columns of the elements on or below a diagonal, `[2, count]`. https://pytorch.org/docs/stable/generated/torch.tril_indices.html */
export const tril_indices: TriangleIndices = indicesOf('tril_indices', (j, i, k) => j - i <= k);
/** Rows and columns of the elements on or above a diagonal, `[2, count]`. https://pytorch.org/docs/stable/generated/torch.triu_indices.html */
export const triu_indices: TriangleIndices = indicesOf('triu_indices', (j, i, k) => j - i >= k);
