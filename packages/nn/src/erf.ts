/** The error function and its inverse, to the precision of float64. https://dlmf.nist.gov/7 */

/** erf x = 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!: all terms have one sign, so nothing cancels (DLMF 7.6.2). */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** 1 − erf x for x ≥ 2, by its continued fraction from the tail (DLMF 7.9.1). */
function erfcFraction(x: number): number {
  let tail = 0;
  for (let n = 60; n > 0; n--) tail = n / 2 / (x + tail);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + tail);
}

export function erf(x: number): number {
  if (Math.abs(x) < 2) return x === 0 ? x : erfSeries(x);
  return Math.sign(x) * (1 - erfcFraction(Math.abs(x)));
}

/** The distribution function of N(0, 1). */
export const normalCdf = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2;

/** The x whose erf is `y`: ±∞ at ±1, NaN beyond. */
export function erfinv(y: number): number {
  const size = Math.abs(y);
  if (!(size < 1)) return size === 1 ? y * Number.POSITIVE_INFINITY : Number.NaN;
  if (size === 0) return y;
  // Winitzki's approximation, then Halley's method
  const log = Math.log((1 - size) * (1 + size));
  const half = 2 / (Math.PI * 0.147) + log / 2;
  let x = Math.sqrt(Math.sqrt(half * half - log / 0.147) - half);
  for (let i = 0; i < 3; i++) {
    const miss = x < 2 ? erf(x) - size : 1 - size - erfcFraction(x);
    const step = (miss * Math.sqrt(Math.PI) * Math.exp(x * x)) / 2;
    x -= step / (1 + x * step);
  }
  return Math.sign(y) * x;
}
