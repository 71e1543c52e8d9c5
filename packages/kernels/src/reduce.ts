/** Reductions down the columns of matrices. */
import type { Argument } from './parallel/pool.js';
import { addressOf, share, unitsOf } from './parallel/split.js';
import { type WasmKernels, wasmKernels } from './wasm/instance.js';

/** Columns that threads do not share: a cache line's. */
const STRIP = 16;

/** Of sums, up to eight addends are added pairwise in float32, everything else in float64. A NaN is the greatest and the least. */
export type ColumnsReduction = 'sum' | 'max' | 'min';
const KERNELS = { sum: 'sumBlocks', max: 'maxBlocks', min: 'minBlocks' } as const;

/**
 * `out[b][j]` = the sum, or the extremum, of `x[b][i][j]` over the rows `i` of each matrix, none of them empty.
 * @returns false, with nothing done, where `x` lies outside of WebAssembly memory
 */
export function reduceColumns(
  name: ColumnsReduction,
  x: Float32Array,
  xOffset: number,
  blocks: number,
  rows: number,
  columns: number,
  out: Float32Array,
  outOffset: number,
): boolean {
  const kernels = wasmKernels();
  if (!kernels?.memory.holds(x)) return false;
  const { memory } = kernels;
  const from = x.byteOffset + 4 * xOffset;
  if (memory.holds(out)) run(kernels, name, from, blocks, rows, columns, out.byteOffset + 4 * outOffset);
  else {
    const [place] = memory.reserve([blocks * columns]);
    run(kernels, name, from, blocks, rows, columns, place);
    out.set(memory.floats.subarray(place >>> 2, (place >>> 2) + blocks * columns), outOffset);
  }
  return true;
}

/** Threads get matrices, or columns where these are the more. */
function run(
  { memory, pool, shared }: WasmKernels,
  name: ColumnsReduction,
  from: number,
  blocks: number,
  rows: number,
  columns: number,
  to: number,
): void {
  const kernel = shared[KERNELS[name]];
  const rest: Argument[] = name === 'sum' ? [columns, memory.workspaceOf(pool.threads)] : [columns];
  const strips = Math.ceil(columns / STRIP);
  if (blocks >= strips) {
    share(pool, kernel, blocks, rows * columns, (size, perBlock) => [
      addressOf(from, 4 * rows * columns * perBlock),
      addressOf(to, 4 * columns * perBlock),
      size,
      rows,
      columns,
      ...rest,
    ]);
  } else {
    share(pool, kernel, strips, blocks * rows * STRIP, (_, perBlock) => [
      addressOf(from, 4 * STRIP * perBlock),
      addressOf(to, 4 * STRIP * perBlock),
      blocks,
      rows,
      unitsOf(columns, STRIP * perBlock || columns),
      ...rest,
    ]);
  }
}
