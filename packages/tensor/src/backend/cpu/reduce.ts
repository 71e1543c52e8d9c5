/**
 * Reductions. Whatever the strides, the operand becomes `[outer, reduced, inner]` in row-major order first; sums are
 * accumulated in float64, so float32 results are at least as accurate as PyTorch's pairwise ones.
 */
import { castNumber, type TypedArray } from '../../dtype.js';
import { isContiguous, numelOf } from '../../shape.js';
import type { ReduceName, View } from '../backend.js';
import { pack, packedCopy, permuted } from './strided.js';

interface Block {
  readonly array: TypedArray;
  readonly offset: number;
  readonly outer: number;
  readonly reduced: number;
  readonly inner: number;
}

/** The operand as `[outer, reduced, inner]`: without a copy where it is contiguous and `dims` are neighbours. */
export function toBlock(x: View, dims: readonly number[]): Block {
  const shape = x.shape;
  const size = (from: number, to: number): number => numelOf(shape.slice(from, to));
  const neighbours = dims.length === 0 || dims[dims.length - 1] - dims[0] === dims.length - 1;
  if (neighbours) {
    const first = dims.length === 0 ? shape.length : dims[0];
    const end = first + dims.length;
    const { array, offset } = pack(x);
    return { array, offset, outer: size(0, first), reduced: size(first, end), inner: size(end, shape.length) };
  }
  const kept = shape.map((_, i) => i).filter((i) => !dims.includes(i));
  const array = packedCopy(permuted(x, [...kept, ...dims]));
  const reduced = numelOf(dims.map((d) => shape[d]));
  return { array, offset: 0, outer: numelOf(kept.map((d) => shape[d])), reduced, inner: 1 };
}

type Combine = (a: number, v: number) => number;

/** A NaN stays: `v > NaN` is false, and `v !== v` lets a NaN in. */
const COMBINE: Readonly<Record<Exclude<ReduceName, 'sum'>, Combine>> = {
  prod: (a, v) => a * v,
  max: (a, v) => (v > a || v !== v ? v : a),
  min: (a, v) => (v < a || v !== v ? v : a),
};

export function reduce(name: ReduceName, x: View, dims: readonly number[], out: View): void {
  const block = toBlock(x, dims);
  const result = out.storage.buffer as TypedArray;
  const store = (i: number, v: number): void => {
    // a float stores itself; integers must be checked (int64) or wrapped
    result[out.offset + i] = out.dtype === 'float32' || out.dtype === 'float64' ? v : castNumber(v, out.dtype);
  };
  if (name === 'sum') sum(block, store);
  else fold(block, name, store);
}

function sum({ array, offset, outer, reduced, inner }: Block, store: (i: number, v: number) => void): void {
  if (inner === 1) {
    for (let i = 0; i < outer; i++) store(i, sumRun(array, offset + i * reduced, reduced));
    return;
  }
  const acc = new Float64Array(inner);
  for (let i = 0, p = offset; i < outer; i++) {
    acc.fill(0);
    for (let r = 0; r < reduced; r++) for (let j = 0; j < inner; j++) acc[j] += array[p++];
    for (let j = 0; j < inner; j++) store(i * inner + j, acc[j]);
  }
}

/** Four running sums, because one would wait four cycles for each addition. */
function sumRun(array: TypedArray, start: number, n: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const end = start + n;
  let p = start;
  for (; p + 3 < end; p += 4) {
    a += array[p];
    b += array[p + 1];
    c += array[p + 2];
    d += array[p + 3];
  }
  for (; p < end; p++) a += array[p];
  return a + b + (c + d);
}

function fold(
  { array, offset, outer, reduced, inner }: Block,
  name: Exclude<ReduceName, 'sum'>,
  store: (i: number, v: number) => void,
): void {
  const combine = COMBINE[name];
  const start = name === 'prod' ? 1 : name === 'max' ? -Infinity : Infinity;
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      let a = start;
      for (let r = 0, p = offset + i * reduced * inner + j; r < reduced; r++, p += inner) a = combine(a, array[p]);
      store(i * inner + j, a);
    }
  }
}

/** Positions of the first extremum along `dim`; a NaN is the extremum. */
export function argReduce(name: 'max' | 'min', x: View, dim: number, out: View): void {
  const { array, offset, outer, reduced, inner } = toBlock(x, [dim]);
  const result = out.storage.buffer as TypedArray;
  const sign = name === 'max' ? 1 : -1;
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      let p = offset + i * reduced * inner + j;
      let best = sign * array[p];
      let at = 0;
      for (let r = 1; r < reduced && best === best; r++) {
        p += inner;
        const v = sign * array[p];
        if (v > best || v !== v) {
          best = v;
          at = r;
        }
      }
      result[out.offset + i * inner + j] = at;
    }
  }
}

/** (log-)softmax along `dim`; `out` is contiguous. */
export function softmax(x: View, dim: number, log: boolean, out: View): void {
  const { array, offset, outer, reduced, inner } = toBlock(x, x.shape.length === 0 ? [] : [dim]);
  if (!isContiguous(out.shape, out.strides)) throw new Error('softmax writes into contiguous memory only');
  const result = out.storage.buffer as TypedArray;
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      const start = i * reduced * inner + j;
      const end = start + reduced * inner;
      let max = -Infinity;
      for (let p = start; p < end; p += inner) if (array[offset + p] > max) max = array[offset + p];
      if (log) writeLogSoftmax(array, offset, result, out.offset, start, end, inner, max);
      else writeSoftmax(array, offset, result, out.offset, start, end, inner, max);
    }
  }
}

function writeLogSoftmax(
  x: TypedArray,
  xo: number,
  out: TypedArray,
  oo: number,
  start: number,
  end: number,
  step: number,
  max: number,
): void {
  let total = 0;
  for (let p = start; p < end; p += step) total += Math.exp(x[xo + p] - max);
  const shift = max + Math.log(total);
  for (let p = start; p < end; p += step) out[oo + p] = x[xo + p] - shift;
}

function writeSoftmax(
  x: TypedArray,
  xo: number,
  out: TypedArray,
  oo: number,
  start: number,
  end: number,
  step: number,
  max: number,
): void {
  let total = 0;
  // exp is kept in float64 by computing it again rather than through a float32 element
  for (let p = start; p < end; p += step) total += Math.exp(x[xo + p] - max);
  for (let p = start; p < end; p += step) out[oo + p] = Math.exp(x[xo + p] - max) / total;
}
