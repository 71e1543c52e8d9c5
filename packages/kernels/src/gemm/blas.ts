import type { BlasLibrary, CblasGemm } from '../platform/platform.js';
import { shareProduct } from '../threads.js';
import type { FloatArray, Gemm } from '../types.js';
import { prepareGemm } from './prepare.js';

const ROW_MAJOR = 101;
const NO_TRANSPOSE = 111;
const TRANSPOSE = 112;

function at<T extends FloatArray>(array: T, offset: number): T {
  return (offset === 0 ? array : array.subarray(offset)) as T;
}

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

/** Single and double precision gemm of a native library, with checked arguments. */
export function blasGemm(library: BlasLibrary): { sgemm: Gemm<Float32Array>; dgemm: Gemm<Float64Array> } {
  return { sgemm: bind('sgemm', library, library.sgemm), dgemm: bind('dgemm', library, library.dgemm) };
}
