/** The passes of L-BFGS over whole vectors. */
import type { Tensor } from '@torchlet/tensor';
import { allocateLike, defineUpdate, type RowsKernel } from '@torchlet/tensor/internal';
import { finding, greatest, numbersOf, sum, walk } from './long-vectors.js';

/** A change of the gradient, y, and of the parameters, s, with the products of both. */
export interface Change {
  readonly y: Tensor;
  readonly s: Tensor;
  readonly ys: number;
  readonly yy: number;
}

const CHANGE: RowsKernel = {
  name: 'lbfgs_change',
  reads: ['g', 'past', 'd'],
  writes: ['y', 's'],
  rowReads: [],
  rowWrites: ['ys', 'yy'],
  values: ['t'],
  passes: [
    {
      body: 'y = g - past; s = t * d;',
      results: { ys: { reduce: 'sum', of: 'y * s' }, yy: { reduce: 'sum', of: 'y * y' } },
    },
  ],
};

/** What a step of size `t` along `d` has changed: the gradient, from `past` to `grad`, and the parameters. */
export function changeAlong(grad: Tensor, past: Tensor, d: Tensor, t: number): Change {
  const [y, s] = [grad, d].map((like) => allocateLike(like));
  const [ys, yy] = numbersOf(walk(CHANGE, [grad, past, d], [t], [y, s])).map(sum);
  return { y, s, ys, yy };
}

const SLOPE = finding('lbfgs_slope', ['g', 'd'], {
  slope: { reduce: 'sum', of: 'g * d' },
  most: { reduce: 'max', of: 'Math.abs(d)' },
});

/** The slope of the loss along a direction, g · d, and the direction's largest magnitude. */
export function slopeAlong(grad: Tensor, d: Tensor): { readonly slope: number; readonly size: number } {
  const [slopes, sizes] = numbersOf(walk(SLOPE, [grad, d]));
  return { slope: sum(slopes), size: greatest(sizes) };
}

const LARGEST = finding('lbfgs_largest', ['x'], { most: { reduce: 'max', of: 'Math.abs(x)' } });

/** The largest magnitude; of nothing there is none: then `max` throws its error. */
export const largest = (x: Tensor): number =>
  x.numel() === 0 ? Number(x.max().item()) : greatest(numbersOf(walk(LARGEST, [x]))[0]);

const addSix = defineUpdate({
  name: 'lbfgs_add_six',
  writes: ['sum'],
  reads: ['u', 'v', 'w', 'x', 'y', 'z'],
  values: ['first', 'a', 'b', 'c', 'd', 'e', 'f'],
  each: 'const six = a * u + b * v + (c * w + d * x) + (e * y + f * z); sum = first ? six : sum + six;',
});

/** Σ coefficient · vector, a new tensor. Several vectors are read side by side: in the same time, memory brings more of them. */
export function combination(vectors: readonly Tensor[], coefficients: readonly number[]): Tensor {
  const sum = allocateLike(vectors[0]);
  for (let i = 0; i < vectors.length; i += 6) {
    const [u, v = null, w = null, x = null, y = null, z = null] = vectors.slice(i, i + 6);
    const [a, b = 0, c = 0, d = 0, e = 0, f = 0] = coefficients.slice(i, i + 6);
    addSix({ sum, u, v, w, x, y, z }, { first: i === 0, a, b, c, d, e, f });
  }
  return sum;
}
