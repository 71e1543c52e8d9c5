import type { NumericArray } from '../types.js';
import { provider } from './provider.js';
import { referenceGemm } from './reference.js';

/**
 * Single-precision matrix product, see {@link Gemm} for the arguments: the system's BLAS, else WebAssembly SIMD, else
 * plain loops. Throws a RangeError that names the argument when a matrix does not fit into its array.
 */
export function sgemm(
  transA: boolean,
  transB: boolean,
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: Float32Array,
  aOffset: number,
  lda: number,
  b: Float32Array,
  bOffset: number,
  ldb: number,
  beta: number,
  c: Float32Array,
  cOffset: number,
  ldc: number,
): void {
  provider().sgemm(transA, transB, m, n, k, alpha, a, aOffset, lda, b, bOffset, ldb, beta, c, cOffset, ldc);
}

/**
 * Matrix product on arrays of any one element type, see {@link Gemm} for the arguments: float32 through {@link sgemm},
 * float64 through BLAS where there is one, everything else through {@link referenceGemm}.
 */
export function gemm<T extends NumericArray>(
  transA: boolean,
  transB: boolean,
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: T,
  aOffset: number,
  lda: number,
  b: T,
  bOffset: number,
  ldb: number,
  beta: number,
  c: T,
  cOffset: number,
  ldc: number,
): void {
  if (a instanceof Float32Array && b instanceof Float32Array && c instanceof Float32Array) {
    provider().sgemm(transA, transB, m, n, k, alpha, a, aOffset, lda, b, bOffset, ldb, beta, c, cOffset, ldc);
  } else if (a instanceof Float64Array && b instanceof Float64Array && c instanceof Float64Array) {
    provider().dgemm(transA, transB, m, n, k, alpha, a, aOffset, lda, b, bOffset, ldb, beta, c, cOffset, ldc);
  } else {
    referenceGemm(transA, transB, m, n, k, alpha, a, aOffset, lda, b, bOffset, ldb, beta, c, cOffset, ldc);
  }
}
