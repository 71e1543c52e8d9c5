import type { NumericArray } from '../types.js';
import { prepareGemm } from './prepare.js';

let accumulators = new Float64Array(256);

/**
 * The readable gemm that the fast ones are tested against; see {@link Gemm} for the arguments. Float arrays accumulate in
 * double precision. Integer arrays with integer `alpha` and `beta` give exact results modulo their element's range.
 */
export function referenceGemm<T extends NumericArray>(
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
  const op = 'referenceGemm';
  if (!prepareGemm(op, transA, transB, m, n, k, alpha, a, aOffset, lda, b, bOffset, ldb, beta, c, cOffset, ldc)) return;
  if (accumulators.length < n) accumulators = new Float64Array(n);
  const row = accumulators;
  const exact = !isFloat(c) && Number.isInteger(alpha) && Number.isInteger(beta);
  const product = exact ? integerRow : floatRow;
  const aStep = transA ? lda : 1;
  for (let i = 0; i < m; i++) {
    const aRow = aOffset + (transA ? i : i * lda);
    product(row, n, k, a, aRow, aStep, b, bOffset, ldb, transB);
    const cRow = cOffset + i * ldc;
    if (exact) storeInteger(row, n, alpha, beta, c, cRow);
    else storeFloat(row, n, alpha, beta, c, cRow);
  }
}

/** True for the element types that hold fractions. */
export function isFloat(array: NumericArray): boolean {
  return array instanceof Float32Array || array instanceof Float64Array;
}

function floatRow(
  row: Float64Array,
  n: number,
  k: number,
  a: NumericArray,
  aRow: number,
  aStep: number,
  b: NumericArray,
  bOffset: number,
  ldb: number,
  transB: boolean,
): void {
  if (transB) {
    for (let j = 0; j < n; j++) {
      const bRow = bOffset + j * ldb;
      let sum = 0;
      for (let l = 0; l < k; l++) sum += a[aRow + l * aStep] * b[bRow + l];
      row[j] = sum;
    }
    return;
  }
  row.fill(0, 0, n);
  for (let l = 0; l < k; l++) {
    const factor = a[aRow + l * aStep];
    const bRow = bOffset + l * ldb;
    for (let j = 0; j < n; j++) row[j] += factor * b[bRow + j];
  }
}

/** Sums of 32-bit products modulo 2^32: a double would lose the low bits of a product above 2^53. */
function integerRow(
  row: Float64Array,
  n: number,
  k: number,
  a: NumericArray,
  aRow: number,
  aStep: number,
  b: NumericArray,
  bOffset: number,
  ldb: number,
  transB: boolean,
): void {
  const bStep = transB ? 1 : ldb;
  for (let j = 0; j < n; j++) {
    const bColumn = bOffset + (transB ? j * ldb : j);
    let sum = 0;
    for (let l = 0; l < k; l++) sum = (sum + Math.imul(a[aRow + l * aStep], b[bColumn + l * bStep])) | 0;
    row[j] = sum;
  }
}

function storeFloat(row: Float64Array, n: number, alpha: number, beta: number, c: NumericArray, cRow: number): void {
  if (beta === 0) for (let j = 0; j < n; j++) c[cRow + j] = alpha * row[j];
  else for (let j = 0; j < n; j++) c[cRow + j] = alpha * row[j] + beta * c[cRow + j];
}

function storeInteger(row: Float64Array, n: number, alpha: number, beta: number, c: NumericArray, cRow: number): void {
  for (let j = 0; j < n; j++) {
    const old = beta === 0 ? 0 : Math.imul(beta, c[cRow + j]);
    c[cRow + j] = (Math.imul(alpha, row[j]) + old) | 0;
  }
}
