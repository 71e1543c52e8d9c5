/** Operands of what goes along some dimensions: matrices behind one another. */
import type { TypedArray } from '../../dtype.js';
import { isContiguous, numelOf, type Shape } from '../../shape.js';
import type { View } from '../backend.js';
import { arrayOf, startOf } from './elementwise.js';
import { permuted, withPacked } from './strided.js';

/** Elements in row-major order, as `[outer, reduced, inner]`. */
export interface Block {
  readonly array: TypedArray;
  readonly offset: number;
  readonly outer: number;
  readonly reduced: number;
  readonly inner: number;
}

/**
 * Calls `run` with the operand as a block, of which `dims` (ascending) are the middle dimension: without a copy where it is contiguous
 * and `dims` are neighbours, else as `[outer, reduced, 1]` or in row-major order.
 */
export function withBlock(x: View, dims: readonly number[], run: (block: Block) => void): void {
  const inPlace = blockInPlace(x, dims);
  if (inPlace !== null) {
    run(inPlace);
    return;
  }
  const { shape } = x;
  const neighbours = areNeighbours(dims);
  const kept = [...shape.keys()].filter((d) => !dims.includes(d));
  const first = dims.length > 0 && neighbours ? dims[0] : kept.length;
  const size = (list: readonly number[]): number => numelOf(list.map((d) => shape[d]));
  const sizes = { outer: size(kept.slice(0, first)), reduced: size(dims), inner: size(kept.slice(first)) };
  withPacked([neighbours ? x : permuted(x, [...kept, ...dims])], ({ array, offset }) =>
    run({ array, offset, ...sizes }),
  );
}

/** Whether dimensions, ascending, follow one another. */
const areNeighbours = (dims: readonly number[]): boolean =>
  dims.length === 0 || dims[dims.length - 1] - dims[0] === dims.length - 1;

/** As {@link withBlock}, where it takes no copy; else null. */
export function blockInPlace(x: View, dims: readonly number[]): Block | null {
  const { shape } = x;
  if (!areNeighbours(dims) || !isContiguous(shape, x.strides)) return null;
  const first = dims.length === 0 ? shape.length : dims[0];
  const end = first + dims.length;
  return {
    array: arrayOf(x),
    offset: startOf(x),
    outer: sizeOf(shape, 0, first),
    reduced: sizeOf(shape, first, end),
    inner: sizeOf(shape, end, shape.length),
  };
}

/** Elements in the dimensions from `first` to before `end`. A short reduction has no time for lists of them. */
function sizeOf(shape: Shape, first: number, end: number): number {
  let n = 1;
  for (let d = first; d < end; d++) n *= shape[d];
  return n;
}
