/** Matrix products in WebAssembly memory as parts of a task, so that threads can share them. */
import type { Argument, Call } from '../parallel/pool.js';
import { addressOf, unitsOf } from '../parallel/split.js';
import { nativeGemm } from '../parallel/task.js';
import type { BlasLibrary } from '../platform/platform.js';
import { useThreads } from '../threads.js';
import type { WasmKernels } from '../wasm/instance.js';

/** A matrix product among the calls of a task, see {@link Gemm}: matrices by their addresses in bytes. */
export type GemmCall = (
  transA: boolean,
  transB: boolean,
  m: Argument,
  n: Argument,
  k: Argument,
  alpha: number,
  a: Argument,
  lda: Argument,
  b: Argument,
  ldb: Argument,
  beta: Argument,
  c: Argument,
  ldc: Argument,
) => Call;

/** By a library that leaves threads to us. */
export function blasCall({ memory, pool }: WasmKernels, library: BlasLibrary): GemmCall {
  const base = library.addressOf(memory.floats);
  const kernel = pool.kernel(nativeGemm(library.sgemmByAddress, base), { native: { ...library.elsewhere, base } });
  return (transA, transB, ...rest) => {
    useThreads(library, 1);
    return { kernel, args: [Number(transA), Number(transB), ...rest] };
  };
}

/** In WebAssembly, each thread with a workspace of its own. */
export function wasmCall({ memory, pool, shared }: WasmKernels): GemmCall {
  return (transA, transB, ...rest) => ({
    kernel: shared.sgemm,
    args: [Number(transA), Number(transB), ...rest, memory.workspaceOf(pool.threads)],
  });
}

/** Rows or columns of C a block are a multiple of the register tile's. */
const TILE = 16;

/**
 * One product, its rows or columns shared; false, with nothing done, where there is one thread or it has fewer multiplications than
 * `least`. Addresses are in bytes.
 */
export function shareGemm(
  { pool }: WasmKernels,
  call: GemmCall,
  least: number,
  transA: boolean,
  transB: boolean,
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: number,
  lda: number,
  b: number,
  ldb: number,
  beta: number,
  c: number,
  ldc: number,
): boolean {
  if (m * n * k < least || pool.threads === 1) return false;
  const byRows = m > n;
  const units = byRows ? m : n;
  const perBlock = Math.ceil(units / pool.threads / TILE) * TILE;
  if (perBlock >= units) return false;
  const size = unitsOf(units, perBlock);
  // elements from one row of op(A), or column of op(B), to the next
  const left = byRows ? addressOf(a, 4 * perBlock * (transA ? 1 : lda)) : a;
  const right = byRows ? b : addressOf(b, 4 * perBlock * (transB ? ldb : 1));
  const out = addressOf(c, 4 * perBlock * (byRows ? ldc : 1));
  pool.run({
    blocks: Math.ceil(units / perBlock),
    calls: [
      call(transA, transB, byRows ? size : m, byRows ? n : size, k, alpha, left, lda, right, ldb, beta, out, ldc),
    ],
  });
  return true;
}
