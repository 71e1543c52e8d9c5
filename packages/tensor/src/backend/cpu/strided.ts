/**
 * Copies between memory orders: a view with odd strides is copied into row-major order once, and everything behind it is a
 * loop over contiguous memory. What is 32 bits wide and lies in the kernels' memory is theirs; `ndarray-ops` walks the rest.
 */
import { copyArray, copyStrided, type Strided } from '@torchlet/kernels';
import ndarray from 'ndarray';
import ops from 'ndarray-ops';
import type { TypedArray } from '../../dtype.js';
import { contiguousStrides, isContiguous, numelOf, type Shape } from '../../shape.js';
import type { View } from '../backend.js';
import { arrayOf, collapse, elementwise, startOf } from './elementwise.js';
import { allocate, release } from './memory.js';
import { runPlanes } from './planes.js';
import { runVector } from './vector.js';

/** `out = src`, any strides, the same shape; converts the dtype. */
export function copy(src: View, out: View): void {
  if (src.dtype !== out.dtype) {
    if (numelOf(out.shape) > 0) elementwise('copy', [src], out);
    return;
  }
  if (isContiguous(out.shape, out.strides) && isOneElement(src)) fill(out, arrayOf(src)[startOf(src)]);
  else move(src.shape, placeOf(src), placeOf(out));
}

const placeOf = (x: View): Strided<TypedArray> => ({ array: arrayOf(x), offset: startOf(x), strides: x.strides });

/** Whether a view, which is not empty, shows one element everywhere. */
const isOneElement = ({ shape, strides }: View): boolean =>
  shape.every((size, d) => size === 1 || (size > 1 && strides[d] === 0));

/** `to[i] = from[i]`: all copies between memory orders are made here. */
function move(shape: Shape, from: Strided<TypedArray>, to: Strided<TypedArray>): void {
  const n = numelOf(shape);
  if (n === 0) return;
  if (isContiguous(shape, from.strides) && isContiguous(shape, to.strides)) moveAll(n, from, to);
  else if (!(is32Bits(from) && is32Bits(to) && copyStrided(shape, from, to))) moveStrided(shape, from, to);
}

const is32Bits = (x: Strided<TypedArray>): x is Strided<Float32Array | Int32Array> =>
  x.array instanceof Float32Array || x.array instanceof Int32Array;

/** `n` elements that lie side by side. */
function moveAll(n: number, from: Strided<TypedArray>, to: Strided<TypedArray>): void {
  if (n === 1) to.array[to.offset] = from.array[from.offset];
  else if (is32Bits(from) && is32Bits(to)) copyArray(from.array, from.offset, to.array, to.offset, n);
  else to.array.set(from.array.subarray(from.offset, from.offset + n), to.offset);
}

/** Fewer elements in a row are moved one by one. */
const LEAST_RUN = 32;

/** Outside of the kernels' memory, and where source and result share memory. */
function moveStrided(whole: Shape, from: Strided<TypedArray>, to: Strided<TypedArray>): void {
  const { shape, strides } = collapse(whole, [to.strides, from.strides]);
  const last = shape.length - 1;
  const inRuns = strides[0][last] === 1 && strides[1][last] === 1 && shape[last] >= LEAST_RUN;
  if (!inRuns || from.array.buffer === to.array.buffer) {
    ops.assign(ndarray(to.array, shape, strides[0], to.offset), ndarray(from.array, shape, strides[1], from.offset));
    return;
  }
  const places = [to, from].map(({ offset }, k) => ({ offset, strides: strides[k] }));
  runPlanes([...shape.slice(0, last), 1, 1], places, ([t, f]) => {
    to.array.set(from.array.subarray(f, f + shape[last]), t);
    return true;
  });
}

/** Every element becomes `value`, which the dtype can hold. */
export function fill(out: View, value: number): void {
  const n = numelOf(out.shape);
  if (n === 0) return;
  if (isContiguous(out.shape, out.strides)) {
    if (!runVector('copy', n, [value], out)) arrayOf(out).fill(value, startOf(out), startOf(out) + n);
    return;
  }
  const { shape, strides } = collapse(out.shape, [out.strides]);
  ops.assigns(ndarray(arrayOf(out), shape, strides[0], startOf(out)), value);
}

/** Row-major elements: the array itself with an offset where the view is contiguous, else a packed copy. */
export interface Packed<A extends TypedArray = TypedArray> {
  readonly array: A;
  readonly offset: number;
}

export function pack(x: View): Packed {
  if (isContiguous(x.shape, x.strides)) return { array: arrayOf(x), offset: startOf(x) };
  return { array: packedCopy(x), offset: 0 };
}

/** The view's elements in row-major order, in an array of their own. Whoever drops it may {@link release} it. */
export function packedCopy(x: View): TypedArray {
  const { shape, dtype } = x;
  const array = allocate(numelOf(shape), dtype, false);
  move(shape, placeOf(x), { array, offset: 0, strides: contiguousStrides(shape) });
  return array;
}

/** Calls `run` with the views' elements in row-major order; what had to be copied for it lives as long. */
export function withPacked<R>(views: readonly View[], run: (...packed: Packed[]) => R): R {
  const packed = views.map(pack);
  try {
    return run(...packed);
  } finally {
    packed.forEach(({ array }, i) => {
      if (!isContiguous(views[i].shape, views[i].strides)) release(array);
    });
  }
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
