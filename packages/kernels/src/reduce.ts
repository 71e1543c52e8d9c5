import { checkSpan } from './checks.js';
import type { FloatArray } from './types.js';
import { wasmKernels } from './wasm/instance.js';

/**
 * `out[j] = Σ x[i][j]` over the rows of `x [rows, columns]`, accumulated in float64. Fast where `x` lies in WebAssembly
 * memory.
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
    const { memory, exports } = kernels;
    const [place] = memory.holds(out) ? [out.byteOffset + 4 * outOffset] : memory.reserve([columns]);
    exports.sumColumns(x.byteOffset + 4 * xOffset, place, rows, columns);
    if (!memory.holds(out)) out.set(memory.floats.subarray(place >>> 2, (place >>> 2) + columns), outOffset);
    return;
  }
  const sums = new Float64Array(columns);
  for (let i = 0, p = xOffset; i < rows; i++) for (let j = 0; j < columns; j++) sums[j] += x[p++];
  for (let j = 0; j < columns; j++) out[outOffset + j] = sums[j];
}
