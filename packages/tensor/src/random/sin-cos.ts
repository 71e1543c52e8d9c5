/**
 * Sine and cosine in float64 as the GNU C library computes them on a processor with fused multiply-adds, bit for bit, and
 * so the same on every JavaScript engine: PyTorch's float64 normals are made of them.
 *
 * The angle is reduced to |x| ≤ π/4 and a little more, then sin and cos of the nearest k / 128, kept in two parts, are
 * turned by what remains, |x − k / 128| ≤ 1/256, with short series.
 */
import { sinCosOfFraction } from './fixed-point.js';
import { fma } from './fma.js';

const STEPS = 128;
/** Adding and subtracting it rounds to a multiple of 1/128. */
const TO_STEP = 1.5 * 2 ** 45;
/** Adding and subtracting it rounds to an integer. */
const TO_INTEGER = 1.5 * 2 ** 52;

/** Of k / 128, each in two parts. */
interface Table {
  sin: Float64Array;
  sinLow: Float64Array;
  cos: Float64Array;
  cosLow: Float64Array;
}

/** k / 128 goes up to a little more than 0.855, where the reduction begins. */
const ENTRIES = 112;
let made: Table | null = null;

function table(): Table {
  if (made !== null) return made;
  const [sin, sinLow, cos, cosLow] = Array.from({ length: 4 }, () => new Float64Array(ENTRIES));
  for (let k = 0; k < ENTRIES; k++) {
    const both = sinCosOfFraction(k, STEPS);
    [sin[k], sinLow[k]] = both.sin;
    [cos[k], cosLow[k]] = both.cos;
  }
  made = { sin, sinLow, cos, cosLow };
  return made;
}

// near k / 128: sin x = x + x³ (S3 + S5 x²), 1 − cos x = x² (C2 + C4 x² + C6 x⁴)
const S3 = -0.16666666666666488;
const S5 = 0.0083333321428572232;
const C2 = 0.5;
const C4 = -0.041666666666666442;
const C6 = 0.0013888887400793761;
// near 0: sin x = x + x³ (T1 + … + T5 x⁸)
const T1 = -0.16666666666666666;
const T2 = 0.0083333333333323288;
const T3 = -0.00019841269834414642;
const T4 = 2.755729806860771e-6;
const T5 = -2.5022014848318398e-8;

/** cos(x + dx). */
function cosNear(x: number, dx: number): number {
  const t = table();
  const size = Math.abs(x);
  const step = size + TO_STEP - TO_STEP;
  const k = step * STEPS;
  const r = size - step + (x < 0 ? -dx : dx);
  const square = r * r;
  const s = fma(r * square, fma(S5, square, S3), r);
  const c = square * fma(fma(C6, square, C4), square, C2);
  return t.cos[k] + fma(-s, t.sin[k], fma(-c, t.cos[k], fma(-s, t.sinLow[k], t.cosLow[k])));
}

/** sin(x + dx). */
function sinNear(x: number, dx: number): number {
  const size = Math.abs(x);
  if (size < 0.126) return sinSmall(x, dx);
  const t = table();
  const step = size + TO_STEP - TO_STEP;
  const k = step * STEPS;
  const r = size - step;
  const dr = x <= 0 ? -dx : dx;
  const square = r * r;
  const s = r + fma(r * square, fma(S5, square, S3), dr);
  const c = fma(r, dr, square * fma(fma(C6, square, C4), square, C2));
  const value = t.sin[k] + fma(s, t.cos[k], fma(-c, t.sin[k], fma(s, t.cosLow[k], t.sinLow[k])));
  return x < 0 ? -value : value;
}

function sinSmall(x: number, dx: number): number {
  const square = x * x;
  const p = fma(fma(fma(fma(T5, square, T4), square, T3), square, T2), square, T1);
  return x + fma(square, fma(p, x, -(dx * 0.5)), dx);
}

// up to these, an angle is as it is, or taken from π/2
const DIRECT = 0.85546875;
const COMPLEMENT = 2.426265716552734375;
const HALF_PI = 1.5707963267948966;
const HALF_PI_LOW = 6.123233995736766e-17;
// π/2 in four parts, of which the first two have few bits
const PART_1 = 1.5707963407039642;
const PART_2 = -1.3909067564377153e-8;
const PART_3 = -4.9789962314799099e-17;
const PART_4 = -1.9034889620193266e-25;

/** sin(x + q π/2), or cos for an odd q; x > 0 is first brought to [−π/4, π/4]. */
function turned(x: number, turns: number): number {
  const n = fma(x, 0.6366197723675814, TO_INTEGER) - TO_INTEGER;
  const y = fma(-n, PART_2, fma(-n, PART_1, x));
  const z = fma(-n, PART_3, y);
  const a = fma(-n, PART_4, z);
  const da = fma(-n, PART_3, y - z) + fma(-n, PART_4, z - a);
  const quadrant = (n + turns) & 3;
  const value = quadrant & 1 ? cosNear(a, da) : sinNear(a, da);
  return quadrant & 2 ? -value : value;
}

/** sin(x) for 0 ≤ x < 10^8. */
export function sin(x: number): number {
  if (x < 2 ** -26) return x;
  if (x < DIRECT) return sinNear(x, 0);
  return x < COMPLEMENT ? cosNear(HALF_PI - x, HALF_PI_LOW) : turned(x, 0);
}

/** cos(x) for 0 ≤ x < 10^8. */
export function cos(x: number): number {
  if (x < 2 ** -27) return 1;
  if (x < DIRECT) return cosNear(x, 0);
  if (x >= COMPLEMENT) return turned(x, 1);
  const y = HALF_PI - x;
  const a = y + HALF_PI_LOW;
  return sinNear(a, y - a + HALF_PI_LOW);
}
