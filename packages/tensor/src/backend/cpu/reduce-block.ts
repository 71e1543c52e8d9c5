/** One step of a reduction: the middle dimension of a block, by the fast kernels or in loops. */
import { reduceColumns, type VectorLoop, vectorLoop } from '@torchlet/kernels';
import { castNumber, type TypedArray } from '../../dtype.js';
import type { ReduceName, View } from '../backend.js';
import type { RowsKernel } from '../rows-kernel.js';
import type { Block } from './block.js';
import { arrayOf, startOf } from './elementwise.js';
import { reduceRows } from './rows.js';

type Combine = (a: number, v: number) => number;

/** A NaN stays: `v > NaN` is false, and `v !== v` lets a NaN in. */
const COMBINE: Readonly<Record<Exclude<ReduceName, 'sum'>, Combine>> = {
  prod: (a, v) => a * v,
  max: (a, v) => (v > a || v !== v ? v : a),
  min: (a, v) => (v < a || v !== v ? v : a),
};

/** `out[i][j]` = the reduction of `block[i][r][j]` over `r`; `out` is contiguous. */
export function reduceBlock(name: ReduceName, block: Block, out: View): void {
  if (block.array instanceof Float32Array && out.dtype === 'float32' && reduceFloat32(name, block, out)) return;
  const result = arrayOf(out);
  const start = startOf(out);
  const store = (i: number, v: number): void => {
    // a float stores itself; integers must be checked (int64) or wrapped
    result[start + i] = out.dtype === 'float32' || out.dtype === 'float64' ? v : castNumber(v, out.dtype);
  };
  if (name === 'sum') sum(block, store);
  else fold(block, name, store);
}

/** Fewer elements are not worth the call. */
const LEAST_VECTOR = 256;

const reductionOf = (name: string, reduce: 'sum' | 'max', of: string, after: string): RowsKernel => ({
  name,
  reads: ['x'],
  writes: [],
  rowReads: [],
  rowWrites: ['result'],
  values: [],
  passes: [{ body: '', results: { found: { reduce, of } }, after }],
});
const ROWS: Readonly<Record<Exclude<ReduceName, 'prod'>, RowsKernel>> = {
  sum: reductionOf('sum', 'sum', 'x', 'result = found;'),
  max: reductionOf('max', 'max', 'x', 'result = found;'),
  min: reductionOf('min', 'max', '-x', 'result = -found;'),
};

/** Elements of a row that is long enough to be cut into pieces, which threads share. */
const LONG_ROW = 1 << 16;

const wholes = new Map<ReduceName, VectorLoop | null>();

/** The reduction of one long row, in pieces of a fixed length; null where there is no vector form. */
function wholeFor(name: Exclude<ReduceName, 'prod'>): VectorLoop | null {
  let loop = wholes.get(name);
  if (loop === undefined) {
    const [{ results }] = ROWS[name].passes;
    loop = vectorLoop({
      arrays: [{ name: 'x', read: true, write: false }],
      scalars: [],
      constants: {},
      body: '',
      result: results?.found,
    });
    wholes.set(name, loop);
  }
  return loop;
}

function reduceLong(name: Exclude<ReduceName, 'prod'>, { array, offset, outer, reduced }: Block, out: View): boolean {
  const loop = wholeFor(name);
  if (loop === null) return false;
  const result = out.storage.buffer as Float32Array;
  for (let i = 0; i < outer; i++) {
    const found = loop(reduced, [array as Float32Array], [offset + i * reduced], []);
    result[out.offset + i] = name === 'min' ? -found : found;
  }
  return true;
}

/** Rows or columns through the fast kernels; false where they do not apply. */
function reduceFloat32(name: ReduceName, block: Block, out: View): boolean {
  const { array, offset, outer, reduced, inner } = block;
  // of nothing there is a sum, which the loops know
  if (outer * reduced * inner < LEAST_VECTOR || name === 'prod') return false;
  const x = array as Float32Array;
  if (inner === 1 && reduced >= LONG_ROW && reduceLong(name, block, out)) return true;
  if (inner === 1) return reduceRows(ROWS[name], outer, reduced, { array: x, offset }, out);
  return reduceColumns(name, x, offset, outer, reduced, inner, out.storage.buffer as Float32Array, out.offset);
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
