/** Running reductions and sorting: along one dimension, every line by itself. Results lie in row-major memory. */
import { castNumber, type DType, isFloating, type TypedArray } from '../../dtype.js';
import type { ScanName, View } from '../backend.js';
import { type Block, withBlock } from './block.js';
import { arrayOf, startOf } from './elementwise.js';
import { typedLoop } from './typed-loop.js';

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

/** Running values of `columns` lines that lie beside one another. */
type Scan = (
  array: TypedArray,
  start: number,
  rows: number,
  columns: number,
  out: TypedArray,
  to: number,
  indices: TypedArray | null,
  indicesTo: number,
  cast: typeof castNumber,
  logAdd: (a: number, v: number) => number,
) => void;

/** Fewer lines go one after the other, and so do those of fewer elements, which stay in the cache meanwhile. */
const LEAST_BESIDE = 8;
const LEAST_ELEMENTS = 1 << 15;

function scanOf(name: ScanName): (...dtypes: DType[]) => Scan {
  const [start, next] = STEP[name];
  const elementOf = (result: DType): string => `const v = array[start + p];
    a = ${next};
    out[to + p] = ${isFloating(result) ? 'a' : `cast(a, '${result}')`};
    if (indices !== null) {
      if (a === v || v !== v) at = i;
      indices[indicesTo + p] = at;
    }`;
  return typedLoop<Scan>(
    'array, start, rows, columns, out, to, indices, indicesTo, cast, logAdd',
    (_, result) => `if (columns < ${LEAST_BESIDE} || rows * columns < ${LEAST_ELEMENTS}) {
      for (let j = 0; j < columns; j++) {
        let a = ${start}, at = 0;
        for (let i = 0, p = j; i < rows; i++, p += columns) { ${elementOf(result)} }
      }
      return;
    }
    const running = new Float64Array(columns).fill(${start}), places = new Float64Array(columns);
    for (let i = 0, p = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++, p++) {
        let a = running[j], at = places[j];
        ${elementOf(result)}
        running[j] = a;
        places[j] = at;
      }
    }`,
  );
}

const SCANS = Object.fromEntries((Object.keys(STEP) as ScanName[]).map((name) => [name, scanOf(name)])) as Readonly<
  Record<ScanName, (...dtypes: DType[]) => Scan>
>;

export function scan(name: ScanName, x: View, dim: number, out: View, indices: View | null): void {
  const loop = SCANS[name](x.dtype, out.dtype);
  withBlock(x, x.shape.length === 0 ? [] : [dim], ({ array, offset, outer, reduced, inner }) => {
    const [result, start] = [arrayOf(out), startOf(out)];
    const [at, first] = indices === null ? [null, 0] : [arrayOf(indices), startOf(indices)];
    for (let i = 0; i < outer; i++) {
      const p = i * reduced * inner;
      loop(array, offset + p, reduced, inner, result, start + p, at, first + p, castNumber, logAdd);
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
  const [result, to] = [arrayOf(out), startOf(out)];
  const [places, first] = [arrayOf(indices), startOf(indices)];
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
        result[to + start + r * inner] = line[order[r]];
        places[first + start + r * inner] = order[r];
      }
    }
  }
}

function orderOf(n: number, compare: (a: number, b: number) => number): Uint32Array {
  const order = new Uint32Array(n);
  for (let r = 0; r < n; r++) order[r] = r;
  return order.sort(compare);
}
