/** Products of vectors and tensors, composed of others. https://pytorch.org/docs/stable/torch.html#blas-and-lapack-operations */

import { checkInteger } from '../arguments.js';
import { composed } from '../autograd/op.js';
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { eye } from '../factories.js';
import { numelOf, type Shape, showShape, wrapDim, wrapDims } from '../shape.js';
import { type Named, signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { cat } from './joining.js';
import { checkTensor } from './kernel.js';
import { dot, matmul, mm } from './matmul.js';

/** All products of two vectors' elements. https://pytorch.org/docs/stable/generated/torch.outer.html */
export const outer: (input: Tensor, vec2: Named<'vec2', Tensor>) => Tensor = signature(
  'outer(input, vec2)',
  (input, vec2) => {
    checkTensor('outer', 'input', input);
    checkTensor('outer', 'vec2', vec2);
    if (input.ndim !== 1) throw new ShapeError(`outer: Expected 1-D argument self, but got ${input.ndim}-D`);
    if (vec2.ndim !== 1) throw new ShapeError(`outer: Expected 1-D argument vec2, but got ${vec2.ndim}-D`);
    return input.unsqueeze(1).mul(vec2);
  },
);

/** Another name of {@link outer}. */
export const ger: (input: Tensor, vec2: Named<'vec2', Tensor>) => Tensor = signature('ger(input, vec2)', outer);

/** As `dot`: there are no complex numbers here. https://pytorch.org/docs/stable/generated/torch.vdot.html */
export const vdot: (input: Tensor, other: Named<'other', Tensor>) => Tensor = signature('vdot(input, other)', dot);

/** Sums of products over the last dimensions. https://pytorch.org/docs/stable/generated/torch.inner.html */
export const inner: (input: Tensor, other: Named<'other', Tensor>) => Tensor = signature(
  'inner(input, other)',
  (input, other) => {
    checkTensor('inner', 'input', input);
    checkTensor('inner', 'other', other);
    if (input.ndim === 0 || other.ndim === 0) return input.mul(other);
    if (input.shape[input.ndim - 1] !== other.shape[other.ndim - 1]) {
      throw new ShapeError(
        `inner() the last dimension must match on both input tensors but got shapes ${showShape(input.shape)} and ${showShape(other.shape)}`,
      );
    }
    return tensordot(input, other, [[-1], [-1]]);
  },
);

export interface TensordotOptions {
  readonly dims?: number | readonly [readonly number[], readonly number[]];
}

/**
 * Sums of products over the last `dims` dimensions of `a` and the first of `b`, or over two lists of dimensions.
 * https://pytorch.org/docs/stable/generated/torch.tensordot.html
 */
export const tensordot: (
  a: Tensor,
  b: Named<'b', Tensor, TensordotOptions>,
  dims?: number | readonly [readonly number[], readonly number[]] | TensordotOptions,
) => Tensor = signature('tensordot(a, b, dims?)', (a, b, which = 2) => {
  checkTensor('tensordot', 'a', a);
  checkTensor('tensordot', 'b', b);
  const [first, second] = contracted(a, b, which);
  first.forEach((d, i) => {
    if (a.shape[d] !== b.shape[second[i]]) {
      throw new ShapeError(
        `tensordot(): contracted dimensions need to match, but first has size ${a.shape[d]} in dim ${d} and second has size ${b.shape[second[i]]} in dim ${second[i]}`,
      );
    }
  });
  const restOf = (x: Tensor, used: readonly number[]): number[] =>
    x.shape.map((_, d) => d).filter((d) => !used.includes(d));
  const [rows, columns] = [restOf(a, first), restOf(b, second)];
  const size = (x: Tensor, list: readonly number[]): number[] => list.map((d) => x.shape[d]);
  const common = numelOf(size(a, first));
  const left = a.permute([...rows, ...first]).reshape([numelOf(size(a, rows)), common]);
  const right = b.permute([...second, ...columns]).reshape([common, numelOf(size(b, columns))]);
  return mm(left, right).reshape([...size(a, rows), ...size(b, columns)]);
});

function contracted(a: Tensor, b: Tensor, which: unknown): [number[], number[]] {
  if (Array.isArray(which)) {
    const [first, second] = (which as number[][]).map((list) => list.map((d) => checkInteger('tensordot', 'dims', d)));
    if (first.length !== second.length)
      throw new ShapeError('tensordot(): both dimension lists should have same length');
    const wrap = (list: number[], rank: number): number[] =>
      list.length === 0 ? [] : wrapDims('tensordot', list, rank);
    return [wrap(first, a.ndim), wrap(second, b.ndim)];
  }
  const n = checkInteger('tensordot', 'dims', which);
  if (n < 0) throw new ValueError(`tensordot expects dims >= 0, but got dims=${n}`);
  const last = Array.from({ length: n }, (_, i) => wrapDim('tensordot', i - n, a.ndim));
  return [last, Array.from({ length: n }, (_, i) => wrapDim('tensordot', i, b.ndim))];
}

/** Every element times a copy of `other`. https://pytorch.org/docs/stable/generated/torch.kron.html */
export const kron: (input: Tensor, other: Named<'other', Tensor>) => Tensor = signature(
  'kron(input, other)',
  (input, other) => {
    checkTensor('kron', 'input', input);
    checkTensor('kron', 'other', other);
    const rank = Math.max(input.ndim, other.ndim);
    const padded = (x: Tensor): Shape => [...new Array<number>(rank - x.ndim).fill(1), ...x.shape];
    const [a, b] = [padded(input), padded(other)];
    const product = input.reshape(a.flatMap((s) => [s, 1])).mul(other.reshape(b.flatMap((s) => [1, s])));
    return product.reshape(a.map((s, d) => s * b[d]));
  },
);

/** A square matrix (or batch) times itself, `n` ≥ 0 times. https://pytorch.org/docs/stable/generated/torch.matrix_power.html */
export const matrix_power: (input: Tensor, n: number | { readonly n: number }) => Tensor = signature(
  'matrix_power(input, n)',
  (input, times) => {
    checkTensor('matrix_power', 'input', input);
    const power = checkInteger('matrix_power', 'n', times);
    if (input.ndim < 2) throw new ShapeError('matrix_power(): The input tensor A must have at least 2 dimensions.');
    const [rows, columns] = input.shape.slice(-2);
    if (rows !== columns) {
      throw new ShapeError(
        `matrix_power(): A must be batches of square matrices, but they are ${rows} by ${columns} matrices`,
      );
    }
    if (power < 0)
      throw new ValueError(
        `matrix_power(): negative exponents need an inverse, which is not supported; got n=${power}`,
      );
    if (power === 0) return input.clone().copy_(eye(rows, { dtype: input.dtype, device: input.device }));
    let result: Tensor | null = null;
    let square = input;
    for (let k = power; ; square = matmul(square, square)) {
      if (k % 2 === 1) result = result === null ? square : matmul(result, square);
      k = Math.floor(k / 2);
      if (k === 0) return power === 1 ? input.clone() : (result as Tensor);
    }
  },
);

export interface CrossOptions {
  readonly dim?: number | null;
}

/** Cross product of vectors of three along `dim` (the first dimension of size 3). https://pytorch.org/docs/stable/generated/torch.cross.html */
export const cross: (input: Tensor, other: Tensor, dim?: number | null | CrossOptions) => Tensor = signature(
  'cross(input, other, dim?)',
  (input, other, d) => {
    checkTensor('cross', 'input', input);
    checkTensor('cross', 'other', other);
    if (input.ndim !== other.ndim)
      throw new ShapeError(
        `cross(): inputs must have the same number of dimensions, got ${input.ndim} and ${other.ndim}`,
      );
    if (input.dtype !== other.dtype)
      throw new DTypeError(`cross(): expected inputs of one dtype, got ${input.dtype} and ${other.dtype}`);
    const first = input.shape.indexOf(3);
    if ((d === undefined || d === null) && first < 0) throw new ShapeError('cross(): no dimension of size 3 in input');
    const at = wrapDim('cross', d === undefined || d === null ? first : checkInteger('cross', 'dim', d), input.ndim);
    if (input.shape[at] !== 3 || other.shape[at] !== 3) {
      throw new ShapeError(
        `cross(): inputs dimension ${at} must have length 3. Got ${input.shape[at]} and ${other.shape[at]}`,
      );
    }
    const [x0, x1, x2] = [0, 1, 2].map((i) => input.narrow(at, i, 1));
    const [y0, y1, y2] = [0, 1, 2].map((i) => other.narrow(at, i, 1));
    const parts = [x1.mul(y2).sub(x2.mul(y1)), x2.mul(y0).sub(x0.mul(y2)), x0.mul(y1).sub(x1.mul(y0))];
    return composed('LinalgCrossBackward0', cat(parts, at));
  },
);
