/** One step of a reduction: the middle dimension of a block, by the fast kernels or in loops. */
import { reduceColumns, type VectorLoop, vectorLoop } from '@torchlet/kernels';
import { castNumber, type DType, isFloating, type TypedArray } from '../../dtype.js';
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

/** The reductions of a block's middle dimension, into `out`. */
type Reduce = (
  array: TypedArray,
  start: number,
  outer: number,
  reduced: number,
  inner: number,
  out: TypedArray,
  to: number,
  cast: typeof castNumber,
) => void;

const PARAMETERS = 'array, start, outer, reduced, inner, out, to, cast';

/** A float stores itself; integers must be checked (int64) or wrapped. */
const stored = (a: string, dtype: DType): string => (isFloating(dtype) ? a : `cast(${a}, '${dtype}')`);

/** Rows: four elements at a time, because one would wait four cycles for each. */
function rowsOf(name: ReduceName): (...dtypes: DType[]) => Reduce {
  const [start, next] = COMBINE[name];
  const turn = ['a', 'b', 'c', 'd'].map((a, i) => `v = array[p + ${i}]; ${a} = ${next(a, 'v')};`).join(' ');
  return typedLoop<Reduce>(
    PARAMETERS,
    (_, result) => `for (let i = 0, p = start; i < outer; i++) {
      let a = ${start}, b = a, c = a, d = a, v = 0;
      const end = p + reduced;
      for (; p + 3 < end; p += 4) { ${turn} }
      for (; p < end; p++) { v = array[p]; a = ${next('a', 'v')}; }
      a = ${next('a', 'b')};
      c = ${next('c', 'd')};
      a = ${next('a', 'c')};
      out[to + i] = ${stored('a', result)};
    }`,
  );
}

/** Columns: row by row, four at a time. */
function columnsOf(name: ReduceName): (...dtypes: DType[]) => Reduce {
  const [start, next] = COMBINE[name];
  const four = ['p', 'p + inner', 'p + 2 * inner', 'p + 3 * inner']
    .map((at) => `v = array[${at}]; a = ${next('a', 'v')};`)
    .join(' ');
  return typedLoop<Reduce>(
    PARAMETERS,
    (_, result) => `const found = new Float64Array(inner);
    for (let i = 0, p = start; i < outer; i++) {
      found.fill(${start});
      let r = 0;
      for (; r + 3 < reduced; r += 4, p += 3 * inner) {
        for (let j = 0; j < inner; j++, p++) { let a = found[j], v = 0; ${four} found[j] = a; }
      }
      for (; r < reduced; r++) {
        for (let j = 0; j < inner; j++, p++) { const a = found[j], v = array[p]; found[j] = ${next('a', 'v')}; }
      }
      for (let j = 0; j < inner; j++) out[to + i * inner + j] = ${stored('found[j]', result)};
    }`,
  );
}

const NAMES = ['sum', 'prod', 'max', 'min'] as const;
const loopsBy = <F>(make: (name: ReduceName) => F): Readonly<Record<ReduceName, F>> =>
  Object.fromEntries(NAMES.map((name) => [name, make(name)])) as Record<ReduceName, F>;
const OF_ROWS = loopsBy(rowsOf);
const OF_COLUMNS = loopsBy(columnsOf);

/** `out[i][j]` = the reduction of `block[i][r][j]`, elements of a dtype, over `r`; `out` is contiguous. */
export function reduceBlock(name: ReduceName, block: Block, dtype: DType, out: View): void {
  if (dtype === 'float32' && out.dtype === 'float32' && reduceFloat32(name, block, out)) return;
  const { array, offset, outer, reduced, inner } = block;
  const loop = (inner === 1 ? OF_ROWS : OF_COLUMNS)[name](dtype, out.dtype);
  loop(array, offset, outer, reduced, inner, arrayOf(out), startOf(out), castNumber);
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
  const [result, to] = [arrayOf(out), startOf(out)];
  for (let i = 0; i < outer; i++) {
    const found = loop(reduced, [array as Float32Array], [offset + i * reduced], []);
    result[to + i] = name === 'min' ? -found : found;
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
  return reduceColumns(name, x, offset, outer, reduced, inner, arrayOf(out) as Float32Array, startOf(out));
}
