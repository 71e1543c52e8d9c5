/** Passes over rows: sums and maxima, matrices written and read again, a row for all, numbers for each row. */
import { numelOf } from '../../shape.js';
import type { Backend } from '../backend.js';
import type { RowsKernel } from '../rows-kernel.js';
import { expectElements } from './check.js';
import { type ConformanceCase, defineFor, FLOATS, fresh, inside, random } from './harness.js';

/** Weighted softmax: each pass needs what earlier ones found and wrote, and one value is for each row, both read and written. */
const WEIGHTED: RowsKernel = {
  name: 'weighted_softmax',
  reads: ['x', 'w'],
  writes: ['e', 'y'],
  rowReads: ['shift'],
  rowWrites: ['largest', 'logSum'],
  values: ['scale'],
  passes: [
    {
      body: 'let scaled = x * scale + shift;',
      results: { top: { reduce: 'max', of: 'scaled' } },
      after: 'largest = top;',
    },
    {
      body: 'e = Math.exp(x * scale + shift - largest); e *= w > 0 ? w : 0;',
      results: { total: { reduce: 'sum', of: 'e' } },
      after: 'inverse = 1 / total; logSum = largest + Math.log(total) + 0 * n;',
    },
    { body: 'y = e * inverse;' },
  ],
};

/** One walk that writes and finds three things out, of which two are row values as they are. Any names will do but `n`. */
const STATISTICS: RowsKernel = {
  name: 'row_statistics',
  reads: ['a', 'o'],
  writes: ['v'],
  rowReads: [],
  rowWrites: ['product', 'largest', 'mean'],
  values: ['r'],
  passes: [
    {
      body: 'v = a * r + o;',
      results: {
        total: { reduce: 'sum', of: 'v' },
        largest: { reduce: 'max', of: 'Math.abs(o) - v' },
        product: { reduce: 'sum', of: 'v * a' },
      },
      after: 'mean = total / n;',
    },
  ],
};

function checkStatistics(backend: Backend, dtype: 'float32' | 'float64', rows: number, columns: number): void {
  const [a, o] = [1, 2].map((seed) => random(backend, dtype, [rows, columns], 'offset', seed));
  const v = inside(backend, dtype, [rows, columns]);
  const [product, largest, mean] = [0, 1, 2].map(() => inside(backend, dtype, [rows]));
  backend.rows(STATISTICS, rows, columns, [a.view, o.view], [v], [], [product, largest, mean], [0.75]);
  const written = a.data.map((x, i) => x * 0.75 + o.data[i]);
  const byRow = (of: (i: number) => number, join: (x: number, y: number) => number): number[] =>
    Array.from({ length: rows }, (_, r) =>
      Array.from({ length: columns }, (__, j) => of(r * columns + j)).reduce(join),
    );
  const add = (x: number, y: number): number => x + y;
  const means = byRow((i) => written[i], add).map((total) => total / columns);
  expectElements(backend, v, written);
  expectElements(
    backend,
    largest,
    byRow(
      (i) => Math.abs(o.data[i]) - written[i],
      (x, y) => Math.max(x, y),
    ),
  );
  expectElements(
    backend,
    product,
    byRow((i) => written[i] * a.data[i], add),
  );
  expectElements(backend, mean, means);
}

function check(backend: Backend, dtype: 'float32' | 'float64', rows: number, columns: number, shared: boolean): void {
  const shape = [rows, columns];
  const x = random(backend, dtype, shape, 'contiguous', 1);
  const w = random(backend, dtype, shared ? [columns] : shape, 'offset', 2);
  const shift = random(backend, dtype, [rows], 'offset', 3);
  const [e, y] = [fresh(backend, dtype, shape), inside(backend, dtype, shape)];
  const [largest, logSum] = [fresh(backend, dtype, [rows]), inside(backend, dtype, [rows])];
  backend.rows(WEIGHTED, rows, columns, [x.view, w.view], [e, y], [shift.view], [largest, logSum], [1.5]);
  const expected = { e: [] as number[], y: [] as number[], largest: [] as number[], logSum: [] as number[] };
  for (let r = 0; r < rows; r++) {
    const row = Array.from({ length: columns }, (_, j) => x.data[r * columns + j] * 1.5 + shift.data[r]);
    const top = row.reduce((a, b) => Math.max(a, b));
    const weights = row.map((_, j) => Math.max(w.data[shared ? j : r * columns + j], 0));
    const each = row.map((v, j) => Math.exp(v - top) * weights[j]);
    const total = each.reduce((a, b) => a + b, 0);
    expected.e.push(...each);
    expected.y.push(...each.map((v) => v / total));
    expected.largest.push(top);
    expected.logSum.push(top + Math.log(total));
  }
  for (const [view, want] of [
    [e, expected.e],
    [y, expected.y],
    [largest, expected.largest],
    [logSum, expected.logSum],
  ] as const) {
    if (numelOf(view.shape) !== want.length) throw new Error('the case is wrong');
    expectElements(backend, view, want);
  }
}

export const rowsCases: readonly ConformanceCase[] = [
  ...defineFor(FLOATS, 'rows of matrices', (backend, dtype) => {
    for (const [rows, columns] of [
      [1, 7],
      [3, 5],
      [4, 300],
    ]) {
      check(backend, dtype as 'float32', rows, columns, false);
    }
  }),
  ...defineFor(FLOATS, 'rows with one that stands for all', (backend, dtype) => {
    check(backend, dtype as 'float32', 3, 5, true);
    check(backend, dtype as 'float32', 5, 260, true);
  }),
  ...defineFor(FLOATS, 'several results of one walk over rows', (backend, dtype) => {
    for (const [rows, columns] of [
      [1, 7],
      [3, 37],
      [4, 301],
    ]) {
      checkStatistics(backend, dtype as 'float32', rows, columns);
    }
  }),
];
