/** Attention, on heads that lie one after the other or side by side in each row, and its gradients. */
import type { DType } from '../../dtype.js';
import { numelOf, type Shape } from '../../shape.js';
import type { AttentionKernels, AttentionParams, Backend, View } from '../backend.js';
import { expectElements, expectOnlyViewWritten, type Tolerance } from './check.js';
import {
  type ConformanceCase,
  defineFor,
  exchanged,
  expanded,
  FLOATS,
  fresh,
  type Layout,
  type Operand,
  operand,
  random,
  values,
} from './harness.js';

interface Sizes {
  readonly batch: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly valueWidth: number;
}

const SMALL: Sizes = { batch: 2, heads: 3, queries: 4, keys: 5, width: 3, valueWidth: 2 };
const LARGE: Sizes = { batch: 1, heads: 2, queries: 70, keys: 66, width: 20, valueWidth: 17 };

/** Sums over many queries. */
const TOLERANCE: Readonly<Record<string, Tolerance>> = {
  float32: { rtol: 2e-5, atol: 1e-5 },
  float64: { rtol: 1e-11, atol: 1e-12 },
};

/** `[batch, heads, rows, columns]`. */
function matrices(
  backend: Backend,
  dtype: DType,
  { batch, heads }: Sizes,
  rows: number,
  columns: number,
  together: boolean,
  layout: Layout,
  seed: number,
): Operand {
  if (!together) return random(backend, dtype, [batch, heads, rows, columns], layout, seed);
  return exchanged(random(backend, dtype, [batch, rows, heads, columns], layout, seed));
}

/** Row-major data as one matrix for each head. */
function perHead({ data, shape }: Pick<Operand, 'data' | 'shape'>): number[][][] {
  const [, , rows, columns] = shape;
  return Array.from({ length: shape[0] * shape[1] }, (_, p) =>
    Array.from({ length: rows }, (__, i) => data.slice((p * rows + i) * columns, (p * rows + i + 1) * columns)),
  );
}

const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, v, i) => sum + v * y[i], 0);
const transpose = (m: number[][]): number[][] => m[0].map((_, j) => m.map((row) => row[j]));
const product = (a: number[][], b: number[][]): number[][] => {
  const columns = transpose(b);
  return a.map((row) => columns.map((column) => dot(row, column)));
};

/** Weights of one head: the softmax of each row of scores, zeros for a row of −∞. */
function softmaxRows(scores: number[][]): number[][] {
  return scores.map((row) => {
    const top = row.reduce((a, b) => Math.max(a, b));
    if (top === Number.NEGATIVE_INFINITY) return row.map(() => 0);
    const each = row.map((x) => Math.exp(x - top));
    const total = each.reduce((a, b) => a + b);
    return each.map((x) => x / total);
  });
}

interface Expected {
  readonly weights: number[];
  readonly out: number[];
  readonly grads: readonly [q: number[], k: number[], v: number[]];
}

function expectedOf(
  [q, k, v, grad]: readonly Operand[],
  mask: Operand | null,
  { scale, causal }: AttentionParams,
): Expected {
  const [qs, ks, vs, gs] = [q, k, v, grad].map(perHead);
  const masks = mask === null ? null : perHead(mask);
  const found = qs.map((_, p) => {
    const shown = (i: number, j: number): number =>
      causal && j > i ? Number.NEGATIVE_INFINITY : (masks?.[p][i][j] ?? 0);
    const scores = product(qs[p], transpose(ks[p])).map((row, i) => row.map((x, j) => scale * x + shown(i, j)));
    const w = softmaxRows(scores);
    const dw = product(gs[p], transpose(vs[p]));
    const ds = w.map((row, i) => row.map((x, j) => scale * x * (dw[i][j] - dot(row, dw[i]))));
    return {
      w,
      out: product(w, vs[p]),
      q: product(ds, ks[p]),
      k: product(transpose(ds), qs[p]),
      v: product(transpose(w), gs[p]),
    };
  });
  const all = (of: (one: (typeof found)[number]) => number[][]): number[] => found.flatMap((one) => of(one).flat());
  return {
    weights: all((one) => one.w),
    out: all((one) => one.out),
    grads: [all((one) => one.q), all((one) => one.k), all((one) => one.v)],
  };
}

function check(
  backend: Backend,
  dtype: DType,
  sizes: Sizes,
  together: boolean,
  layout: Layout,
  causal: boolean,
  mask: Operand | null,
): void {
  const kernels = backend.attention as AttentionKernels;
  const { queries, keys, width, valueWidth } = sizes;
  const make = (rows: number, columns: number, seed: number): Operand =>
    matrices(backend, dtype, sizes, rows, columns, together, layout, seed);
  const [q, k, v] = [make(queries, width, 1), make(keys, width, 2), make(keys, valueWidth, 3)];
  const grad = make(queries, valueWidth, 4);
  const params = { scale: 0.6, causal };
  const want = expectedOf([q, k, v, grad], mask, params);
  const tolerance = TOLERANCE[dtype];
  const weights = fresh(backend, dtype, [sizes.batch, sizes.heads, queries, keys]);
  const out = make(queries, valueWidth, 5).view;
  const added = mask?.view ?? null;
  expectOnlyViewWritten(backend, out, () => kernels.forward(q.view, k.view, v.view, added, params, weights, out));
  expectElements(backend, weights, want.weights, tolerance);
  expectElements(backend, out, want.out, tolerance);
  const alone = make(queries, valueWidth, 6).view;
  kernels.forward(q.view, k.view, v.view, added, params, null, alone);
  expectElements(backend, alone, want.out, tolerance);
  const results = [make(queries, width, 7).view, make(keys, width, 8).view, make(keys, valueWidth, 9).view] as const;
  const run = (a: View | null, b: View | null, c: View | null): void =>
    kernels.backward(q.view, k.view, v.view, params, weights, grad.view, [a, b, c]);
  expectOnlyViewWritten(backend, results[0], () => run(results[0], null, null));
  expectOnlyViewWritten(backend, results[1], () => run(null, results[1], null));
  expectOnlyViewWritten(backend, results[2], () => run(null, null, results[2]));
  for (let i = 0; i < 3; i++) expectElements(backend, results[i], want.grads[i], tolerance);
  const again = results.map(({ shape }) => fresh(backend, dtype, shape));
  run(again[0], again[1], again[2]);
  for (let i = 0; i < 3; i++) expectElements(backend, again[i], want.grads[i], tolerance);
}

/** Numbers among which there are −∞, also for all keys of a query. */
function maskOf(backend: Backend, dtype: DType, shape: Shape): Operand {
  const data = values(dtype, shape, 11);
  for (let i = 0; i < data.length; i += 3) data[i] = Number.NEGATIVE_INFINITY;
  data.fill(Number.NEGATIVE_INFINITY, 0, shape[shape.length - 1]);
  if (numelOf(shape) !== data.length) throw new Error('the case is wrong');
  return operand(backend, dtype, shape, data);
}

const COMPOSED = { gpu: 'composed of other kernels there' };

const define = (name: string, run: (backend: Backend, dtype: DType) => void): ConformanceCase[] =>
  defineFor(FLOATS, `attention ${name}`, run).map((c) => ({ ...c, skip: COMPOSED }));

export const attentionCases: readonly ConformanceCase[] = [
  ...define('of heads that lie apart', (backend, dtype) => {
    for (const sizes of [SMALL, LARGE]) check(backend, dtype, sizes, false, 'offset', false, null);
  }),
  ...define('of heads that lie side by side', (backend, dtype) => {
    for (const sizes of [SMALL, LARGE]) check(backend, dtype, sizes, true, 'offset', false, null);
  }),
  ...define('to the keys before each query', (backend, dtype) => {
    for (const sizes of [SMALL, LARGE, { ...LARGE, queries: 140 }, { ...LARGE, keys: 150 }])
      check(backend, dtype, sizes, true, 'contiguous', true, null);
  }),
  ...define('of single queries, keys and elements', (backend, dtype) => {
    check(backend, dtype, { ...SMALL, queries: 1 }, true, 'contiguous', false, null);
    check(backend, dtype, { ...SMALL, keys: 1, valueWidth: 1 }, false, 'contiguous', false, null);
    check(backend, dtype, { ...SMALL, width: 1, heads: 1 }, true, 'contiguous', false, null);
  }),
  ...define('with a mask for each head', (backend, dtype) => {
    for (const sizes of [SMALL, LARGE]) {
      const { batch, heads, queries, keys } = sizes;
      check(backend, dtype, sizes, true, 'contiguous', false, maskOf(backend, dtype, [batch, heads, queries, keys]));
    }
  }),
  ...define('with a mask for all heads, or all queries', (backend, dtype) => {
    const { batch, heads, queries, keys } = SMALL;
    for (const shape of [
      [queries, keys],
      [batch, 1, 1, keys],
    ]) {
      const mask = expanded(maskOf(backend, dtype, shape), [batch, heads, queries, keys]);
      check(backend, dtype, SMALL, false, 'contiguous', false, mask);
    }
  }),
];
