/** Orthogonal matrices by iteration. */
import type { Tensor } from '@torchlet/tensor';
import { defineUpdate, matmulInto } from '@torchlet/tensor/internal';
import type { Scratch } from './scratch.js';

const square = defineUpdate({
  name: 'newton_schulz_square',
  writes: ['out'],
  reads: ['x'],
  values: [],
  each: 'out = x * x;',
});

const divide = defineUpdate({
  name: 'newton_schulz_divide',
  writes: ['x'],
  reads: [],
  values: ['by'],
  each: 'x = x / by;',
});

/** `out ← f · x + g · out` */
const combine = defineUpdate({
  name: 'newton_schulz_combine',
  writes: ['out'],
  reads: ['x'],
  values: ['f', 'g'],
  each: 'out = f * x + g * out;',
});

export interface NewtonSchulzOptions {
  readonly ns_coefficients: readonly [number, number, number];
  readonly eps: number;
  readonly ns_steps: number;
}

/**
 * The matrix with its singular values moved near 1, by steps X ← aX + (bXXᵀ + c(XXᵀ)²)X, which map each singular value σ
 * to aσ + bσ³ + cσ⁵. The coefficients of Muon are steep at 0 rather than converging to 1 exactly.
 * https://kellerjordan.github.io/posts/muon/
 *
 * @param x `[n, m]`, contiguous; changed
 * @returns a tensor within `scratch`, or `x`
 */
export function orthogonalize(x: Tensor, options: NewtonSchulzOptions, scratch: Scratch): Tensor {
  const [a, b, c] = options.ns_coefficients;
  const [n, m] = x.shape;
  let current = x;
  let next = scratch.take('next', x.shape, x);
  square({ out: next, x }, {});
  divide({ x }, { by: Math.max(Math.sqrt(Number(next.sum().item())), options.eps) });
  // a tall matrix takes the smaller product XᵀX from the right, which is the same
  const tall = n > m;
  const size = Math.min(n, m);
  const gram = scratch.take('gram', [size, size], x);
  const polynomial = scratch.take('polynomial', [size, size], x);
  for (let step = 0; step < options.ns_steps; step++) {
    if (tall) matmulInto(gram, current.t(), current);
    else matmulInto(gram, current, current.t());
    matmulInto(polynomial, gram, gram);
    combine({ out: polynomial, x: gram }, { f: b, g: c });
    if (tall) matmulInto(next, current, polynomial);
    else matmulInto(next, polynomial, current);
    combine({ out: next, x: current }, { f: a, g: 1 });
    [current, next] = [next, current];
  }
  return current;
}
