/** Reductions down columns, against a loop. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type ColumnsReduction, reduceColumns, setNumThreads, threadLimits } from '../src/index.js';
import { hasVectors } from './simd-support.js';
import { residentCopy } from './support.js';

const { leastShared, leastBlock, startAfter } = threadLimits;
afterEach(() => {
  Object.assign(threadLimits, { leastShared, leastBlock, startAfter });
  setNumThreads(1);
});

const LOOPS = {
  sum: (list: readonly number[]) => Math.fround(list.reduce((a, b) => a + b)),
  max: (list: readonly number[]) => Math.max(...list),
  min: (list: readonly number[]) => Math.min(...list),
};

/** Eighths, whose sums are exact. */
const finite = fc.integer({ min: -1000, max: 1000 }).map((i) => i / 8);
const special = fc.constantFrom(Number.NaN, Infinity, -Infinity, 0, -0, 3e38, -3e38);

function check(
  name: ColumnsReduction,
  [blocks, rows, columns]: readonly number[],
  value: (i: number) => number,
  near: boolean,
): void {
  const x = Array.from({ length: 1 + blocks * rows * columns }, (_, i) => Math.fround(value(i)));
  const list = new Array<number>(2 + blocks * columns).fill(7);
  const out = near ? residentCopy(list) : Float32Array.from(list);
  expect(reduceColumns(name, residentCopy(x), 1, blocks, rows, columns, out, 1)).toBe(true);
  for (let b = 0; b < blocks; b++) {
    for (let j = 0; j < columns; j++) {
      const column = Array.from({ length: rows }, (_, i) => x[1 + (b * rows + i) * columns + j]);
      // the sign of a zero is either's
      list[1 + b * columns + j] = LOOPS[name](column) + 0;
    }
  }
  expect(Array.from(out, (v) => v + 0)).toEqual(list);
}

const sizes = fc.tuple(
  fc.integer({ min: 1, max: 5 }),
  fc.integer({ min: 1, max: 30 }),
  fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constantFrom(1024, 1030, 2051)),
);

describe.skipIf(!hasVectors)('columns', () => {
  const name = fc.constantFrom<ColumnsReduction>('sum', 'max', 'min');

  it('of any size, on one and on three threads, and nothing beside the result', () => {
    const values = fc.array(finite, { minLength: 97, maxLength: 97 });
    fc.assert(
      fc.property(name, sizes, values, fc.boolean(), fc.constantFrom(1, 3), (op, size, list, near, threads) => {
        Object.assign(threadLimits, { leastShared: 1, leastBlock: 1, startAfter: 0 });
        setNumThreads(threads);
        check(op, size, (i) => list[i % 97], near);
      }),
      { numRuns: 60 },
    );
  });

  it('keep a NaN and an infinity', () => {
    const values = fc.array(fc.oneof({ weight: 20, arbitrary: finite }, special), { minLength: 61, maxLength: 61 });
    const extremum = fc.constantFrom<ColumnsReduction>('max', 'min');
    fc.assert(
      fc.property(extremum, sizes, values, (op, size, list) => check(op, size, (i) => list[i % 61], true)),
      { numRuns: 60 },
    );
    check('sum', [2, 11, 9], (i) => (i === 20 ? Number.NaN : i === 40 ? Infinity : 1), true);
  });

  it('are not there for what lies elsewhere', () => {
    const x = new Float32Array(512);
    expect(reduceColumns('sum', x, 0, 1, 16, 32, residentCopy(x), 0)).toBe(false);
  });
});
