/** Matrices whose columns lie side by side, put into rows. */
import { addressOf, share, unitsOf } from './parallel/split.js';
import { wasmKernels } from './wasm/instance.js';
import type { ResidentArray } from './wasm/residents.js';

/** Rows that a thread gets a multiple of: the elements of a cache line of the source. */
const BAND = 16;
/** Fewer elements are as fast in JavaScript. */
const LEAST = 256;

/** A matrix in memory: where it begins, and how many elements lie between neighbours across. */
export interface Lines<T> {
  readonly array: T;
  readonly offset: number;
  /** In a source from one column to the next, in a result from one row to the next. */
  readonly step: number;
}

/**
 * `to[row][column] = from[column][row]`: the elements of a column are neighbours in `from`, those of a row are in `to`, and the two have
 * no memory in common.
 * @returns false, with nothing done, where an array lies outside of WebAssembly memory or the work is small
 */
export function transpose<T extends ResidentArray>(
  from: Lines<T>,
  to: Lines<T>,
  rows: number,
  columns: number,
): boolean {
  const kernels = rows * columns < LEAST ? null : wasmKernels();
  if (!kernels?.memory.holds(from.array) || !kernels.memory.holds(to.array)) return false;
  const source = from.array.byteOffset + 4 * from.offset;
  const result = to.array.byteOffset + 4 * to.offset;
  share(kernels.pool, kernels.shared.transpose, Math.ceil(rows / BAND), BAND * columns, (_, perBlock) => [
    addressOf(source, 4 * BAND * perBlock),
    addressOf(result, 4 * BAND * perBlock * to.step),
    unitsOf(rows, BAND * perBlock || rows),
    columns,
    4 * from.step,
    4 * to.step,
  ]);
  return true;
}
