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
      name: 'top',
      result: { reduce: 'max', of: 'scaled' },
      after: 'largest = top;',
    },
    {
      body: 'e = Math.exp(x * scale + shift - largest); e *= w > 0 ? w : 0;',
      name: 'total',
      result: { reduce: 'sum', of: 'e' },
      after: 'inverse = 1 / total; logSum = largest + Math.log(total) + 0 * n;',
    },
    { body: 'y = e * inverse;' },
  ],
};

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
];
