/** Where extrema are. */
import type { TypedArray } from '../../dtype.js';
import type { View } from '../backend.js';
import { withBlock } from './block.js';
import { discard, temporary } from './memory.js';
import { reduce } from './reduce.js';
import { typedLoop } from './typed-loop.js';

/** Puts into `found` where each column has its extremum first. */
type Find = (
  array: TypedArray,
  start: number,
  rows: number,
  columns: number,
  extrema: TypedArray,
  first: number,
  found: TypedArray,
  at: number,
) => void;

const PARAMETERS = 'array, start, rows, columns, extrema, first, found, at';
/** Matrices of one column, that is rows: the search ends where it is found. */
const inRow = typedLoop<Find>(
  PARAMETERS,
  `const m = extrema[first];
  let i = 0;
  if (m === m) while (i < rows && array[start + i] !== m) i++;
  else while (i < rows && array[start + i] === array[start + i]) i++;
  found[at] = i;`,
);

/** From the last row up, so that the first stays. */
const inColumns = typedLoop<Find>(
  PARAMETERS,
  `for (let i = rows - 1; i >= 0; i--) {
    for (let j = 0, p = start + i * columns; j < columns; j++, p++) {
      const v = array[p], m = extrema[first + j];
      if (v === m || (v !== v && m !== m)) found[at + j] = i;
    }
  }`,
);

/** Positions of the first extremum along `dim`; a NaN is the extremum. */
export function argReduce(name: 'max' | 'min', x: View, dim: number, out: View): void {
  const extrema = temporary(x.dtype, out.shape);
  const dims = x.shape.length === 0 ? [] : [dim];
  reduce(name, x, dims, extrema);
  withBlock(x, dims, ({ array, offset, outer, reduced, inner }) => {
    const find = (inner === 1 ? inRow : inColumns)(x.dtype);
    const [values, found] = [extrema, out].map(({ storage }) => storage.buffer as TypedArray);
    for (let i = 0; i < outer; i++) {
      find(array, offset + i * reduced * inner, reduced, inner, values, i * inner, found, out.offset + i * inner);
    }
  });
  discard(extrema);
}
