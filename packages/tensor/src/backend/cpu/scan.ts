/** Running reductions and sorting: along one dimension, every line by itself. Results lie in row-major memory. */
import { castNumber, type DType, isFloating, type TypedArray } from '../../dtype.js';
import type { ScanName, View } from '../backend.js';
import { type Block, withBlock } from './block.js';
import { typedLoop } from './typed-loop.js';

const arrayOf = (x: View): TypedArray => x.storage.buffer as TypedArray;

/** ln(eᵃ + eᵇ) without overflow. */
function logAdd(a: number, b: number): number {
  const [low, high] = a < b ? [a, b] : [b, a];
  if (high === Infinity || low === -Infinity) return high !== high || low !== low ? Number.NaN : high;
  return high + Math.log1p(Math.exp(low - high));
}

/** Where it starts, and what the running value and the next element make. NaN wins; among equals the later one counts. */
const STEP: Readonly<Record<ScanName, readonly [start: string, next: string]>> = {
  sum: ['0', 'a + v'],
  prod: ['1', 'a * v'],
  max: ['-Infinity', 'v >= a || v !== v ? v : a'],
  min: ['Infinity', 'v <= a || v !== v ? v : a'],
  logsumexp: ['-Infinity', 'logAdd(a, v)'],
};

/** Running values of `columns` lines that lie beside one another; `running` and `places` have one number for each of them. */
type Scan = (
  array: TypedArray,
  start: number,
  rows: number,
  columns: number,
  running: Float64Array,
  places: Float64Array,
  out: TypedArray,
  to: number,
  indices: TypedArray | null,
  indicesTo: number,
  stored: (a: number) => number,
  logAdd: (a: number, v: number) => number,
) => void;

/** Fewer lines go one after the other. */
const LEAST_BESIDE = 8;

function scanOf(name: ScanName, isFloat: boolean): (dtype: DType) => Scan {
  const [start, next] = STEP[name];
  const element = `const v = array[start + p];
    a = ${next};
    out[to + p] = ${isFloat ? 'a' : 'stored(a)'};
    if (indices !== null) {
      if (a === v || v !== v) at = i;
      indices[indicesTo + p] = at;
    }`;
  return typedLoop<Scan>(
    'array, start, rows, columns, running, places, out, to, indices, indicesTo, stored, logAdd',
    `if (columns < ${LEAST_BESIDE}) {
      for (let j = 0; j < columns; j++) {
        let a = ${start}, at = 0;
        for (let i = 0, p = j; i < rows; i++, p += columns) { ${element} }
      }
      return;
    }
    running.fill(${start});
    places.fill(0);
    for (let i = 0, p = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++, p++) {
        let a = running[j], at = places[j];
        ${element}
        running[j] = a;
        places[j] = at;
      }
    }`,
  );
}

const scans = new Map<string, (dtype: DType) => Scan>();

export function scan(name: ScanName, x: View, dim: number, out: View, indices: View | null): void {
  const isFloat = isFloating(out.dtype);
  const key = `${name} ${isFloat}`;
  let loops = scans.get(key);
  if (loops === undefined) scans.set(key, (loops = scanOf(name, isFloat)));
  const loop = loops(x.dtype);
  const stored = (a: number): number => castNumber(a, out.dtype);
  withBlock(x, x.shape.length === 0 ? [] : [dim], ({ array, offset, outer, reduced, inner }) => {
    const [running, places] = [new Float64Array(inner), new Float64Array(inner)];
    const [result, at] = [arrayOf(out), indices && arrayOf(indices)];
    for (let i = 0; i < outer; i++) {
      const p = i * reduced * inner;
      const to = [out.offset + p, (indices?.offset ?? 0) + p];
      loop(array, offset + p, reduced, inner, running, places, result, to[0], at, to[1], stored, logAdd);
    }
  });
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
