/**
 * One scalar definition per elementwise kernel, as the source of a JavaScript expression in `x`, `y`, `z`. The cpu
 * backend compiles its loops from them; a gpu backend compiles its kernels from the same lines.
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

  // gradients that one pass computes: x is the gradient coming in, y the forward's output
  relu_backward: 'y <= 0 ? 0 : x',
  tanh_backward: 'x * (1 - y * y)',
  sigmoid_backward: 'x * (1 - y) * y',

  // three operands
  add_scaled: 'x + z * y',
  clamp: 'x !== x ? x : y !== y ? y : z !== z || (x < y ? y : x) > z ? z : x < y ? y : x',
  where: 'x !== 0 ? y : z',
} as const;

export type ElementwiseName = keyof typeof ELEMENTWISE;
