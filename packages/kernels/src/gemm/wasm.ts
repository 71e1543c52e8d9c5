import { threadLimits } from '../parallel/limits.js';
import type { Gemm } from '../types.js';
import type { WasmKernels } from '../wasm/instance.js';
import { tileColumns, tileDepth, tileRows, type WasmMemory } from '../wasm/memory.js';
import { prepareGemm } from './prepare.js';
import { shareGemm, wasmCall } from './shared.js';

/** A matrix operand and the tile of WebAssembly memory it visits in, unless it already lives there. */
interface Operand {
  array: Float32Array;
  offset: number;
  leading: number;
  resident: boolean;
  tile: number;
  /** Address and leading dimension of the part last brought in. */
  address: number;
  step: number;
}

function operand(memory: WasmMemory, array: Float32Array, offset: number, leading: number, tile: number): Operand {
  return { array, offset, leading, resident: memory.holds(array), tile, address: 0, step: 0 };
}

/** Makes `rows x columns` elements from (row, column) readable, copying them unless they are resident or not wanted. */
function bring(
  memory: WasmMemory,
  o: Operand,
  row: number,
  column: number,
  rows: number,
  columns: number,
  copy: boolean,
) {
  const start = o.offset + row * o.leading + column;
  if (o.resident) {
    o.address = o.array.byteOffset + 4 * start;
    o.step = o.leading;
    return;
  }
  o.address = o.tile;
  o.step = columns;
  if (copy) copyRows(o.array, start, o.leading, memory.floats, o.tile >>> 2, columns, rows, columns);
}

function copyRows(
  from: Float32Array,
  fromOffset: number,
  fromLeading: number,
  to: Float32Array,
  toOffset: number,
  toLeading: number,
  rows: number,
  columns: number,
): void {
  if (fromLeading === columns && toLeading === columns) {
    to.set(from.subarray(fromOffset, fromOffset + rows * columns), toOffset);
    return;
  }
  for (let r = 0; r < rows; r++) {
    const start = fromOffset + r * fromLeading;
    const target = toOffset + r * toLeading;
    if (columns >= 32) to.set(from.subarray(start, start + columns), target);
    else for (let i = 0; i < columns; i++) to[target + i] = from[start + i];
  }
}

/** sgemm in WebAssembly. Matrices outside its memory visit tile by tile. */
export function wasmSgemm(kernels: WasmKernels): Gemm<Float32Array> {
  const { memory, exports } = kernels;
  const call = wasmCall(kernels);
  return (transA, transB, m, n, k, alpha, a, aOffset, lda, b, bOffset, ldb, beta, c, cOffset, ldc) => {
    const op = 'sgemm';
    if (!prepareGemm(op, transA, transB, m, n, k, alpha, a, aOffset, lda, b, bOffset, ldb, beta, c, cOffset, ldc))
      return;
    const left = operand(memory, a, aOffset, lda, memory.tiles.a);
    const right = operand(memory, b, bOffset, ldb, memory.tiles.b);
    const out = operand(memory, c, cOffset, ldc, memory.tiles.c);
    if (left.resident && right.resident && out.resident) {
      const [p, q, r] = [left, right, out].map((o) => o.array.byteOffset + 4 * o.offset);
      if (
        shareGemm(
          kernels,
          call,
          threadLimits.leastProduct.wasm,
          transA,
          transB,
          m,
          n,
          k,
          alpha,
          p,
          lda,
          q,
          ldb,
          beta,
          r,
          ldc,
        )
      )
        return;
    }
    const rows = left.resident && out.resident ? m : tileRows;
    const columns = right.resident && out.resident ? n : tileColumns;
    const depth = left.resident && right.resident ? k : tileDepth;
    for (let j = 0; j < n; j += columns) {
      const nb = Math.min(columns, n - j);
      for (let i = 0; i < m; i += rows) {
        const mb = Math.min(rows, m - i);
        bring(memory, out, i, j, mb, nb, beta !== 0);
        for (let l = 0; l < k; l += depth) {
          const kb = Math.min(depth, k - l);
          if (transA) bring(memory, left, l, i, kb, mb, true);
          else bring(memory, left, i, l, mb, kb, true);
          if (transB) bring(memory, right, j, l, nb, kb, true);
          else bring(memory, right, l, j, kb, nb, true);
          const keep = l === 0 ? beta : 1;
          const { address, step } = out;
          const work = memory.workspace;
          exports.sgemm(
            transA,
            transB,
            mb,
            nb,
            kb,
            alpha,
            left.address,
            left.step,
            right.address,
            right.step,
            keep,
            address,
            step,
            work,
          );
        }
        if (!out.resident) copyRows(memory.floats, out.tile >>> 2, nb, c, cOffset + i * ldc + j, ldc, mb, nb);
      }
    }
  };
}
