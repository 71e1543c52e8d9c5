import { checkSpan } from './checks.js';
import { addressOf, share, unitsOf } from './parallel/split.js';
import type { FloatArray } from './types.js';
import { wasmKernels } from './wasm/instance.js';

/** Columns that threads do not share: a cache line's. */
const STRIP = 16;

/**
 * `out[j] = Σ x[i][j]` over the rows of `x [rows, columns]`, accumulated in float64, those of float32 after a few pairwise
 * additions. Fast where `x` lies in WebAssembly memory.
 */
export function sumColumns<T extends FloatArray>(
  x: T,
  xOffset: number,
  rows: number,
  columns: number,
  out: T,
  outOffset: number,
): void {
  checkSpan('sumColumns', 'x', x, xOffset, rows * columns);
  checkSpan('sumColumns', 'out', out, outOffset, columns);
  const kernels = x instanceof Float32Array ? wasmKernels() : null;
  if (kernels?.memory.holds(x)) {
    const { memory, pool, shared } = kernels;
    const [place] = memory.holds(out) ? [out.byteOffset + 4 * outOffset] : memory.reserve([columns]);
    share(pool, shared.sumColumns, Math.ceil(columns / STRIP), rows * STRIP, (_, perBlock) => [
      addressOf(x.byteOffset + 4 * xOffset, 4 * STRIP * perBlock),
      addressOf(place, 4 * STRIP * perBlock),
      rows,
      unitsOf(columns, STRIP * perBlock || columns),
      columns,
      memory.workspaceOf(pool.threads),
    ]);
    if (!memory.holds(out)) out.set(memory.floats.subarray(place >>> 2, (place >>> 2) + columns), outOffset);
    return;
  }
  const sums = new Float64Array(columns);
  for (let i = 0, p = xOffset; i < rows; i++) for (let j = 0; j < columns; j++) sums[j] += x[p++];
  for (let j = 0; j < columns; j++) out[outOffset + j] = sums[j];
}
