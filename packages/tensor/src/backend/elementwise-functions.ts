/**
 * Functions that an elementwise kernel's expression may call, as source: what JavaScript's `Math` does not have. A
 * backend puts those that an expression names in front of the loop that it compiles.
 */
export const FUNCTIONS: Readonly<
  Record<'erfc' | 'erf' | 'normalCdf' | 'geluSlope' | 'geluTanhSlope' | 'powInteger', string>
> = {
  /**
   * 1 − erf: t · exp(−x² + P(t)) for t = 2 / (2 + |x|), P being a Chebyshev series fitted to 40 digits; relative error
   * below 2e-13 wherever the result is a normal number.
   */
  erfc: `const ERFC = [
  0.6419697923564902, 0.019476473204185836, -0.009561514786808632, -0.0009465953444820369, 0.00036683949785276145,
  4.252332480690777e-05, -2.0278578112534242e-05, -1.6242900046470256e-06, 1.3036558355805232e-06,
  1.5626441722066142e-08, -8.523809591492654e-08, 6.5290544390988515e-09, 5.059343495551469e-09,
  -9.91364156493033e-10, -2.273651222931836e-10, 9.646791102015527e-11, 2.394038083039115e-12,
  -6.886027526497554e-12, 8.944879273090728e-13, 3.130921399342956e-13, -1.1270822361367238e-13,
  3.8109052551882603e-16, 7.106097613609286e-15, -1.5230282014571043e-15, -9.457494571296085e-17,
  1.2102371892252483e-16, -2.8166630877616693e-17,
];
function erfc(x) {
  const z = Math.abs(x);
  const t = 2 / (2 + z);
  const twice = 4 * t - 2;
  let a = 0;
  let b = 0;
  for (let i = ERFC.length - 1; i > 0; i--) {
    const next = twice * a - b + ERFC[i];
    b = a;
    a = next;
  }
  // Clenshaw's last step, with the constant of the series
  const series = -0.6513268598908547 + 0.5 * twice * (twice * a - b + ERFC[0]) - a;
  const tail = z > 28 ? 0 : t * Math.exp(series - z * z);
  return x < 0 ? 2 - tail : tail;
}`,
  /** The power series near 0, where 1 − erfc would cancel. */
  erf: `function erf(x) {
  if (x > 0.5) return 1 - erfc(x);
  if (x < -0.5) return erfc(-x) - 1;
  let term = x;
  let sum = x;
  for (let n = 1; n < 13; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return sum * 1.1283791670955126;
}`,
  /** Integer powers: 0 for what is no integer, and modulo 2^32 where they wrap. */
  powInteger: `function powInteger(x, y, wraps) {
  if (y < 0) return x === 1 ? 1 : x === -1 ? (y % 2 === 0 ? 1 : -1) : 0;
  const power = Math.pow(x, y);
  const whole = Number.isInteger(x) && Number.isInteger(y);
  if (wraps === 0 || !whole || Number.isSafeInteger(power)) return power;
  let result = 1;
  for (let base = x | 0, n = y; n > 0; n = Math.floor(n / 2), base = Math.imul(base, base)) {
    if (n % 2 === 1) result = Math.imul(result, base);
  }
  return result;
}`,
  /** The distribution function of the standard normal distribution. */
  normalCdf: `function normalCdf(x) {
  return 0.5 * erfc(-0.7071067811865476 * x);
}`,
  /** The derivative of gelu. */
  geluSlope: `function geluSlope(x) {
  return 0.5 * erfc(-0.7071067811865476 * x) + x * 0.3989422804014327 * Math.exp(-0.5 * x * x);
}`,
  /** The derivative of gelu's approximation by tanh. */
  geluTanhSlope: `function geluTanhSlope(x) {
  const t = Math.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x));
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * 0.7978845608028654 * (1 + 0.134145 * x * x);
}`,
};

/** Functions that others are made of. */
const NEEDS_ERFC: readonly string[] = ['erf', 'normalCdf', 'geluSlope'];

/** The sources that an expression needs, `erfc` before those made of it. */
export function functionsIn(expression: string): string {
  const names = Object.keys(FUNCTIONS) as (keyof typeof FUNCTIONS)[];
  const called = names.filter((name) => expression.includes(`${name}(`));
  const needed = called.some((name) => NEEDS_ERFC.includes(name));
  const all = needed ? names.filter((n) => n === 'erfc' || called.includes(n)) : called;
  return all.map((name) => FUNCTIONS[name]).join('\n');
}
