/**
 * One scalar definition per elementwise kernel, as the source of a JavaScript expression in `x`, `y`, `z`, which may
 * call the functions of `elementwise-functions.ts`. The cpu backend compiles its loops from them; a gpu backend compiles its kernels from the same lines.
 *
 * Comparisons are written so that a NaN in an operand comes out, as in PyTorch's maximum, relu and clamp. C's pow gives
 * 1 where JavaScript's gives NaN (base 1, or base −1 with an infinite exponent).
 */
export const ELEMENTWISE = {
  // one operand
  copy: 'x',
  neg: '-x',
  abs: 'Math.abs(x)',
  sign: 'x > 0 ? 1 : x < 0 ? -1 : 0',
  exp: 'Math.exp(x)',
  log: 'Math.log(x)',
  sqrt: 'Math.sqrt(x)',
  tanh: 'Math.tanh(x)',
  sigmoid: '1 / (1 + Math.exp(-x))',
  relu: 'x < 0 ? 0 : x',
  logical_not: 'x === 0 ? 1 : 0',
  sin: 'Math.sin(x)',
  cos: 'Math.cos(x)',
  tan: 'Math.tan(x)',
  asin: 'Math.asin(x)',
  acos: 'Math.acos(x)',
  atan: 'Math.atan(x)',
  sinh: 'Math.sinh(x)',
  cosh: 'Math.cosh(x)',
  asinh: 'Math.asinh(x)',
  acosh: 'Math.acosh(x)',
  atanh: 'Math.atanh(x)',
  erf: 'erf(x)',
  erfc: 'erfc(x)',
  expm1: 'Math.expm1(x)',
  exp2: 'Math.pow(2, x)',
  log1p: 'Math.log1p(x)',
  log2: 'Math.log2(x)',
  log10: 'Math.log10(x)',
  rsqrt: '1 / Math.sqrt(x)',
  sinc: 'x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)',
  reciprocal: '1 / x',
  floor: 'Math.floor(x)',
  ceil: 'Math.ceil(x)',
  trunc: 'Math.trunc(x)',
  frac: 'x - Math.trunc(x)',
  // halves go to the even neighbour
  round: 'Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)',

  // nonlinearities
  gelu: 'x * normalCdf(x)',
  gelu_tanh: '0.5 * x * (1 + Math.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))',
  silu: 'x / (1 + Math.exp(-x))',
  mish: 'x * Math.tanh(x > 20 ? x : Math.log1p(Math.exp(x)))',
  log_sigmoid: '(x > 0 ? 0 : x) - Math.log1p(Math.exp(-Math.abs(x)))',

  // two operands
  add: 'x + y',
  sub: 'x - y',
  mul: 'x * y',
  div: 'x / y',
  // the remainder, which is exact, decides: 1 // 0.1 is 9, and −1 // ∞ is −1
  floor_divide: 'y === 0 ? x / y : Math.round((x - (x % y)) / y) - (x % y !== 0 && x % y < 0 !== y < 0 ? 1 : 0)',
  trunc_divide: 'Math.trunc(x / y)',
  pow: 'x === 1 || (x === -1 && (y === Infinity || y === -Infinity)) ? 1 : Math.pow(x, y)',
  maximum: 'x !== x || x > y ? x : y',
  minimum: 'x !== x || x < y ? x : y',
  eq: 'x === y ? 1 : 0',
  ne: 'x !== y ? 1 : 0',
  lt: 'x < y ? 1 : 0',
  le: 'x <= y ? 1 : 0',
  gt: 'x > y ? 1 : 0',
  ge: 'x >= y ? 1 : 0',
  logical_and: 'x !== 0 && y !== 0 ? 1 : 0',
  logical_or: 'x !== 0 || y !== 0 ? 1 : 0',
  logical_xor: '(x !== 0) !== (y !== 0) ? 1 : 0',
  atan2: 'Math.atan2(x, y)',
  hypot: 'Math.hypot(x, y)',
  // the sign of the dividend, and the sign of the divisor
  fmod: 'x % y',
  remainder: 'x % y !== 0 && x % y < 0 !== y < 0 ? (x % y) + y : x % y',

  leaky_relu: 'x > 0 ? x : x * y',

  // gradients that one pass computes: x is the gradient coming in, y the forward's output
  relu_backward: 'y <= 0 ? 0 : x',
  tanh_backward: 'x * (1 - y * y)',
  sigmoid_backward: 'x * (1 - y) * y',

  // the same from the forward's input y
  square_backward: 'x * (2 * y)',
  gelu_backward: 'x * geluSlope(y)',
  gelu_tanh_backward: 'x * geluTanhSlope(y)',
  silu_backward: 'x * (1 + y * (1 - 1 / (1 + Math.exp(-y)))) / (1 + Math.exp(-y))',

  // a loss of differences, and its gradient with the factor z
  squared_difference: '(x - y) * (x - y)',
  scaled_difference: '(x - y) * z',

  // three operands
  elu: 'x > 0 ? x : y * Math.expm1(x * z)',
  // z: whether the result wraps, as int32 and uint8 do
  pow_integer: 'powInteger(x, y, z)',
  softplus: 'x * y > z ? x : Math.log1p(Math.exp(x * y)) / y',
  add_scaled: 'x + z * y',
  clamp: 'x !== x ? x : y !== y ? y : z !== z || (x < y ? y : x) > z ? z : x < y ? y : x',
  where: 'x !== 0 ? y : z',
  // from the nearer end, so that both ends are met exactly
  lerp: 'Math.abs(z) < 0.5 ? x + z * (y - x) : y - (y - x) * (1 - z)',
} as const;

export type ElementwiseName = keyof typeof ELEMENTWISE;
