/** 2^27 + 1: splits a float64 into two halves of 26 bits (Veltkamp). */
const SPLITTER = 134217729;

/**
 * a · b + c in float64 as one fused multiply-add, which is what PyTorch's kernels compile to: Dekker's exact product and
 * Knuth's exact sum, rounded once at the end. Where the halves overflow (beyond 1e300), a plain a · b + c.
 */
export function fma(a: number, b: number, c: number): number {
  const product = a * b;
  const aHigh = high(a);
  const bHigh = high(b);
  const aLow = a - aHigh;
  const bLow = b - bHigh;
  const productError = aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
  const sum = product + c;
  const cRounded = sum - product;
  const sumError = product - (sum - cRounded) + (c - cRounded);
  const result = sum + (sumError + productError);
  return Number.isFinite(result) ? result : a * b + c;
}

function high(x: number): number {
  const scaled = SPLITTER * x;
  return scaled - (scaled - x);
}
