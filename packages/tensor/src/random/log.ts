/**
 * Logarithms in float64 that are the same on every JavaScript engine, for draws that equal PyTorch's to the last bit.
 * PyTorch takes these from the C library; `Math.log` may differ in the last bit, and from engine to engine.
 */
import { roundedLog } from './fixed-point.js';
import { fma } from './fma.js';
import { FIRST_HIGH, INVERSES } from './log-table.js';

const double = new Float64Array(1);
const words = new Int32Array(double.buffer); // little-endian: the second word has sign, exponent and 20 bits

/** Bits after the point of the table's logarithms: then the multiple of ln 2 and one of them add up exactly. */
const LOG_BITS = 43;
// ln 2 in two parts, the first a multiple of 2^-42
const LN2_HIGH = 0.6931471805598903;
const LN2_LOW = 5.497923018708371e-14;
// ln(1 + r) = r + r² (A0 + … + A4 r⁴) for |r| < 2^-8
const A0 = -0.5000000000000001;
const A1 = 0.33333333331825593;
const A2 = -0.2499999999622955;
const A3 = 0.20000304511814496;
const A4 = -0.16667054827627667;
// ln(1 + r) = r − r²/2 + r³ (B1 + … + B10 r⁹) for |r| < 2^-4
const B1 = 0.3333333333333352;
const B2 = -0.24999999999998432;
const B3 = 0.19999999999320328;
const B4 = -0.16666666669929706;
const B5 = 0.14285715076560868;
const B6 = -0.12499997863982555;
const B7 = 0.11110712032936046;
const B8 = -0.10000486757818193;
const B9 = 0.09181994006195467;
const B10 = -0.08328363062289341;

let logs: Float64Array | null = null;

/** ln of the reciprocals of INVERSES. */
const tableOfLogs = (): Float64Array => INVERSES.map((inverse) => roundedLog(2 ** 53, inverse * 2 ** 53, LOG_BITS));

/**
 * ln(x) for 0 < x ≤ 1, normal: bit for bit what the GNU C library's `log` gives on a processor with fused multiply-adds.
 * That is the nearest float64 but for one x in 1300. With x = 2^k z and c near z, ln(x) = k ln 2 + ln c + ln(z / c).
 */
export function log(x: number): number {
  if (x >= 1 - 2 ** -4) return logNear1(x - 1);
  logs ??= tableOfLogs();
  double[0] = x;
  const offset = words[1] - FIRST_HIGH;
  const i = (offset >>> 13) & (INVERSES.length - 1);
  const k = offset >> 20;
  words[1] -= k << 20;
  const r = fma(double[0], INVERSES[i], -1);
  const whole = k * LN2_HIGH + logs[i];
  const high = whole + r;
  const r2 = r * r;
  const low = fma(r2, A0, fma(k, LN2_LOW, whole - high + r));
  return fma(r * r2, fma(fma(r, A4, A3), r2, fma(A2, r, A1)), low) + high;
}

/** ln(1 + r): r − r²/2 in two parts, for which r is split in two; then the rest of the series. */
function logNear1(r: number): number {
  const r2 = r * r;
  const r3 = r * r2;
  const inner = fma(fma(r3, B10, fma(r2, B9, fma(B8, r, B7))), r3, fma(r2, B6, fma(B5, r, B4)));
  const series = fma(inner, r3, fma(r2, B3, fma(B2, r, B1)));
  const front = fma(-(2 ** 27), r, fma(r, 2 ** 27, r));
  const square = front * front;
  const high = fma(square, -0.5, r);
  const low = fma(-0.5 * (r - front), front + r, fma(square, -0.5, r - high));
  return fma(series, r3, low) + high;
}

// ln(1 + f) = 2 artanh(s), s = f / (2 + f): its minimax polynomial in s², without the first term
const P1 = 6.666666666666735e-1;
const P2 = 3.999999999940942e-1;
const P3 = 2.857142874366239e-1;
const P4 = 2.222219843214978e-1;
const P5 = 1.818357216161805e-1;
const P6 = 1.531383769920937e-1;
const P7 = 1.479819860511659e-1;
// ln 2 in two parts, the first with 33 bits
const LN2_33 = 6.931471803691238e-1;
const LN2_REST = 1.9082149292705877e-10;

/**
 * ln(1 + x) for -1 < x ≤ 0 by the method of fdlibm (https://www.netlib.org/fdlibm/), with the multiply-adds fused where
 * the GNU C library's are on a processor that has them: bit for bit its result, which is not always the nearest number.
 */
export function log1p(x: number): number {
  if (x > -(2 ** -29)) return x > -(2 ** -54) ? x : fma(-(x * x), 0.5, x);
  if (x > -0.29289340972900390625) return artanhSeries(x, 0, 0);
  const u = 1 + x;
  double[0] = u;
  let k = ((words[1] >>> 20) & 0x7ff) - 1023;
  const correction = (x - (u - 1)) / u; // of what u has lost
  const mantissa = words[1] & 0xfffff;
  // u = (1 + f) 2^k with 1 + f in [√½, √2)
  const isLow = mantissa < 0x6a09e;
  if (!isLow) k += 1;
  words[1] = mantissa | (isLow ? 0x3ff00000 : 0x3fe00000);
  const f = double[0] - 1;
  const isTiny = isLow ? mantissa === 0 : 0x100000 - mantissa < 4;
  return isTiny ? shortSeries(f, k, correction) : artanhSeries(f, k, correction);
}

/** For |f| < 2^-20. */
function shortSeries(f: number, k: number, correction: number): number {
  const low = fma(k, LN2_REST, correction);
  if (f === 0) return k === 0 ? 0 : fma(k, LN2_33, low);
  const rest = fma(-0.6666666666666666, f, 1) * (f * 0.5 * f);
  return k === 0 ? f - rest : fma(k, LN2_33, -(rest - low - f));
}

function artanhSeries(f: number, k: number, correction: number): number {
  const half = f * 0.5 * f;
  const s = f / (2 + f);
  const z = s * s;
  const z2 = z * z;
  const z4 = z2 * z2;
  let rest = fma(z, P1, z2 * fma(P3, z, P2));
  rest = fma(z4, fma(P5, z, P4), rest);
  rest = fma(z2 * z4, fma(P7, z, P6), rest);
  rest = (rest + half) * s;
  if (k === 0) return f - (half - rest);
  return fma(k, LN2_33, -(half - (fma(k, LN2_REST, correction) + rest) - f));
}
