/** Where a kernel that walks over a shape finds the elements of operands with strides. */
import { contiguousStrides } from '../../../shape.js';
import { collapse } from '../../cpu/elementwise.js';
import type { Lanes } from '../driver.js';
import { integer, integerOf, unravel, weighted } from './indexing.js';
import { written } from './sizes.js';

/** An operand: its strides over the shape that is walked, 0 where it stays, and its first element. */
export interface Place {
  readonly strides: readonly number[];
  readonly offset: number;
}

export interface Walk {
  /** Source that declares what `at` needs. */
  readonly code: string;
  /** For each operand, the expression of its element's position; of a later lane's when it is given. */
  at(operand: number, lane?: number): string;
  /** Outputs of a thread. */
  readonly lanes: Lanes;
  /** Names and values of the offsets, which are scalars, so that every slice of a tensor runs the same kernel. */
  readonly scalars: readonly string[];
  readonly values: readonly number[];
}

/** A first element, as an integer that a kernel adds or subtracts. */
export interface Start {
  /** Source that declares it. */
  readonly code: string;
  /** The expression, or null for 0. */
  readonly term: string | null;
  readonly scalars: readonly string[];
  readonly values: readonly number[];
}

/** Scalars are 32-bit floats; a larger offset is written as a size. */
const LARGEST_SCALAR = 2 ** 24;

export function startOf(offset: number, suffix: number | string = ''): Start {
  const none = { code: '', scalars: [], values: [] };
  if (offset === 0) return { ...none, term: null };
  if (offset > LARGEST_SCALAR) return { ...none, term: written(`start${suffix}`, offset) };
  const [scalar, term] = [`start${suffix}`, `from${suffix}`];
  return { code: integerOf(term, scalar), term, scalars: [scalar], values: [offset] };
}

/** The sum of indices times strides and a start. */
export const position = (terms: readonly (readonly [string, number])[], { term }: Start): string =>
  term === null ? weighted(...terms) : `${weighted(...terms)} + ${term}`;

/**
 * @param most lanes that there may be; there is one where they would not stay in a row of the shape, and where neighbours in
 * a row lie more elements apart than that: a GPU fetches each of them by itself, and with four in a thread it took twice as long
 */
export function walk(shape: readonly number[], places: readonly Place[], most: Lanes = 1): Walk {
  const merged = collapse(
    shape,
    places.map(({ strides }) => strides),
  );
  const last = merged.shape.length - 1;
  const near = merged.strides.every((strides) => strides[last] <= most);
  const lanes = near && merged.shape[last] % most === 0 ? most : 1;
  const names = merged.shape.map((_, d) => (last === 0 && lanes === 1 ? 'this.thread.x' : `d${d}`));
  // what the thread says of the last dimension
  const group = last === 0 ? 'this.thread.x' : lanes === 1 ? names[last] : 'group';
  const starts = places.map(({ offset }, i) => startOf(offset, i));
  const lines = [
    last > 0
      ? unravel([...names.slice(0, last), group], [...merged.shape.slice(0, last), merged.shape[last] / lanes])
      : '',
    lanes > 1 ? integer(names[last], `${group} * ${lanes}`) : '',
    ...starts.map(({ code }) => code),
  ];
  return {
    code: lines.filter((line) => line !== '').join('\n'),
    lanes,
    at: (i, lane = 0) =>
      position(
        names.map((name, d) => [d === last && lane > 0 ? `(${name} + ${lane})` : name, merged.strides[i][d]]),
        starts[i],
      ),
    scalars: starts.flatMap((start) => start.scalars),
    values: starts.flatMap((start) => start.values),
  };
}

/** A dimension of a window, from the largest stride to the smallest. */
interface Level {
  readonly size: number;
  readonly stride: number;
  readonly dim: number;
}

/**
 * The dimensions of a view by falling strides, where each step is longer than all that lies within it: then a position in
 * memory tells the index. Null for other views.
 */
export function nested(shape: readonly number[], strides: readonly number[]): Level[] | null {
  const levels = shape
    .map((size, dim): Level => ({ size, stride: strides[dim], dim }))
    .filter(({ size }) => size > 1)
    .sort((a, b) => b.stride - a.stride);
  let extent = 0;
  for (const { size, stride } of levels.slice().reverse()) {
    if (stride <= extent) return null;
    extent += (size - 1) * stride;
  }
  return levels;
}

/** Row-major strides, as a kernel's own result has them. */
export const rowMajor = (shape: readonly number[]): Place => ({ strides: contiguousStrides(shape), offset: 0 });
