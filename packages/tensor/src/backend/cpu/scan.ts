/** Running reductions and sorting: along one dimension, every line by itself. Results lie in row-major memory. */
import { castNumber, isFloating, type TypedArray } from '../../dtype.js';
import type { ScanName, View } from '../backend.js';
import { type Block, withBlock } from './block.js';

const arrayOf = (x: View): TypedArray => x.storage.buffer as TypedArray;

/** ln(eᵃ + eᵇ) without overflow. */
function logAdd(a: number, b: number): number {
  const [low, high] = a < b ? [a, b] : [b, a];
  if (high === Infinity || low === -Infinity) return high !== high || low !== low ? Number.NaN : high;
  return high + Math.log1p(Math.exp(low - high));
}

/** The running value and the next element make the next running value. NaN wins; among equals the later one counts. */
const STEP: Readonly<Record<ScanName, (a: number, v: number) => number>> = {
  sum: (a, v) => a + v,
  prod: (a, v) => a * v,
  max: (a, v) => (v >= a || v !== v ? v : a),
  min: (a, v) => (v <= a || v !== v ? v : a),
  logsumexp: logAdd,
};
const START: Readonly<Record<ScanName, number>> = {
  sum: 0,
  prod: 1,
  max: -Infinity,
  min: Infinity,
  logsumexp: -Infinity,
};

export function scan(name: ScanName, x: View, dim: number, out: View, indices: View | null): void {
  withBlock(x, x.shape.length === 0 ? [] : [dim], (block) => scanBlock(name, block, out, indices));
}

function scanBlock(
  name: ScanName,
  { array, offset, outer, reduced, inner }: Block,
  out: View,
  indices: View | null,
): void {
  const step = STEP[name];
  const result = arrayOf(out);
  const places = indices === null ? null : arrayOf(indices);
  const exact = !isFloating(out.dtype);
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      let a = START[name];
      let at = 0;
      for (let r = 0, p = i * reduced * inner + j; r < reduced; r++, p += inner) {
        const v = array[offset + p];
        a = step(a, v);
        if (a === v || v !== v) at = r;
        result[out.offset + p] = exact ? castNumber(a, out.dtype) : a;
        if (places !== null && indices !== null) places[indices.offset + p] = at;
      }
    }
  }
}

export function sort(x: View, dim: number, descending: boolean, out: View, indices: View): void {
  withBlock(x, x.shape.length === 0 ? [] : [dim], (block) => sortBlock(block, descending, out, indices));
}

function sortBlock(
  { array, offset, outer, reduced, inner }: Block,
  descending: boolean,
  out: View,
  indices: View,
): void {
  const result = arrayOf(out);
  const places = arrayOf(indices);
  const line = new Float64Array(reduced);
  // a NaN is greater than everything; equal elements keep their order either way
  const ascend = (a: number, b: number): number => {
    const [u, v] = [line[a], line[b]];
    if (u < v) return -1;
    if (u > v) return 1;
    if (u === v) return 0;
    return u === u ? -1 : v === v ? 1 : 0;
  };
  const sign = descending ? -1 : 1;
  const compare = (a: number, b: number): number => sign * ascend(a, b) || a - b;
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      const start = i * reduced * inner + j;
      for (let r = 0; r < reduced; r++) line[r] = array[offset + start + r * inner];
      const order = orderOf(reduced, compare);
      for (let r = 0; r < reduced; r++) {
        result[out.offset + start + r * inner] = line[order[r]];
        places[indices.offset + start + r * inner] = order[r];
      }
    }
  }
}

function orderOf(n: number, compare: (a: number, b: number) => number): Uint32Array {
  const order = new Uint32Array(n);
  for (let r = 0; r < n; r++) order[r] = r;
  return order.sort(compare);
}
