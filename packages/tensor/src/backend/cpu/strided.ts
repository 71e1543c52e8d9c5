/**
 * Strided work through `ndarray` views and `ndarray-ops`: a view with odd strides is copied into row-major order once,
 * and everything behind it is a loop over contiguous memory.
 */
import { copyArray } from '@torchlet/kernels';
import ndarray from 'ndarray';
import ops from 'ndarray-ops';
import { allocateArray, type TypedArray } from '../../dtype.js';
import { isContiguous, numelOf } from '../../shape.js';
import type { View } from '../backend.js';
import { collapse, elementwise } from './elementwise.js';
import { copyTransposed } from './transposed.js';
import { runVector, runVectorRows } from './vector.js';

const arrayOf = (x: View): TypedArray => x.storage.buffer as TypedArray;

/** `out = src`, any strides, the same shape; converts the dtype. */
export function copy(src: View, out: View): void {
  const n = numelOf(out.shape);
  if (n === 0) return;
  if (src.dtype !== out.dtype) {
    elementwise('copy', [src], out);
    return;
  }
  const from = arrayOf(src);
  const to = arrayOf(out);
  if (isContiguous(src.shape, src.strides) && isContiguous(out.shape, out.strides)) {
    if (n === 1) to[out.offset] = from[src.offset];
    else if (from instanceof Float32Array && to instanceof Float32Array) copyArray(from, src.offset, to, out.offset, n);
    else to.set(from.subarray(src.offset, src.offset + n), out.offset);
    return;
  }
  const { shape, strides } = collapse(out.shape, [out.strides, src.strides]);
  if (isOneElement(strides[1]) && isContiguous(out.shape, out.strides)) {
    fill(out, from[src.offset]);
    return;
  }
  if (runVectorRows('copy', shape, strides, [src], out) || copyTransposed(shape, strides, src, out)) return;
  ops.assign(ndarray(to, shape, strides[0], out.offset), ndarray(from, shape, strides[1], src.offset));
}

/** Whether a view shows one element everywhere. */
const isOneElement = (strides: readonly number[]): boolean => strides.every((s) => s === 0);

/** Every element becomes `value`, which the dtype can hold. */
export function fill(out: View, value: number): void {
  const n = numelOf(out.shape);
  if (n === 0) return;
  const array = arrayOf(out);
  if (isContiguous(out.shape, out.strides)) {
    if (!runVector('copy', n, [value], out)) array.fill(value, out.offset, out.offset + n);
    return;
  }
  const { shape, strides } = collapse(out.shape, [out.strides]);
  ops.assigns(ndarray(array, shape, strides[0], out.offset), value);
}

/** Row-major elements: the array itself with an offset where the view is contiguous, else a packed copy. */
export interface Packed<A extends TypedArray = TypedArray> {
  readonly array: A;
  readonly offset: number;
}

export function pack(x: View): Packed {
  if (isContiguous(x.shape, x.strides)) return { array: arrayOf(x), offset: x.offset };
  return { array: packedCopy(x), offset: 0 };
}

/** The view's elements in row-major order, in an array of their own. */
export function packedCopy(x: View): TypedArray {
  const n = numelOf(x.shape);
  if (isContiguous(x.shape, x.strides)) return arrayOf(x).slice(x.offset, x.offset + n);
  const array = allocateArray(x.dtype, n);
  if (n === 0) return array;
  const { shape, strides } = collapse(x.shape, [x.strides]);
  ops.assign(ndarray(array, shape), ndarray(arrayOf(x), shape, strides[0], x.offset));
  return array;
}

/** A view with its dimensions in another order. */
export function permuted(x: View, order: readonly number[]): View {
  return {
    storage: x.storage,
    dtype: x.dtype,
    offset: x.offset,
    shape: order.map((d) => x.shape[d]),
    strides: order.map((d) => x.strides[d]),
  };
}
