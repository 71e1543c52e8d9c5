/** One step of a reduction: the middle dimension of a block, by the fast kernels or in loops. */
import { reduceColumns, type VectorLoop, vectorLoop } from '@torchlet/kernels';
import { castNumber, type DType, type TypedArray } from '../../dtype.js';
import type { ReduceName, View } from '../backend.js';
import type { RowsKernel } from '../rows-kernel.js';
import type { Block } from './block.js';
import { arrayOf, startOf } from './elementwise.js';
import { reduceRows } from './rows.js';
import { typedLoop } from './typed-loop.js';

/** What is found of nothing, and how an element `v` joins what was found. A NaN stays: `v > NaN` is false, and `v !== v` lets a NaN in. */
const COMBINE: Readonly<Record<ReduceName, readonly [start: string, next: (a: string, v: string) => string]>> = {
  sum: ['0', (a, v) => `${a} + ${v}`],
  prod: ['1', (a, v) => `${a} * ${v}`],
  max: ['-Infinity', (a, v) => `${v} > ${a} || ${v} !== ${v} ? ${v} : ${a}`],
  min: ['Infinity', (a, v) => `${v} < ${a} || ${v} !== ${v} ? ${v} : ${a}`],
};

/** The reduction of `n` elements that lie side by side. */
type Run = (array: TypedArray, start: number, n: number) => number;
/** The reductions of columns, into `found`. */
type Columns = (array: TypedArray, start: number, rows: number, columns: number, found: Float64Array) => void;

/** Four of them run at a time, because one would wait four cycles for each element. */
function runOf(name: ReduceName): (dtype: DType) => Run {
  const [start, next] = COMBINE[name];
  const turn = ['a', 'b', 'c', 'd'].map((a, i) => `v = array[p + ${i}]; ${a} = ${next(a, 'v')};`).join(' ');
  return typedLoop<Run>(
    'array, start, n',
    `let a = ${start}, b = a, c = a, d = a, v = 0, p = start;
    const end = start + n;
    for (; p + 3 < end; p += 4) { ${turn} }
    for (; p < end; p++) { v = array[p]; a = ${next('a', 'v')}; }
    a = ${next('a', 'b')};
    c = ${next('c', 'd')};
    return ${next('a', 'c')};`,
  );
}

function columnsOf(name: ReduceName): (dtype: DType) => Columns {
  const [start, next] = COMBINE[name];
  const four = ['p', 'p + columns', 'p + 2 * columns', 'p + 3 * columns']
    .map((at) => `v = array[${at}]; a = ${next('a', 'v')};`)
    .join(' ');
  return typedLoop<Columns>(
    'array, start, rows, columns, found',
    `found.fill(${start});
    let p = start, i = 0;
    for (; i + 3 < rows; i += 4, p += 3 * columns) {
      for (let j = 0; j < columns; j++, p++) { let a = found[j], v = 0; ${four} found[j] = a; }
    }
    for (; i < rows; i++) {
      for (let j = 0; j < columns; j++, p++) { const a = found[j], v = array[p]; found[j] = ${next('a', 'v')}; }
    }`,
  );
}

const NAMES = ['sum', 'prod', 'max', 'min'] as const;
const loopsBy = <F>(make: (name: ReduceName) => F): Readonly<Record<ReduceName, F>> =>
  Object.fromEntries(NAMES.map((name) => [name, make(name)])) as Record<ReduceName, F>;
const RUNS = loopsBy(runOf);
const COLUMNS = loopsBy(columnsOf);

/** `out[i][j]` = the reduction of `block[i][r][j]`, elements of a dtype, over `r`; `out` is contiguous. */
export function reduceBlock(name: ReduceName, block: Block, dtype: DType, out: View): void {
  if (dtype === 'float32' && out.dtype === 'float32' && reduceFloat32(name, block, out)) return;
  const result = arrayOf(out);
  const start = startOf(out);
  const store = (i: number, v: number): void => {
    // a float stores itself; integers must be checked (int64) or wrapped
    result[start + i] = out.dtype === 'float32' || out.dtype === 'float64' ? v : castNumber(v, out.dtype);
  };
  const { array, offset, outer, reduced, inner } = block;
  if (inner === 1) {
    const run = RUNS[name](dtype);
    for (let i = 0; i < outer; i++) store(i, run(array, offset + i * reduced, reduced));
    return;
  }
  const columns = COLUMNS[name](dtype);
  const found = new Float64Array(inner);
  for (let i = 0; i < outer; i++) {
    columns(array, offset + i * reduced * inner, reduced, inner, found);
    for (let j = 0; j < inner; j++) store(i * inner + j, found[j]);
  }
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
