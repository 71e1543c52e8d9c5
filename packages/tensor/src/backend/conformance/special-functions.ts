/** What the references of the elementwise kernels share. */

/** What a kernel computes, of one to three numbers; `floatOnly`: it is never run on integers. */
export interface Reference {
  readonly arity: 1 | 2 | 3;
  readonly f: (x: number, y: number, z: number) => number;
  readonly floatOnly?: true;
}

/** erf by its power series in e^(−x²), all of whose terms have one sign. */
export function errorFunction(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** 1 − erf, by Laplace's continued fraction from 2 on. */
export function complementaryErrorFunction(x: number): number {
  if (x < 2 || Number.isNaN(x)) return 1 - errorFunction(x);
  let tail = x;
  for (let n = 200; n > 0; n--) tail = x + n / 2 / tail;
  return x === Infinity ? 0 : Math.exp(-x * x) / (tail * Math.sqrt(Math.PI));
}
