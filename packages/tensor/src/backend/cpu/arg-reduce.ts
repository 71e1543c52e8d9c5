/** Where extrema are. */
import type { DType, TypedArray } from '../../dtype.js';
import type { View } from '../backend.js';
import { withBlock } from './block.js';
import { arrayOf, startOf } from './elementwise.js';
import { discard, temporary } from './memory.js';
import { reduceBlock } from './reduce-block.js';
import { typedLoop } from './typed-loop.js';

/** Puts into `found` where each row has its extremum, which is known, first. */
type Find = (
  array: TypedArray,
  start: number,
  rows: number,
  columns: number,
  extrema: TypedArray,
  found: TypedArray,
  at: number,
) => void;

const findInRows = typedLoop<Find>(
  'array, start, rows, columns, extrema, found, at',
  `for (let i = 0, p = start; i < rows; i++, p += columns) {
    const m = extrema[i];
    let j = 0;
    if (m === m) while (j < columns && array[p + j] !== m) j++;
    else while (j < columns && array[p + j] === array[p + j]) j++;
    found[at + i] = j;
  }`,
);

/** Finds the extrema and their places at once. A NaN is the extremum. */
type Search = (
  array: TypedArray,
  start: number,
  outer: number,
  reduced: number,
  inner: number,
  found: TypedArray,
  at: number,
) => void;

const searchFor = (beyond: '>' | '<'): ((dtype: DType) => Search) =>
  typedLoop<Search>(
    'array, start, outer, reduced, inner, found, at',
    `for (let i = 0; i < outer; i++) {
      for (let j = 0; j < inner; j++) {
        let p = start + i * reduced * inner + j, m = array[p], place = 0;
        for (let r = 1; r < reduced && m === m; r++) {
          p += inner;
          const v = array[p];
          if (v ${beyond} m || v !== v) { m = v; place = r; }
        }
        found[at + i * inner + j] = place;
      }
    }`,
  );
const SEARCH = { max: searchFor('>'), min: searchFor('<') } as const;

/** Of rows with so many elements in all the extrema are found beforehand, several at a time. */
const LEAST_BEFORE = 2048;

/** Positions of the first extremum along `dim`; a NaN is the extremum. */
export function argReduce(name: 'max' | 'min', x: View, dim: number, out: View): void {
  const dims = x.shape.length === 0 ? [] : [dim];
  withBlock(x, dims, (block) => {
    const { array, offset, outer, reduced, inner } = block;
    const [found, at] = [arrayOf(out), startOf(out)];
    if (inner > 1 || outer * reduced < LEAST_BEFORE) {
      SEARCH[name](x.dtype)(array, offset, outer, reduced, inner, found, at);
      return;
    }
    const extrema = temporary(x.dtype, out.shape);
    reduceBlock(name, block, x.dtype, extrema);
    findInRows(x.dtype)(array, offset, outer, reduced, arrayOf(extrema), found, at);
    discard(extrema);
  });
}
