import { threadLimits } from '../parallel/limits.js';
import { nativeGemm } from '../parallel/task.js';
import type { BlasLibrary, CblasGemm } from '../platform/platform.js';
import { shareProduct, useThreads } from '../threads.js';
import type { FloatArray, Gemm } from '../types.js';
import { type WasmKernels, wasmKernels } from '../wasm/instance.js';
import { prepareGemm } from './prepare.js';
import { blasCall, type GemmCall, shareGemm } from './shared.js';

const ROW_MAJOR = 101;
const NO_TRANSPOSE = 111;
const TRANSPOSE = 112;

function at<T extends FloatArray>(array: T, offset: number): T {
  return (offset === 0 ? array : array.subarray(offset)) as T;
}

/** Matrices wherever they live; threads are the library's. */
function bind<T extends FloatArray>(op: string, library: BlasLibrary, native: CblasGemm<T>): Gemm<T> {
  return (transA, transB, m, n, k, alpha, a, aOffset, lda, b, bOffset, ldb, beta, c, cOffset, ldc) => {
    if (!prepareGemm(op, transA, transB, m, n, k, alpha, a, aOffset, lda, b, bOffset, ldb, beta, c, cOffset, ldc))
      return;
    shareProduct(library, m, n, k);
    native(
      ROW_MAJOR,
      transA ? TRANSPOSE : NO_TRANSPOSE,
      transB ? TRANSPOSE : NO_TRANSPOSE,
      m,
      n,
      k,
      alpha,
      at(a, aOffset),
      lda,
      at(b, bOffset),
      ldb,
      beta,
      at(c, cOffset),
      ldc,
    );
  };
}

/** Matrices in WebAssembly memory: threads are ours, which share everything else, too. Others are left to `elsewhere`. */
function resident(
  kernels: WasmKernels,
  library: BlasLibrary,
  call: GemmCall,
  elsewhere: Gemm<Float32Array>,
): Gemm<Float32Array> {
  const { memory } = kernels;
  const native = nativeGemm(library.sgemmByAddress, library.addressOf(memory.floats));
  return (transA, transB, m, n, k, alpha, a, aOffset, lda, b, bOffset, ldb, beta, c, cOffset, ldc) => {
    if (!memory.holds(a) || !memory.holds(b) || !memory.holds(c)) {
      elsewhere(transA, transB, m, n, k, alpha, a, aOffset, lda, b, bOffset, ldb, beta, c, cOffset, ldc);
      return;
    }
    const op = 'sgemm';
    if (!prepareGemm(op, transA, transB, m, n, k, alpha, a, aOffset, lda, b, bOffset, ldb, beta, c, cOffset, ldc))
      return;
    const left = a.byteOffset + 4 * aOffset;
    const right = b.byteOffset + 4 * bOffset;
    const out = c.byteOffset + 4 * cOffset;
    if (
      shareGemm(
        kernels,
        call,
        threadLimits.leastProduct.blas,
        transA,
        transB,
        m,
        n,
        k,
        alpha,
        left,
        lda,
        right,
        ldb,
        beta,
        out,
        ldc,
      )
    )
      return;
    useThreads(library, 1);
    native(Number(transA), Number(transB), m, n, k, alpha, left, lda, right, ldb, beta, out, ldc);
  };
}

/** Single and double precision gemm of a native library, with checked arguments. */
export function blasGemm(library: BlasLibrary): {
  sgemm: Gemm<Float32Array>;
  dgemm: Gemm<Float64Array>;
  call: GemmCall | null;
} {
  const dgemm = bind('dgemm', library, library.dgemm);
  const sgemm = bind('sgemm', library, library.sgemm);
  const kernels = wasmKernels();
  if (kernels === null) return { sgemm, dgemm, call: null };
  const call = blasCall(kernels, library);
  return { sgemm: resident(kernels, library, call, sgemm), dgemm, call };
}
