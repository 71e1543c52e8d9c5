/** Operands of what goes along some dimensions: matrices behind one another. */
import type { TypedArray } from '../../dtype.js';
import { numelOf } from '../../shape.js';
import type { View } from '../backend.js';
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
  const { shape } = x;
  const kept = [...shape.keys()].filter((d) => !dims.includes(d));
  const neighbours = dims.length === 0 || dims[dims.length - 1] - dims[0] === dims.length - 1;
  const first = dims.length > 0 && neighbours ? dims[0] : kept.length;
  const size = (list: readonly number[]): number => numelOf(list.map((d) => shape[d]));
  const sizes = { outer: size(kept.slice(0, first)), reduced: size(dims), inner: size(kept.slice(first)) };
  withPacked([neighbours ? x : permuted(x, [...kept, ...dims])], ({ array, offset }) =>
    run({ array, offset, ...sizes }),
  );
}
