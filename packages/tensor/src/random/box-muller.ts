/**
 * The Box–Muller transform on blocks of 16 uniforms, as PyTorch fills 16 or more normals.
 *
 * In a block, `x[j]` and `x[j + 8]` make a pair: radius √(−2 ln(1 − x[j])), angle 2π x[j + 8]; the cosine goes to `j`,
 * the sine to `j + 8`. PyTorch computes the float32 block with vectors whose logarithm and sine are Cephes'
 * single-precision polynomials (https://www.netlib.org/cephes/). The same steps in the same order, rounded to float32
 * where a vector register rounds, give the same bits as PyTorch on any x86-64 with AVX2, and cost less than `Math.log`
 * and `Math.sin` here.
 */

import { fma } from './fma.js';
import { log as log64 } from './log.js';
import { cos, sin } from './sin-cos.js';

const f = Math.fround;

// The bits of a float32, read and written through shared memory.
const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

const MIN_NORMAL = 2 ** -126;
const SQRT_HALF = f(0.707106781186547524);
// log(1 + x) = x − x²/2 + x³ (L0 x⁸ + … + L8)
const L0 = f(7.0376836292e-2);
const L1 = f(-1.151461031e-1);
const L2 = f(1.167699874e-1);
const L3 = f(-1.2420140846e-1);
const L4 = f(1.4249322787e-1);
const L5 = f(-1.6668057665e-1);
const L6 = f(2.0000714765e-1);
const L7 = f(-2.4999993993e-1);
const L8 = f(3.3333331174e-1);
// ln 2 in two parts, the first with few bits.
const LN2_LOW = f(-2.1219444e-4);
const LN2_HIGH = 0.693359375;

/**
 * ln(x) for a positive float32. A product of two float32 is exact in float64, so `f(a * b + c)` is the fused
 * multiply-add that the vector code uses.
 */
function log(x: number): number {
  float[0] = x > MIN_NORMAL ? x : MIN_NORMAL;
  // x = m · 2^e with m in [1/2, 1), then m in [√½, √2) less 1.
  let e = (bits[0] >>> 23) - 126;
  bits[0] = (bits[0] & 0x007fffff) | 0x3f000000;
  let m = float[0];
  if (m < SQRT_HALF) {
    e -= 1;
    m = f(f(m - 1) + m);
  } else {
    m = f(m - 1);
  }
  const z = f(m * m);
  let y = f(L0 * m + L1);
  y = f(y * m + L2);
  y = f(y * m + L3);
  y = f(y * m + L4);
  y = f(y * m + L5);
  y = f(y * m + L6);
  y = f(y * m + L7);
  y = f(y * m + L8);
  y = f(y * m);
  y = f(y * z + f(e * LN2_LOW));
  y = f(y - f(z * 0.5));
  return f(e * LN2_HIGH + f(m + y));
}

const TWO_PI = f(2 * Math.PI);
const FOUR_OVER_PI = f(1.27323954473516);
// π/4 in three parts, so that j · π/4 is subtracted almost exactly.
const PI4_1 = -0.78515625;
const PI4_2 = f(-2.4187564849853515625e-4);
const PI4_3 = f(-3.77489497744594108e-8);
const COS_0 = f(2.443315711809948e-5);
const COS_1 = f(-1.388731625493765e-3);
const COS_2 = f(4.166664568298827e-2);
const SIN_0 = f(-1.9515295891e-4);
const SIN_1 = f(8.3321608736e-3);
const SIN_2 = f(-1.6666654611e-1);

/** out[j] = radius · cos θ · std + mean, out[j + 8] = the same of sin θ, for θ ≥ 0. */
function writePair(out: Float32Array, j: number, radius: number, theta: number, mean: number, std: number): void {
  // The octant of θ, rounded up to an even number.
  const octant = ((f(theta * FOUR_OVER_PI) | 0) + 1) & ~1;
  let x = f(octant * PI4_1 + theta);
  x = f(octant * PI4_2 + x);
  x = f(octant * PI4_3 + x);
  const z = f(x * x);
  let c = f(COS_0 * z + COS_1);
  c = f(c * z + COS_2);
  c = f(c * z);
  c = f(c * z - f(z * 0.5));
  c = f(c + 1);
  let s = f(SIN_0 * z + SIN_1);
  s = f(s * z + SIN_2);
  s = f(s * z);
  s = f(s * x + x);
  const swap = (octant & 2) !== 0;
  const sine = (octant & 4) !== 0 ? -(swap ? c : s) : swap ? c : s;
  const cosine = (~(octant - 2) & 4) !== 0 ? -(swap ? s : c) : swap ? s : c;
  out[j] = f(radius * cosine) * std + mean;
  out[j + 8] = f(radius * sine) * std + mean;
}

/** Turns the 16 uniforms from `at` on into normals; `mean` and `std` are float32 values. */
export function boxMuller32(out: Float32Array, at: number, mean: number, std: number): void {
  for (let j = at; j < at + 8; j++) {
    const radius = f(Math.sqrt(f(-2 * log(f(1 - out[j])))));
    writePair(out, j, radius, f(TWO_PI * out[j + 8]), mean, std);
  }
}

/** Turns the 16 uniforms from `at` on into normals, in double precision and one by one, as PyTorch does: exactly. */
export function boxMuller64(out: Float64Array, at: number, mean: number, std: number): void {
  for (let j = at; j < at + 8; j++) {
    const radius = Math.sqrt(-2 * log64(1 - out[j]));
    const theta = 2 * Math.PI * out[j + 8];
    out[j] = fma(radius * cos(theta), std, mean);
    out[j + 8] = fma(radius * sin(theta), std, mean);
  }
}
