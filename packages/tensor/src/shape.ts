/** Pure arithmetic on sizes, strides and dimensions. Nothing here knows tensors. */
import { ShapeError } from './errors.js';

export type Shape = readonly number[];

export function numelOf(shape: Shape): number {
  let n = 1;
  for (let i = 0; i < shape.length; i++) n *= shape[i];
  return n;
}

/** A single element's sizes, and its strides: one list for all. Never written. */
const NO_SIZES: Shape = [];

/** Row-major strides in elements; as in PyTorch a dimension of size 0 counts as 1. */
export function contiguousStrides(shape: Shape): Shape {
  if (shape.length === 0) return NO_SIZES;
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i] > 1 ? shape[i] : 1;
  }
  return strides;
}

/** Whether elements follow each other in row-major order without gaps (dimensions of size 1 may have any stride). */
export function isContiguous(shape: Shape, strides: Shape): boolean {
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const size = shape[i];
    if (size === 0) return true;
    if (size !== 1) {
      if (strides[i] !== step) return false;
      step *= size;
    }
  }
  return true;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** PyTorch's way to print sizes: `[2, 3]`. */
export const showShape = (shape: Shape): string => `[${shape.join(', ')}]`;

/**
 * The common shape of operands, as https://pytorch.org/docs/stable/notes/broadcasting.html
 * @throws ShapeError in PyTorch's words, naming the op.
 */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  const n = Math.max(a.length, b.length);
  const out = new Array<number>(n);
  for (let i = n - 1, ia = a.length - 1, ib = b.length - 1; i >= 0; i--, ia--, ib--) {
    const sa = ia < 0 ? 1 : a[ia];
    const sb = ib < 0 ? 1 : b[ib];
    if (sa !== sb && sa !== 1 && sb !== 1) {
      throw new ShapeError(
        `${op}(): The size of tensor a (${sa}) must match the size of tensor b (${sb}) at non-singleton dimension ${i}` +
          ` (shapes ${showShape(a)} and ${showShape(b)})`,
      );
    }
    out[i] = sa === 1 ? sb : sa;
  }
  return out;
}

/** Strides under which a view of `shape`/`strides` looks like `target`: broadcast dimensions get stride 0. */
export function broadcastStrides(shape: Shape, strides: Shape, target: Shape): number[] {
  const out = new Array<number>(target.length).fill(0);
  const lead = target.length - shape.length;
  for (let i = 0; i < shape.length; i++) out[lead + i] = shape[i] === target[lead + i] ? strides[i] : 0;
  return out;
}

/**
 * A dimension index in `[0, rank)`; a 0-dim tensor takes 0 and −1.
 * @throws ShapeError `Dimension out of range (expected to be in range of [-2, 1], but got 5)`
 */
export function wrapDim(op: string, dim: number, rank: number): number {
  const n = rank === 0 ? 1 : rank;
  if (!Number.isInteger(dim) || dim < -n || dim >= n) {
    throw new ShapeError(
      `${op}(): Dimension out of range (expected to be in range of [${-n}, ${n - 1}], but got ${dim})`,
    );
  }
  return dim < 0 ? dim + n : dim;
}

/** Several dimensions, wrapped; null or an empty list means all. @throws ShapeError for a repeated dimension. */
export function wrapDims(op: string, dims: number | readonly number[] | null | undefined, rank: number): number[] {
  if (dims === null || dims === undefined || (Array.isArray(dims) && dims.length === 0)) {
    const all = new Array<number>(rank);
    for (let i = 0; i < rank; i++) all[i] = i;
    return all;
  }
  // a value that is neither falls to wrapDim's check
  const list = (Array.isArray(dims) ? dims : [dims]).map((d) => wrapDim(op, d, rank));
  for (let i = 0; i < list.length; i++) {
    if (list.indexOf(list[i]) !== i) {
      throw new ShapeError(`${op}(): dim ${list[i]} appears multiple times in the list of dims`);
    }
  }
  return rank === 0 ? [] : list;
}

/** The shape left after reducing `dims` (all sorted, wrapped). */
export function reducedShape(shape: Shape, dims: readonly number[], keepdim: boolean): Shape {
  if (!keepdim && dims.length === shape.length) return NO_SIZES;
  const out: number[] = [];
  for (let i = 0; i < shape.length; i++) {
    if (!dims.includes(i)) out.push(shape[i]);
    else if (keepdim) out.push(1);
  }
  return out;
}

/**
 * Checks user-given sizes. @throws ShapeError for negative or fractional ones.
 */
export function checkSizes(op: string, sizes: readonly number[]): number[] {
  if (!Array.isArray(sizes))
    throw new ShapeError(`${op}(): argument 'size' must be tuple of ints, not ${typeof sizes}`);
  for (const s of sizes) {
    if (typeof s !== 'number' || !Number.isInteger(s)) {
      throw new ShapeError(`${op}(): sizes must be integers, got ${showShape(sizes)}`);
    }
    if (s < 0) {
      throw new ShapeError(`${op}(): Trying to create tensor with negative dimension ${s}: ${showShape(sizes)}`);
    }
  }
  return sizes.slice();
}

/**
 * Resolves one `-1` in a requested view shape.
 * @throws ShapeError `shape '[4, 4]' is invalid for input of size 6`
 */
export function inferSize(op: string, sizes: readonly number[], numel: number): number[] {
  let infer = -1;
  let known = 1;
  for (let i = 0; i < sizes.length; i++) {
    const s = sizes[i];
    if (typeof s !== 'number' || !Number.isInteger(s) || s < -1) {
      throw new ShapeError(`${op}(): invalid shape dimension ${s} in ${showShape(sizes)}`);
    }
    if (s === -1) {
      if (infer >= 0) throw new ShapeError(`${op}(): only one dimension can be inferred, got ${showShape(sizes)}`);
      infer = i;
    } else known *= s;
  }
  const out = sizes.slice();
  if (infer >= 0 && known > 0 && numel % known === 0) {
    out[infer] = numel / known;
    return out;
  }
  if (infer >= 0 && known === 0 && numel === 0) {
    throw new ShapeError(
      `${op}(): cannot reshape tensor of 0 elements into shape ${showShape(sizes)} because the unspecified dimension` +
        ' size -1 can be any value and is ambiguous',
    );
  }
  if (infer >= 0 || known !== numel) {
    throw new ShapeError(`${op}(): shape '${showShape(sizes)}' is invalid for input of size ${numel}`);
  }
  return out;
}

/**
 * Strides that let `shape`/`strides` be seen as `next` without a copy, or null when no strides can.
 * Groups of dimensions that lie behind each other in memory are split or joined, as in PyTorch's `computeStride`.
 */
export function viewStrides(shape: Shape, strides: Shape, next: Shape): Shape | null {
  const numel = numelOf(shape);
  if (numel === 0) return sameShape(shape, next) ? strides : contiguousStrides(next);
  const out = new Array<number>(next.length);
  let viewDim = next.length - 1;
  let chunkBase = shape.length > 0 ? strides[shape.length - 1] : 1;
  let chunkNumel = 1;
  let viewNumel = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    chunkNumel *= shape[d];
    const chunkEnds = d === 0 || (shape[d - 1] !== 1 && strides[d - 1] !== chunkNumel * chunkBase);
    if (!chunkEnds) continue;
    while (viewDim >= 0 && (viewNumel < chunkNumel || next[viewDim] === 1)) {
      out[viewDim] = viewNumel * chunkBase;
      viewNumel *= next[viewDim];
      viewDim--;
    }
    if (viewNumel !== chunkNumel) return null;
    if (d > 0) {
      chunkBase = strides[d - 1];
      chunkNumel = 1;
      viewNumel = 1;
    }
  }
  while (viewDim >= 0) out[viewDim--] = 1;
  return out;
}

/** One element past the last that a view can touch, counted from the storage's start; 0 for an empty view. */
export function storageEnd(shape: Shape, strides: Shape, offset: number): number {
  let last = offset;
  for (let i = 0; i < shape.length; i++) {
    if (shape[i] === 0) return 0;
    last += (shape[i] - 1) * strides[i];
  }
  return last + 1;
}
