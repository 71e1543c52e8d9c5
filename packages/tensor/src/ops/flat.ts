/** Elements by their position in row-major order, and by masks. https://pytorch.org/docs/stable/generated/torch.take.html */

import { checkBoolean, checkInteger } from '../arguments.js';
import { composed } from '../autograd/op.js';
import { DTypeError, ShapeError } from '../errors.js';
import { broadcastShapes, contiguousStrides, wrapDim } from '../shape.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { checkIndex, checkIndexType, gather, gatherOp, scatterAddOp } from './indexing.js';
import { cast, checkTensor, fromHost } from './kernel.js';
import { scatterOp } from './scatter.js';

/** Positions within `size` elements; negative ones count from the end. */
function positions(op: string, index: unknown, size: number): Tensor {
  const given = checkTensor(op, 'index', index);
  checkIndexType(op, given);
  const values = given.toArray('take');
  let negative = false;
  for (const i of values) {
    if (i < -size || i >= size) {
      throw new ShapeError(`${op}(): out of range: tried to access index ${i} on a tensor of ${size} elements.`);
    }
    negative ||= i < 0;
  }
  if (!negative) return given;
  return fromHost(
    values.map((i) => (i < 0 ? i + size : i)),
    given.shape,
    'int64',
    given.device,
  );
}

/** The elements at positions of the flattened input; the result has the index's shape. https://pytorch.org/docs/stable/generated/torch.take.html */
export const take: (input: Tensor, index: Tensor | { readonly index: Tensor }) => Tensor = signature(
  'take(input, index)',
  (input, i) => {
    checkTensor('take', 'input', input);
    const at = positions('take', i, input.numel());
    return composed('TakeBackward0', gatherOp(input.reshape(-1), 0, at.reshape(-1)).reshape(at.shape));
  },
);

export interface PutOptions {
  readonly index?: Tensor;
  readonly source?: Tensor;
  readonly accumulate?: boolean;
}

type Put = (
  input: Tensor,
  index: Tensor | PutOptions,
  source?: Tensor | PutOptions,
  accumulate?: boolean | PutOptions,
) => Tensor;

/** `source` written (or added) at positions of the flattened input. https://pytorch.org/docs/stable/generated/torch.Tensor.put_.html */
export const put: Put = signature('put(input, index, source, accumulate?)', (input, i, s, accumulate = false) => {
  checkTensor('put', 'input', input);
  const source = checkTensor('put', 'source', s);
  const at = positions('put', i, input.numel());
  if (source.dtype !== input.dtype) {
    throw new DTypeError(
      `put_(): self and source expected to have the same dtype, but got self.dtype = ${input.dtype} and source.dtype = ${source.dtype}`,
    );
  }
  if (source.numel() !== at.numel()) {
    throw new ShapeError(
      `put_(): Expected source and index to have the same number of elements, but got source.numel() = ${source.numel()}, ` +
        `index.numel() = ${at.numel()}`,
    );
  }
  const write = checkBoolean('put', 'accumulate', accumulate) ? scatterAddOp : scatterOp;
  return write(input.reshape(-1), 0, at.reshape(-1), source.reshape(-1)).reshape(input.shape);
});

export const put_: Put = signature('put_(input, index, source, accumulate?)', (input, ...args) =>
  input.copy_(put(input, ...args)),
);

export interface TakeAlongDimOptions {
  readonly indices?: Tensor;
  readonly dim?: number | null;
}

/**
 * Elements picked along `dim`, the other dimensions broadcast; without `dim` as {@link take}.
 * https://pytorch.org/docs/stable/generated/torch.take_along_dim.html
 */
export const take_along_dim: (
  input: Tensor,
  indices: Tensor | TakeAlongDimOptions,
  dim?: number | null | TakeAlongDimOptions,
) => Tensor = signature('take_along_dim(input, indices, dim?)', (input, i, d) => {
  checkTensor('take_along_dim', 'input', input);
  const index = checkTensor('take_along_dim', 'indices', i);
  if (d === undefined || d === null) return gather(input.reshape(-1), 0, index.reshape(-1));
  if (index.dtype !== 'int64') {
    throw new DTypeError(`torch.take_along_dim(): dtype of indices should be Long but got ${index.dtype}`);
  }
  if (input.ndim !== index.ndim) {
    throw new ShapeError(
      `torch.take_along_dim(): input and indices should have the same number of dimensions, but got ${input.ndim} ` +
        `dimensions for input, and ${index.ndim} dimensions for indices`,
    );
  }
  const at = wrapDim('take_along_dim', checkInteger('take_along_dim', 'dim', d), input.ndim);
  if (input.ndim === 0) return gather(input, 0, index);
  const wide = broadcastShapes('take_along_dim', input.shape.with(at, 1), index.shape.with(at, 1));
  const spread = index.expand(wide.with(at, index.shape[at]));
  checkIndex('take_along_dim', spread, at, input.shape[at]);
  return gatherOp(input.expand(wide.with(at, input.shape[at])), at, spread);
});

/** Row-major positions of the elements that are not 0. */
export function nonzeroPositions(x: Tensor): Float64Array {
  const values = x.toArray('nonzero');
  const found: number[] = [];
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) found.push(i);
  return Float64Array.from(found);
}

export interface NonzeroOptions {
  readonly as_tuple?: boolean;
}

export interface NonzeroFunction {
  (input: Tensor, options?: NonzeroOptions & { readonly as_tuple?: false }): Tensor;
  (input: Tensor, options: { readonly as_tuple: true }): Tensor[];
}

/**
 * Where the elements are not 0: `[count, ndim]` int64, or with `as_tuple` one index vector for each dimension, which
 * `x.index(...)` takes. https://pytorch.org/docs/stable/generated/torch.nonzero.html
 */
export const nonzero: NonzeroFunction = signature<(input: Tensor, ...args: unknown[]) => Tensor | Tensor[]>(
  'nonzero(input, *, as_tuple?)',
  (input, tuple = false) => {
    checkTensor('nonzero', 'input', input);
    const separate = checkBoolean('nonzero', 'as_tuple', tuple);
    const at = nonzeroPositions(input);
    const shape = separate && input.ndim === 0 ? [1] : input.shape;
    const strides = contiguousStrides(shape);
    const along = (d: number): Float64Array => at.map((p) => Math.floor(p / strides[d]) % Math.max(shape[d], 1));
    if (separate) return shape.map((_, d) => fromHost(along(d), [at.length], 'int64', input.device));
    const out = new Float64Array(at.length * shape.length);
    for (let d = 0; d < shape.length; d++) {
      along(d).forEach((v, i) => {
        out[i * shape.length + d] = v;
      });
    }
    return fromHost(out, [at.length, shape.length], 'int64', input.device);
  },
) as NonzeroFunction;

/** The elements where the mask is true, in row-major order; both are broadcast. https://pytorch.org/docs/stable/generated/torch.masked_select.html */
export const masked_select: (input: Tensor, mask: Tensor | { readonly mask: Tensor }) => Tensor = signature(
  'masked_select(input, mask)',
  (input, m) => {
    checkTensor('masked_select', 'input', input);
    const given = checkMask('masked_select', m);
    const shape = broadcastShapes('masked_select', input.shape, given.shape);
    const at = nonzeroPositions(given.expand(shape));
    return gatherOp(input.expand(shape).reshape(-1), 0, fromHost(at, [at.length], 'int64', input.device));
  },
);

function checkMask(op: string, mask: unknown): Tensor {
  const m = checkTensor(op, 'mask', mask);
  if (m.dtype !== 'bool' && m.dtype !== 'uint8') {
    throw new DTypeError(`${op}: expected BoolTensor or ByteTensor for mask, got ${m.dtype}`);
  }
  return cast(m, 'bool');
}

export interface MaskedScatterOptions {
  readonly mask?: Tensor;
  readonly source?: Tensor;
}

type MaskedScatter = (
  input: Tensor,
  mask: Tensor | MaskedScatterOptions,
  source?: Tensor | MaskedScatterOptions,
) => Tensor;

/** Elements of `source`, in order, where the mask is true. https://pytorch.org/docs/stable/generated/torch.Tensor.masked_scatter_.html */
export const masked_scatter: MaskedScatter = signature('masked_scatter(input, mask, source)', (input, m, s) => {
  checkTensor('masked_scatter', 'input', input);
  const given = checkMask('masked_scatter', m);
  const source = checkTensor('masked_scatter', 'source', s);
  if (source.dtype !== input.dtype) {
    throw new DTypeError(
      `masked_scatter: expected self and source to have same dtypes but got ${input.dtype} and ${source.dtype}`,
    );
  }
  const shape = broadcastShapes('masked_scatter', input.shape, given.shape);
  const at = nonzeroPositions(given.expand(shape));
  if (source.numel() < at.length) {
    throw new ShapeError(
      `masked_scatter(): Number of elements of source < number of ones in mask (${source.numel()} < ${at.length})`,
    );
  }
  const index = fromHost(at, [at.length], 'int64', input.device);
  const values = source.reshape(-1).narrow(0, 0, at.length);
  return scatterOp(input.expand(shape).reshape(-1), 0, index, values).reshape(shape);
});

export const masked_scatter_: MaskedScatter = signature('masked_scatter_(input, mask, source)', (input, ...args) =>
  input.copy_(masked_scatter(input, ...args)),
);
