import { checkInteger, checkMatrix } from '../checks.js';
import type { NumericArray } from '../types.js';

/**
 * The part that all gemm providers share: checks the arguments (throws a RangeError that names the offending one) and
 * finishes the products that read neither A nor B. Returns true when there is a product left to compute.
 */
export function prepareGemm(
  op: string,
  transA: boolean,
  transB: boolean,
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: NumericArray,
  aOffset: number,
  lda: number,
  b: NumericArray,
  bOffset: number,
  ldb: number,
  beta: number,
  c: NumericArray,
  cOffset: number,
  ldc: number,
): boolean {
  checkInteger(op, 'm', m, 0);
  checkInteger(op, 'n', n, 0);
  checkInteger(op, 'k', k, 0);
  if (m === 0 || n === 0) return false;
  checkMatrix(op, 'c', c, cOffset, m, n, ldc);
  if (k === 0 || alpha === 0) {
    scaleRows(c, cOffset, ldc, m, n, beta);
    return false;
  }
  checkMatrix(op, 'a', a, aOffset, transA ? k : m, transA ? m : k, lda);
  checkMatrix(op, 'b', b, bOffset, transB ? n : k, transB ? k : n, ldb);
  return true;
}

function scaleRows(c: NumericArray, offset: number, ldc: number, m: number, n: number, beta: number): void {
  if (beta === 1) return;
  for (let i = 0; i < m; i++) {
    const row = offset + i * ldc;
    if (beta === 0) c.fill(0, row, row + n);
    else for (let j = row; j < row + n; j++) c[j] *= beta;
  }
}
