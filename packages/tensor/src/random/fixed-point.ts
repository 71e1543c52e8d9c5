/** Entries of tables of elementary functions, computed once from their series in fixed point. */

/** Bits after the point. */
const BITS = 192n;
const ONE = 1n << BITS;

/** A number in fixed point as the nearest float64 and what that leaves, also rounded. */
function split(x: bigint): [high: number, low: number] {
  const high = toFloat(x);
  return [high, toFloat(x - fromFloat(high))];
}

/** Correctly rounded: `Number` of a bigint rounds to nearest, the scaling is exact. */
const toFloat = (x: bigint): number => Number(x) * 2 ** -Number(BITS);

/** Exact for a float64 whose last bit is no less than 2^-192. */
function fromFloat(x: number): bigint {
  const scaled = x * 2 ** 96;
  const whole = Math.trunc(scaled);
  return (BigInt(whole) << (BITS - 96n)) + BigInt(Math.round((scaled - whole) * 2 ** 96));
}

/** ln(p / q) = 2 artanh((p − q) / (p + q)), rounded to so many bits after the point. */
export function roundedLog(p: number, q: number, bits: number): number {
  const [n, d] = [BigInt(p) - BigInt(q), BigInt(p) + BigInt(q)];
  let power = (ONE * n) / d;
  let sum = 0n;
  for (let k = 1n; power !== 0n; k += 2n) {
    sum += power / k;
    power = (power * n * n) / (d * d);
  }
  const dropped = BITS - BigInt(bits);
  return Number((2n * sum + (1n << (dropped - 1n))) >> dropped) * 2 ** -bits;
}

/** Sine and cosine of p / q, by Taylor's series. */
export function sinCosOfFraction(p: number, q: number): { sin: [number, number]; cos: [number, number] } {
  const sums = [0n, 0n, 0n, 0n];
  let term = ONE;
  for (let k = 0; term !== 0n; k++) {
    sums[k % 4] += term;
    term = (term * BigInt(p)) / (BigInt(q) * BigInt(k + 1));
  }
  return { sin: split(sums[1] - sums[3]), cos: split(sums[0] - sums[2]) };
}
