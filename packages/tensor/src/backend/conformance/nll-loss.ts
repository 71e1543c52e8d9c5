/** Negative log likelihood and its gradient: targets that are ignored, weights, several targets for each input. */
import type { DType } from '../../dtype.js';
import { numelOf, type Shape } from '../../shape.js';
import type { Backend, NllLossKernels, NllLossParams } from '../backend.js';
import { expectElements, expectOnlyViewWritten } from './check.js';
import {
  type ConformanceCase,
  defineFor,
  FLOATS,
  flat,
  indicesOf,
  inside,
  LAYOUTS,
  type Operand,
  operand,
  random,
  values,
} from './harness.js';

const IGNORED = 2;
const REDUCTIONS = ['none', 'sum', 'mean'] as const;

interface Problem {
  readonly x: Operand;
  readonly target: Operand;
  readonly weight: Operand | null;
  readonly params: NllLossParams;
}

/** Each target's class and weight, in order; an ignored one weighs nothing. */
function weighed({ x, target, weight, params }: Problem): { at: number; w: number; counts: boolean }[] {
  const dim = x.shape.length === 1 ? 0 : 1;
  return Array.from(indicesOf(target.shape), (index) => {
    const c = target.data[flat(target.shape, index)];
    const counts = c !== params.ignore_index;
    const w = counts ? (weight?.data[c] ?? 1) : 0;
    return { at: counts ? flat(x.shape, index.toSpliced(dim, 0, c)) : 0, w, counts };
  });
}

function check(backend: Backend, dtype: DType, problem: Problem): void {
  const { x, target, weight, params } = problem;
  const kernels = backend.nllLoss as NllLossKernels;
  const targets = weighed(problem);
  const losses = targets.map(({ at, w, counts }) => (counts ? -w * x.data[at] : 0));
  const add = (a: number, b: number): number => a + b;
  const divisor = params.reduction === 'mean' ? targets.reduce((sum, { w }) => sum + w, 0) : 1;
  const shape = params.reduction === 'none' ? target.shape : [];
  const expected = params.reduction === 'none' ? losses : [losses.reduce(add, 0) / divisor];
  const out = inside(backend, dtype, shape);
  expectOnlyViewWritten(backend, out, () => kernels.forward(x.view, target.view, weight?.view ?? null, params, out));
  expectElements(backend, out, expected);

  const layout = params.reduction === 'none' ? 'strided' : 'offset';
  const grad = random(backend, dtype, shape, layout, 5);
  const dx = inside(backend, dtype, x.shape);
  const slopes = x.data.map(() => 0);
  targets.forEach(({ at, w, counts }, i) => {
    if (counts) slopes[at] = (-w * grad.data[shape.length === 0 ? 0 : i]) / divisor;
  });
  expectOnlyViewWritten(backend, dx, () => kernels.backward(grad.view, target.view, weight?.view ?? null, params, dx));
  expectElements(backend, dx, slopes);
}

/** All reductions, with weights and without. */
function checkAll(backend: Backend, dtype: DType, shape: Shape, targetOf: (n: number) => number[]): void {
  const classes = shape[shape.length === 1 ? 0 : 1];
  const targetShape = shape.toSpliced(shape.length === 1 ? 0 : 1, 1);
  for (const layout of LAYOUTS) {
    const x = random(backend, dtype, shape, layout, 1);
    const target = operand(backend, 'int64', targetShape, targetOf(numelOf(targetShape)), layout);
    for (const weight of [null, operand(backend, dtype, [classes], values(dtype, [classes], 3).map(Math.abs), layout)])
      for (const reduction of REDUCTIONS)
        check(backend, dtype, { x, target, weight, params: { ignore_index: IGNORED, reduction } });
  }
}

const spread = (n: number, classes: number): number[] => Array.from({ length: n }, (_, i) => (7 * i + 1) % classes);

const COMPOSED = { gpu: 'composed of other kernels there' };

const define = (name: string, run: (backend: Backend, dtype: DType) => void): ConformanceCase[] =>
  defineFor(FLOATS, `nll loss ${name}`, run).map((c) => ({ ...c, skip: COMPOSED }));

export const nllLossCases: readonly ConformanceCase[] = [
  ...define('of one target for each input', (backend, dtype) => {
    checkAll(backend, dtype, [6, 5], (n) => spread(n, 5));
    checkAll(backend, dtype, [40, 9], (n) => spread(n, 9));
  }),
  ...define('of several targets for each input', (backend, dtype) => {
    checkAll(backend, dtype, [3, 4, 5], (n) => spread(n, 4));
    checkAll(backend, dtype, [2, 3, 7, 9], (n) => spread(n, 3));
  }),
  ...define('of one input', (backend, dtype) => checkAll(backend, dtype, [5], (n) => spread(n, 5))),
  ...define('of ignored targets alone, and of none', (backend, dtype) => {
    checkAll(backend, dtype, [3, 4], (n) => new Array<number>(n).fill(IGNORED));
    checkAll(backend, dtype, [4, 3, 2], (n) => new Array<number>(n).fill(IGNORED));
    checkAll(backend, dtype, [0, 4], () => []);
  }),
  ...define('of infinite numbers, of which the ignored ones do not count', (backend, dtype) => {
    const x = operand(backend, dtype, [3, 3], [-Infinity, 1, -Infinity, 2, -Infinity, 3, -1, -2, -3]);
    const target = operand(backend, 'int64', [3], [IGNORED, 0, 1]);
    const weight = operand(backend, dtype, [3], [0.5, 0, 1]);
    for (const reduction of REDUCTIONS) {
      check(backend, dtype, { x, target, weight: null, params: { ignore_index: IGNORED, reduction } });
      check(backend, dtype, { x, target, weight, params: { ignore_index: 0, reduction } });
      // zero times infinity
      check(backend, dtype, {
        x,
        target: operand(backend, 'int64', [3], [0, 1, 1]),
        weight,
        params: { ignore_index: IGNORED, reduction },
      });
    }
  }),
  ...define('of targets of another integer type', (backend, dtype) => {
    const target = operand(backend, 'uint8', [4], [0, 2, 1, 0]);
    const x = random(backend, dtype, [4, 3], 'contiguous', 2);
    for (const reduction of REDUCTIONS)
      check(backend, dtype, { x, target, weight: null, params: { ignore_index: -100, reduction } });
  }),
];
