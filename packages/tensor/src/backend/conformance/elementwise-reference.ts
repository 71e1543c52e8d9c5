/** The elementwise kernels' functions, written from PyTorch's documentation and not from the kernels. */
import type { ElementwiseName } from '../elementwise.js';
import { ACTIVATIONS } from './activation-reference.js';
import { complementaryErrorFunction, errorFunction, type Reference } from './special-functions.js';

const nanOr = (value: number, ...operands: number[]): number => (operands.some(Number.isNaN) ? Number.NaN : value);
export const truth = (condition: boolean): number => (condition ? 1 : 0);

/** C's pow: 1 to the power of anything, and −1 to ±∞, are 1. */
function power(x: number, y: number): number {
  if (x === 1) return 1;
  if (x === -1 && Math.abs(y) === Infinity) return 1;
  return x ** y;
}

/** Of integers; with `wraps`, in the two's complement of 32 bits. */
function integerPower(x: number, y: number, wraps: number): number {
  if (y < 0) return Math.abs(x) === 1 ? (x === 1 || y % 2 === 0 ? 1 : -1) : 0;
  const exact = wraps !== 0 && Number.isInteger(x) && Number.isInteger(y) && Math.abs(x ** y) > 2 ** 53;
  return exact ? Number(BigInt.asIntN(32, BigInt(x) ** BigInt(y))) : x ** y;
}

/** Python's `//`: the remainder, which is exact, decides; so −1 // ∞ is −1 and 1 // 0.1 is 9. */
function floorDivide(x: number, y: number): number {
  if (y === 0) return x / y;
  const remainder = x % y;
  const quotient = Math.round((x - remainder) / y);
  return remainder !== 0 && Math.sign(remainder) !== Math.sign(y) ? quotient - 1 : quotient;
}

/** The even one of two neighbours that are equally near. */
function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  if (x - below === 0.5) return below % 2 === 0 ? below : below + 1;
  return x - below < 0.5 ? below : Math.ceil(x);
}

/** Python's `%`: the result has the divisor's sign. */
function floorRemainder(x: number, y: number): number {
  const r = x % y;
  return r !== 0 && Math.sign(r) !== Math.sign(y) ? r + y : r;
}

/** What PyTorch computes, written from its documentation and not from the kernels. */
export const REFERENCE: Readonly<Record<ElementwiseName, Reference>> = {
  ...ACTIVATIONS,
  copy: { arity: 1, f: (x) => x },
  neg: { arity: 1, f: (x) => 0 - x },
  abs: { arity: 1, f: (x) => (x < 0 ? -x : x) },
  sign: { arity: 1, f: (x) => truth(x > 0) - truth(x < 0) },
  exp: { arity: 1, f: Math.exp, floatOnly: true },
  log: { arity: 1, f: Math.log, floatOnly: true },
  sqrt: { arity: 1, f: (x) => (x < 0 ? Number.NaN : Math.sqrt(x)), floatOnly: true },
  tanh: { arity: 1, f: Math.tanh, floatOnly: true },
  sigmoid: { arity: 1, f: (x) => 0.5 * (1 + Math.tanh(x / 2)), floatOnly: true },
  relu: { arity: 1, f: (x) => nanOr(Math.max(x, 0), x) },
  logical_not: { arity: 1, f: (x) => truth(x === 0) },
  sin: { arity: 1, f: (x) => Math.sin(x), floatOnly: true },
  cos: { arity: 1, f: (x) => Math.cos(x), floatOnly: true },
  tan: { arity: 1, f: (x) => Math.sin(x) / Math.cos(x), floatOnly: true },
  asin: { arity: 1, f: (x) => Math.atan2(x, Math.sqrt(1 - x * x)), floatOnly: true },
  acos: { arity: 1, f: (x) => Math.atan2(Math.sqrt(1 - x * x), x), floatOnly: true },
  atan: { arity: 1, f: (x) => Math.atan2(x, 1), floatOnly: true },
  sinh: {
    arity: 1,
    f: (x) =>
      Math.abs(x) < 1
        ? x + x ** 3 / 6 + x ** 5 / 120 + x ** 7 / 5040 + x ** 9 / 362880
        : (Math.exp(x) - Math.exp(-x)) / 2,
    floatOnly: true,
  },
  cosh: { arity: 1, f: (x) => (Math.exp(x) + Math.exp(-x)) / 2, floatOnly: true },
  asinh: {
    arity: 1,
    f: (x) => (Number.isFinite(x) ? Math.sign(x) * Math.log(Math.abs(x) + Math.hypot(x, 1)) : x),
    floatOnly: true,
  },
  acosh: { arity: 1, f: (x) => Math.log(x + Math.sqrt(x * x - 1)), floatOnly: true },
  atanh: { arity: 1, f: (x) => Math.log((1 + x) / (1 - x)) / 2, floatOnly: true },
  erf: { arity: 1, f: errorFunction, floatOnly: true },
  erfc: { arity: 1, f: complementaryErrorFunction, floatOnly: true },
  expm1: { arity: 1, f: Math.expm1, floatOnly: true },
  exp2: { arity: 1, f: (x) => 2 ** x, floatOnly: true },
  log1p: { arity: 1, f: (x) => Math.log(1 + x), floatOnly: true },
  log2: { arity: 1, f: (x) => Math.log(x) / Math.LN2, floatOnly: true },
  log10: { arity: 1, f: (x) => Math.log(x) / Math.LN10, floatOnly: true },
  rsqrt: { arity: 1, f: (x) => Math.sqrt(x) ** -1, floatOnly: true },
  sinc: { arity: 1, f: (x) => (Math.abs(x) <= 0 ? 1 : Math.sin(x * Math.PI) / x / Math.PI), floatOnly: true },
  reciprocal: { arity: 1, f: (x) => x ** -1, floatOnly: true },
  floor: { arity: 1, f: (x) => -Math.ceil(-x), floatOnly: true },
  ceil: { arity: 1, f: (x) => -Math.floor(-x), floatOnly: true },
  trunc: { arity: 1, f: (x) => (x < 0 ? Math.ceil(x) : Math.floor(x)), floatOnly: true },
  frac: { arity: 1, f: (x) => (Number.isFinite(x) ? x % 1 : Number.NaN), floatOnly: true },
  round: { arity: 1, f: roundHalfToEven, floatOnly: true },
  add: { arity: 2, f: (x, y) => x + y },
  sub: { arity: 2, f: (x, y) => x - y },
  mul: { arity: 2, f: (x, y) => x * y },
  div: { arity: 2, f: (x, y) => x / y, floatOnly: true },
  floor_divide: { arity: 2, f: floorDivide, floatOnly: true },
  trunc_divide: {
    arity: 2,
    f: (x, y) => nanOr(x / y < 0 ? Math.ceil(x / y) : Math.floor(x / y), x, y),
    floatOnly: true,
  },
  pow: { arity: 2, f: power, floatOnly: true },
  maximum: { arity: 2, f: (x, y) => nanOr(Math.max(x, y), x, y) },
  minimum: { arity: 2, f: (x, y) => nanOr(Math.min(x, y), x, y) },
  eq: { arity: 2, f: (x, y) => truth(x === y) },
  ne: { arity: 2, f: (x, y) => truth(!(x === y)) },
  lt: { arity: 2, f: (x, y) => truth(x < y) },
  le: { arity: 2, f: (x, y) => truth(x < y || x === y) },
  gt: { arity: 2, f: (x, y) => truth(y < x) },
  ge: { arity: 2, f: (x, y) => truth(y < x || x === y) },
  logical_and: { arity: 2, f: (x, y) => truth(x !== 0) * truth(y !== 0) },
  logical_or: { arity: 2, f: (x, y) => truth(!(x === 0 && y === 0)) },
  logical_xor: { arity: 2, f: (x, y) => truth(truth(x !== 0) + truth(y !== 0) === 1) },
  atan2: { arity: 2, f: (x, y) => Math.atan2(x, y), floatOnly: true },
  hypot: {
    arity: 2,
    f: (x, y) => (Math.abs(x) === Infinity || Math.abs(y) === Infinity ? Infinity : Math.sqrt(x * x + y * y)),
    floatOnly: true,
  },
  fmod: { arity: 2, f: (x, y) => (Math.abs(y) === Infinity && Number.isFinite(x) ? x : x % y), floatOnly: true },
  remainder: { arity: 2, f: floorRemainder, floatOnly: true },
  relu_backward: { arity: 2, f: (g, y) => (y > 0 || Number.isNaN(y) ? g : 0), floatOnly: true },
  square_backward: { arity: 2, f: (g, x) => 2 * g * x, floatOnly: true },
  tanh_backward: { arity: 2, f: (g, y) => g * (1 - y * y), floatOnly: true },
  sigmoid_backward: { arity: 2, f: (g, y) => g * (1 - y) * y, floatOnly: true },
  squared_difference: { arity: 2, f: (x, y) => (x - y) ** 2, floatOnly: true },
  scaled_difference: { arity: 3, f: (x, y, z) => (x - y) * z, floatOnly: true },
  add_scaled: { arity: 3, f: (x, y, z) => x + y * z },
  // the bounds are numbers: where they cross, the upper one counts
  clamp: { arity: 3, f: (x, low, high) => nanOr(Math.min(Math.max(x, low), high), x) },
  pow_integer: { arity: 3, f: integerPower, floatOnly: true },
  where: { arity: 3, f: (c, x, y) => (c !== 0 ? x : y) },
  lerp: { arity: 3, f: (x, y, w) => (1 - w) * x + w * y, floatOnly: true },
};
