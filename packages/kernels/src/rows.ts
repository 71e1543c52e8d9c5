/** Rows of a table by index: picked, put, or added to. */
import { addressOf, share, unitsOf } from './parallel/split.js';
import { wasmKernels } from './wasm/instance.js';

/** What happens to the packed rows: they become the table's, the table's become they, or they are added to the table's. */
export type RowsMove = 'gather' | 'scatter' | 'add';
const KERNELS = { gather: 'gatherRows', scatter: 'scatterRows', add: 'addRows' } as const;

/** Columns that threads do not share: a cache line's. So each thread meets the rows in their order, also where one comes twice. */
const STRIP = 16;
/** Fewer elements are as fast in JavaScript. */
const LEAST = 256;

/** Where rows start: elements, and from one row to the next. */
export interface RowPlaces {
  readonly array: Float32Array;
  readonly offset: number;
  readonly step: number;
}

/**
 * Moves rows of `width` elements between a table and rows that lie side by side, in their order.
 * @param rowOf the number of each row's place in the table, which must be there
 * @returns false, with nothing done, where an array lies outside of WebAssembly memory or the work is small
 */
export function moveRows(
  move: RowsMove,
  table: RowPlaces,
  packed: RowPlaces,
  rows: number,
  width: number,
  rowOf: (i: number) => number,
): boolean {
  const kernels = rows * width < LEAST ? null : wasmKernels();
  if (!kernels?.memory.holds(table.array) || !kernels.memory.holds(packed.array)) return false;
  const { memory, pool, shared } = kernels;
  const [offsets] = memory.reserve([rows]);
  // beyond 2³¹ bytes the number wraps, and is read as an unsigned one
  for (let i = 0; i < rows; i++) memory.ints[(offsets >>> 2) + i] = 4 * table.step * rowOf(i);
  share(pool, shared[KERNELS[move]], Math.ceil(width / STRIP), rows * STRIP, (_, perBlock) => [
    addressOf(table.array.byteOffset + 4 * table.offset, 4 * STRIP * perBlock),
    addressOf(packed.array.byteOffset + 4 * packed.offset, 4 * STRIP * perBlock),
    offsets,
    rows,
    unitsOf(4 * width, 4 * STRIP * perBlock || 4 * width),
    4 * packed.step,
  ]);
  return true;
}
