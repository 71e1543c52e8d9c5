/** Distinct elements, counts, and places in sorted sequences: results whose size the elements decide. Not differentiable. */
import { checkBoolean, checkInteger } from '../arguments.js';
import { allocateArray, type DType, isFloating, type TypedArray } from '../dtype.js';
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { contiguousStrides, numelOf, sameShape, showShape, wrapDim } from '../shape.js';
import { signature } from '../signature.js';
import { Tensor } from '../tensor.js';
import { checkTensor, fromHost, type Operand } from './kernel.js';

export interface UniqueOptions {
  /** Accepted: the result is always sorted. */
  readonly sorted?: boolean;
  readonly return_inverse?: boolean;
  readonly return_counts?: boolean;
  readonly dim?: number | null;
}

/** A tensor, or with an option that asks for more a list: `[output, inverse?, counts?]`. */
export interface UniqueFunction {
  (input: Tensor): Tensor;
  (
    input: Tensor,
    options: UniqueOptions & ({ readonly return_inverse: true } | { readonly return_counts: true }),
  ): Tensor[];
  (
    input: Tensor,
    sorted?: boolean | UniqueOptions,
    return_inverse?: boolean | UniqueOptions,
    return_counts?: boolean | UniqueOptions,
    dim?: number | null | UniqueOptions,
  ): Tensor | Tensor[];
}

/** Rows, which are told apart by all their elements in order. */
interface Rows {
  readonly data: TypedArray;
  readonly count: number;
  readonly width: number;
}

function compareRows({ data, width }: Rows, a: number, b: number): number {
  for (let j = 0; j < width; j++) {
    const [u, v] = [data[a * width + j], data[b * width + j]];
    if (u === v) continue;
    // a NaN is the greatest and equals nothing
    if (u < v || (u === u && v !== v)) return -1;
    return 1;
  }
  return 0;
}

const equalRows = (rows: Rows, a: number, b: number): boolean => {
  for (let j = 0; j < rows.width; j++) {
    if (rows.data[a * rows.width + j] !== rows.data[b * rows.width + j]) return false;
  }
  return true;
};

interface Groups {
  /** A row of each group. */
  readonly first: number[];
  readonly inverse: Float64Array;
  readonly counts: number[];
}

/** Neighbours that are equal, in the given order. */
function group(rows: Rows, order: readonly number[]): Groups {
  const first: number[] = [];
  const counts: number[] = [];
  const inverse = new Float64Array(rows.count);
  order.forEach((row, i) => {
    if (i === 0 || !equalRows(rows, order[i - 1], row)) {
      first.push(row);
      counts.push(0);
    }
    inverse[row] = first.length - 1;
    counts[counts.length - 1]++;
  });
  return { first, inverse, counts };
}

function distinct(
  op: 'unique' | 'unique_consecutive',
  input: Tensor,
  dim: number | null,
  more: [boolean, boolean],
): Tensor | Tensor[] {
  const x = input.detach();
  const lead = dim === null ? x.reshape(-1) : x.transpose(0, dim).contiguous();
  const count = lead.shape[0];
  const rest = lead.shape.slice(1);
  if (dim !== null && numelOf(rest) === 0 && count > 0) {
    throw new ShapeError(
      `${op}(): There are 0 sized dimensions, and they aren't selected, so unique cannot be applied`,
    );
  }
  const rows: Rows = { data: lead.contiguous().toArray(op), count, width: numelOf(rest) };
  const order = Array.from({ length: count }, (_, i) => i);
  if (op === 'unique') order.sort((a, b) => compareRows(rows, a, b) || a - b);
  const { first, inverse, counts } = group(rows, order);
  const picked = lead.index_select(0, integers(first, [first.length], x));
  const output = dim === null ? picked : picked.transpose(0, dim).contiguous();
  if (!more[0] && !more[1]) return output;
  const results = [output];
  if (more[0]) results.push(integers(inverse, dim === null ? x.shape : [count], x));
  if (more[1]) results.push(integers(counts, [counts.length], x));
  return results;
}

const integers = (values: ArrayLike<number>, shape: readonly number[], like: Tensor): Tensor =>
  fromHost(Float64Array.from(values), shape, 'int64', like.device);

type Distinct = (input: Tensor, ...args: unknown[]) => Tensor | Tensor[];

/** The distinct elements, or slices of `dim`, in ascending order. https://pytorch.org/docs/stable/generated/torch.unique.html */
export const unique: UniqueFunction = signature<Distinct>(
  'unique(input, sorted?, return_inverse?, return_counts?, dim?)',
  (input, inOrder, inverse, counts, dim) => {
    checkTensor('unique', 'input', input);
    checkBoolean('unique', 'sorted', inOrder ?? true);
    const d =
      dim === undefined || dim === null ? null : wrapDim('unique', checkInteger('unique', 'dim', dim), input.ndim);
    return distinct('unique', input, d, [
      checkBoolean('unique', 'return_inverse', inverse ?? false),
      checkBoolean('unique', 'return_counts', counts ?? false),
    ]);
  },
) as UniqueFunction;

/** `unique` without sorting: only neighbours are compared. https://pytorch.org/docs/stable/generated/torch.unique_consecutive.html */
export const unique_consecutive: UniqueFunction = signature<Distinct>(
  'unique_consecutive(input, return_inverse?, return_counts?, dim?)',
  (input, inverse, counts, dim) => {
    const op = 'unique_consecutive';
    checkTensor(op, 'input', input);
    const d = dim === undefined || dim === null ? null : wrapDim(op, checkInteger(op, 'dim', dim), input.ndim);
    return distinct(op, input, d, [
      checkBoolean(op, 'return_inverse', inverse ?? false),
      checkBoolean(op, 'return_counts', counts ?? false),
    ]);
  },
) as UniqueFunction;

export interface BincountOptions {
  readonly weights?: Tensor | null;
  readonly minlength?: number;
}

/** How often each number occurs, or the sums of its weights. https://pytorch.org/docs/stable/generated/torch.bincount.html */
export const bincount: (
  input: Tensor,
  weights?: Tensor | null | BincountOptions,
  minlength?: number | BincountOptions,
) => Tensor = signature('bincount(input, weights?, minlength?)', (input, w, least) => {
  checkTensor('bincount', 'input', input);
  if (isFloating(input.dtype) || input.dtype === 'bool') {
    throw new DTypeError(`bincount(): "bincount_cpu" not implemented for '${input.dtype}'`);
  }
  const size = checkInteger('bincount', 'minlength', least ?? 0);
  if (size < 0) throw new ValueError(`bincount(): minlength should be >= 0, got ${size}`);
  const data = input.toArray('bincount');
  if (input.ndim !== 1 || data.some((v) => v < 0)) {
    throw new ShapeError('bincount only supports 1-d non-negative integral inputs.');
  }
  // without elements, the weights' dtype does not count either
  if (w === undefined || w === null || data.length === 0) return counted(input, data, null, 'int64', size);
  const weight = checkTensor('bincount', 'weights', w);
  if (!sameShape(weight.shape, input.shape)) {
    throw new ShapeError(
      `bincount(): weights should be 1-d and have the same length as input, got ${showShape(weight.shape)} and ${showShape(input.shape)}`,
    );
  }
  return counted(input, data, weight.toArray('bincount'), weight.dtype === 'float32' ? 'float32' : 'float64', size);
});

function counted(like: Tensor, data: TypedArray, weights: TypedArray | null, dtype: DType, least: number): Tensor {
  let size = least;
  for (const v of data) if (v >= size) size = v + 1;
  const sums = new Float64Array(size);
  data.forEach((v, i) => {
    sums[v] += weights === null ? 1 : weights[i];
  });
  const out = allocateArray(dtype, size);
  out.set(sums);
  return fromHost(out, [size], dtype, like.device);
}

export interface SearchOptions {
  readonly out_int32?: boolean;
  /** Behind equal elements instead of before them. */
  readonly right?: boolean;
  readonly side?: 'left' | 'right' | null;
}

/** The number of elements of a sorted row that lie before `value`. */
function position(row: TypedArray, start: number, n: number, value: number, right: boolean): number {
  let [low, high] = [0, n];
  while (low < high) {
    const mid = (low + high) >> 1;
    const v = row[start + mid];
    if (right ? !(v > value) : !(v >= value)) low = mid + 1;
    else high = mid;
  }
  return low;
}

function search(
  op: 'searchsorted' | 'bucketize',
  sequence: Tensor,
  values: Operand,
  int32: unknown,
  right: unknown,
  side: unknown,
): Tensor {
  checkTensor(op, op === 'bucketize' ? 'boundaries' : 'sorted_sequence', sequence);
  if (side !== undefined && side !== null && side !== 'left' && side !== 'right') {
    throw new ValueError(`${op}(): side can only be 'left' or 'right' but got ${String(side)}`);
  }
  const after = checkBoolean(op, 'right', right ?? false);
  if (side === 'left' && after) throw new ValueError(`${op}(): side and right can't be set to opposites`);
  const shape = values instanceof Tensor ? values.shape : [];
  const n = sequence.shape[sequence.ndim - 1];
  if (sequence.ndim !== 1 && !sameShape(sequence.shape.slice(0, -1), shape.slice(0, -1))) {
    throw new ShapeError(
      `${op}(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor and input value ` +
        `tensor must match, got boundaries tensor ${showShape(sequence.shape)} and input value tensor ${showShape(shape)}`,
    );
  }
  const row = sequence.toArray(op);
  const data = values instanceof Tensor ? values.toArray(op) : [Number(values)];
  const width = sequence.ndim === 1 ? 0 : contiguousStrides(shape)[shape.length - 2];
  const out = allocateArray(checkBoolean(op, 'out_int32', int32 ?? false) ? 'int32' : 'int64', data.length);
  for (let i = 0; i < data.length; i++) {
    out[i] = position(row, width === 0 ? 0 : Math.floor(i / width) * n, n, data[i], after || side === 'right');
  }
  return fromHost(out, shape, int32 === true ? 'int32' : 'int64', sequence.device);
}

/** Where values would have to stand in a sorted sequence. https://pytorch.org/docs/stable/generated/torch.searchsorted.html */
export const searchsorted: (sorted_sequence: Tensor, input: Operand, options?: SearchOptions) => Tensor = signature(
  'searchsorted(sorted_sequence, input|self, *, out_int32?, right?, side?)',
  (sorted_sequence, input, int32, right?: unknown, side?: unknown) =>
    search('searchsorted', sorted_sequence, input, int32, right, side),
);

/** The bucket between `boundaries` in which each value lies. https://pytorch.org/docs/stable/generated/torch.bucketize.html */
export const bucketize: (input: Operand, boundaries: Tensor, options?: Omit<SearchOptions, 'side'>) => Tensor =
  signature('bucketize(input, boundaries, *, out_int32?, right?)', (input, boundaries, int32, right?: unknown) =>
    search('bucketize', boundaries, input, int32, right, undefined),
  );
