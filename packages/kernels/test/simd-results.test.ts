/** Passes over rows that find out several things in one walk. */
import { describe, expect, it } from 'vitest';
import type { RowsDefinition } from '../src/simd/compile.js';
import { vectorRows } from '../src/simd/vector-rows.js';
import { hasVectors } from './simd-support.js';
import { numbers, residentCopy } from './support.js';

const read = (name: string) => ({ name, read: true, write: false });
const OUTPUTS = ['xy', 'xx', 'top', 'y', 'most'];
const definition: RowsDefinition = {
  arrays: [read('u'), read('v'), { name: 'w', read: true, write: true }],
  rowInputs: ['shift'],
  rowOutputs: OUTPUTS,
  scalars: ['k'],
  constants: {},
  passes: [
    {
      body: 'w = k * u + shift;',
      results: {
        xy: { reduce: 'sum', of: 'w * v' },
        xx: { reduce: 'sum', of: 'u * u' },
        top: { reduce: 'max', of: 'v' },
      },
      after: 'y = xy - xx;',
    },
    { body: '', results: { most: { reduce: 'max', of: 'w - y' } } },
  ],
};

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

describe.skipIf(!hasVectors)('several results of one walk', () => {
  function run(rows: number, columns: number, u: readonly number[], v: readonly number[]): Record<string, number[]> {
    const matrices = [residentCopy(u), residentCopy(v), residentCopy(u.map(() => 7))];
    const shift = Float32Array.from({ length: rows }, (_, r) => r);
    const found = Float32Array.from({ length: rows * OUTPUTS.length }, () => 7);
    const ran = vectorRows(definition)?.(
      rows,
      columns,
      matrices.map((array) => ({ array, offset: 0, step: columns })),
      [{ array: shift, offset: 0, step: 1 }, ...OUTPUTS.map((_, i) => ({ array: found, offset: i * rows, step: 1 }))],
      [2],
    );
    expect(ran).toBe(true);
    const results = OUTPUTS.map((name, i) => [name, [...found.subarray(i * rows, (i + 1) * rows)]] as const);
    return { ...Object.fromEntries(results), w: [...matrices[2]] };
  }

  // whole numbers, whose sums are exact in any order
  const whole = (n: number, seed: number): number[] => numbers(n, seed).map((x) => Math.round(9 * x));

  it('are exact for every end of the loops', () => {
    for (let columns = 1; columns <= 70; columns++) {
      const rows = 2;
      const [u, v] = [whole(rows * columns, columns), whole(rows * columns, columns + 100)];
      const { w, xy, xx, top, y, most } = run(rows, columns, u, v);
      const want = u.map((x, i) => 2 * x + Math.floor(i / columns));
      expect(w, `${columns} columns`).toEqual(want);
      for (let r = 0; r < rows; r++) {
        const of = (list: readonly number[]): number[] => list.slice(r * columns, (r + 1) * columns);
        const row = { u: of(u), v: of(v), w: of(want) };
        expect(xy[r]).toBe(sum(row.w.map((x, j) => x * row.v[j])));
        expect(xx[r]).toBe(sum(row.u.map((x) => x * x)));
        expect(top[r]).toBe(Math.max(...row.v));
        expect(y[r]).toBe(xy[r] - xx[r]);
        expect(most[r]).toBe(Math.max(...row.w) - y[r]);
      }
    }
  });

  it('keep a NaN to those that it belongs to', () => {
    const [u, v] = [whole(300, 1), whole(300, 2)];
    v[123] = Number.NaN;
    const { xy, xx, top } = run(3, 100, u, v);
    expect(xy.map(Number.isNaN)).toEqual([false, true, false]);
    expect(top.map(Number.isNaN)).toEqual([false, true, false]);
    expect(xx.some(Number.isNaN)).toBe(false);
  });
});
