/** Reductions, positions of extrema, softmax. */
import { type DType, isFloating } from '../../dtype.js';
import { ValueError } from '../../errors.js';
import { numelOf, type Shape } from '../../shape.js';
import type { Backend, ReduceName } from '../backend.js';
import { expectElements, expectOnlyViewWritten, expectThrows } from './check.js';
import {
  ALL,
  type ConformanceCase,
  define,
  defineFor,
  expanded,
  FLOATS,
  flat,
  fresh,
  indicesOf,
  inside,
  LAYOUTS,
  type Operand,
  operand,
  random,
} from './harness.js';

const REDUCTIONS: readonly ReduceName[] = ['sum', 'prod', 'max', 'min'];

/** The elements that fall on each element of the result, in row-major order. */
function groups(x: Operand, dims: readonly number[]): { shape: number[]; members: number[][] } {
  const kept = x.shape.map((_, d) => d).filter((d) => !dims.includes(d));
  const shape = kept.map((d) => x.shape[d]);
  const members = Array.from({ length: numelOf(shape) }, (): number[] => []);
  for (const index of indicesOf(x.shape)) {
    members[
      flat(
        shape,
        kept.map((d) => index[d]),
      )
    ].push(x.data[flat(x.shape, index)]);
  }
  return { shape, members };
}

function folded(name: ReduceName, members: readonly number[]): number {
  if (name === 'sum') return members.reduce((a, b) => a + b, 0);
  if (name === 'prod') return members.reduce((a, b) => a * b, 1);
  return name === 'max' ? Math.max(...members) : Math.min(...members);
}

function checkReduce(backend: Backend, name: ReduceName, x: Operand, dims: readonly number[], dtype: DType): void {
  const { shape, members } = groups(x, dims);
  const out = fresh(backend, dtype, shape);
  backend.reduce(name, x.view, dims, out);
  expectElements(
    backend,
    out,
    members.map((m) => folded(name, m)),
  );
}

const DIMS: readonly (readonly number[])[] = [[0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2], []];

const reductions = REDUCTIONS.flatMap((name) =>
  defineFor(name === 'sum' || name === 'prod' ? [...FLOATS, 'int64'] : ALL, `reduce ${name}`, (backend, dtype) => {
    for (const layout of LAYOUTS) {
      const x = random(backend, dtype, [2, 3, 5], layout, 3);
      for (const dims of DIMS) checkReduce(backend, name, x, dims, dtype);
    }
    const wide = expanded(random(backend, dtype, [3, 1], 'strided'), [2, 3, 4]);
    for (const dims of DIMS) checkReduce(backend, name, wide, dims, dtype);
    checkReduce(backend, name, random(backend, dtype, []), [], dtype);
    checkReduce(backend, name, random(backend, dtype, [1, 4, 1]), [0, 2], dtype);
  }),
);

/** Position of the first extremum; a NaN is one. */
function extremum(name: 'max' | 'min', members: readonly number[]): number {
  const nan = members.findIndex(Number.isNaN);
  return nan >= 0 ? nan : members.indexOf(name === 'max' ? Math.max(...members) : Math.min(...members));
}

function checkArgReduce(backend: Backend, x: Operand, dim: number): void {
  const { shape, members } = groups(x, x.shape.length === 0 ? [] : [dim]);
  for (const name of ['max', 'min'] as const) {
    const out = fresh(backend, 'int64', shape);
    backend.argReduce(name, x.view, dim, out);
    expectElements(
      backend,
      out,
      members.map((m) => extremum(name, m)),
    );
  }
}

function checkSoftmax(backend: Backend, x: Operand, dim: number): void {
  const { members } = groups(x, x.shape.length === 0 ? [] : [dim]);
  const rest = (shape: Shape): number[] => shape.filter((_, d) => d !== dim);
  for (const log of [false, true]) {
    const expected = Array.from(indicesOf(x.shape), (index) => {
      const row =
        members[
          flat(
            rest(x.shape),
            index.filter((_, d) => d !== dim),
          )
        ];
      const max = Math.max(...row);
      const total = row.reduce((sum, v) => sum + Math.exp(v - max), 0);
      const shifted = x.data[flat(x.shape, index)] - max;
      return log ? shifted - Math.log(total) : Math.exp(shifted) / total;
    });
    const out = fresh(backend, x.view.dtype, x.shape);
    backend.softmax(x.view, dim, log, out);
    expectElements(backend, out, expected);
  }
}

export const reduceCases: readonly ConformanceCase[] = [
  ...reductions,
  ...defineFor(
    ALL.filter((d) => !isFloating(d)),
    'reduce sums and products of integers into int64',
    (backend, dtype) => {
      const x = random(backend, dtype, [3, 4], 'strided', 9);
      for (const name of ['sum', 'prod'] as const)
        for (const dims of [[0], [1], [0, 1]]) checkReduce(backend, name, x, dims, 'int64');
    },
  ),
  ...defineFor(FLOATS, 'reduce over nothing gives the neutral element', (backend, dtype) => {
    const x = random(backend, dtype, [3, 0, 2]);
    for (const dims of [[1], [0, 1], [0, 1, 2]]) {
      checkReduce(backend, 'sum', x, dims, dtype);
      checkReduce(backend, 'prod', x, dims, dtype);
    }
    for (const name of REDUCTIONS) checkReduce(backend, name, x, [0], dtype);
  }),
  define('reduce keeps NaN and infinities', (backend) => {
    const rows = [
      [1, Number.NaN, 3],
      [Number.NaN, -1, -2],
      [Infinity, 1, -Infinity],
      [Infinity, 5, 1],
      [-Infinity, -Infinity, -Infinity],
      [0, Infinity, 1],
    ];
    const x = operand(backend, 'float32', [6, 3], rows.flat());
    for (const name of REDUCTIONS) {
      checkReduce(backend, name, x, [1], 'float32');
      checkReduce(backend, name, x, [0], 'float32');
    }
  }),
  define('reduce sums long rows and columns accurately', (backend) => {
    const data = Array.from({ length: 3 * 10007 }, (_, i) => 1 + (i % 7) * 0.1);
    checkReduce(backend, 'sum', operand(backend, 'float32', [3, 10007], data), [1], 'float32');
    checkReduce(backend, 'sum', operand(backend, 'float32', [10007, 3], data), [0], 'float32');
  }),
  define('reduce into a result inside of a larger storage', (backend) => {
    const x = random(backend, 'float32', [3, 4]);
    for (const name of REDUCTIONS) {
      const out = inside(backend, 'float32', [3]);
      expectOnlyViewWritten(backend, out, () => backend.reduce(name, x.view, [1], out));
      expectElements(
        backend,
        out,
        groups(x, [1]).members.map((m) => folded(name, m)),
      );
    }
  }),
  define('reduce to int64 beyond the safe integers is an error', (backend) => {
    const x = operand(backend, 'int64', [2], [2 ** 53 - 1, 2 ** 53 - 1]);
    for (const name of ['sum', 'prod'] as const) {
      expectThrows(() => backend.reduce(name, x.view, [0], fresh(backend, 'int64', [])), ValueError, /2\^53/);
    }
    backend.reduce('max', x.view, [0], fresh(backend, 'int64', []));
  }),
  ...defineFor(ALL, 'argReduce finds the first of equal extrema', (backend, dtype) => {
    for (const layout of LAYOUTS) {
      const x = random(backend, dtype, [3, 4, 2], layout, 4);
      for (const dim of [0, 1, 2]) checkArgReduce(backend, x, dim);
    }
    checkArgReduce(backend, operand(backend, dtype, [7], [1, 0, 1, 0, 1, 1, 0]), 0);
    checkArgReduce(backend, random(backend, dtype, []), 0);
    checkArgReduce(backend, random(backend, dtype, [0, 3]), 1);
    checkArgReduce(backend, expanded(random(backend, dtype, [3, 1]), [3, 5]), 1);
  }),
  define('argReduce: the first NaN is the extremum', (backend) => {
    const rows = [
      1,
      Number.NaN,
      3,
      Number.NaN,
      5,
      5,
      Number.NaN,
      1,
      2,
      -Infinity,
      -Infinity,
      -Infinity,
      Infinity,
      1,
      Infinity,
    ];
    const x = operand(backend, 'float32', [5, 3], rows);
    checkArgReduce(backend, x, 1);
    checkArgReduce(backend, x, 0);
  }),
  ...defineFor(FLOATS, 'softmax and log_softmax', (backend, dtype) => {
    for (const layout of LAYOUTS) {
      const x = random(backend, dtype, [3, 4, 5], layout, 5);
      for (const dim of [0, 1, 2]) checkSoftmax(backend, x, dim);
    }
    checkSoftmax(backend, expanded(random(backend, dtype, [3, 1]), [3, 4]), 1);
    checkSoftmax(backend, random(backend, dtype, []), 0);
    checkSoftmax(backend, random(backend, dtype, [0, 3]), 1);
    checkSoftmax(backend, random(backend, dtype, [3, 0]), 1);
  }),
  define('softmax of extreme rows', (backend) => {
    const [inf, nan] = [Infinity, Number.NaN];
    const rows = [-inf, -inf, -inf, -inf, 0, 1, 1000, 999, -1000, inf, 0, 0, nan, 0, 1, -88, 88, 0];
    checkSoftmax(backend, operand(backend, 'float32', [6, 3], rows), 1);
  }),
  define('softmax into a result inside of a larger storage', (backend) => {
    const x = random(backend, 'float32', [3, 4], 'transposed');
    for (const log of [false, true]) {
      const [out, plain] = [inside(backend, 'float32', [3, 4]), fresh(backend, 'float32', [3, 4])];
      expectOnlyViewWritten(backend, out, () => backend.softmax(x.view, 1, log, out));
      backend.softmax(x.view, 1, log, plain);
      expectElements(backend, out, Array.from(backend.toHost(plain)), { rtol: 0, atol: 0 });
    }
  }),
];
