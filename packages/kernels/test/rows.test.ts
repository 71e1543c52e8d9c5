/** Rows of a table by index, against a loop. */
import { afterEach, describe, expect, it } from 'vitest';
import { moveRows, type RowsMove, setNumThreads, threadLimits } from '../src/index.js';
import { hasVectors } from './simd-support.js';
import { residentCopy } from './support.js';

const ROWS = 300;
const { leastShared, leastBlock, startAfter } = threadLimits;
afterEach(() => {
  Object.assign(threadLimits, { leastShared, leastBlock, startAfter });
  setNumThreads(1);
});

/** Every third row of a table whose rows lie apart, the first of them again and again; not a whole number of vectors wide. */
function both(move: RowsMove, width: number): { got: number[][]; want: number[][] } {
  const step = width + 3;
  const index = Array.from({ length: ROWS }, (_, i) => (i % 5 === 0 ? 0 : 3 * i));
  const table = Array.from({ length: 2 + 3 * ROWS * step }, (_, i) => Math.fround(Math.sin(i)));
  const packed = Array.from({ length: 1 + ROWS * width }, (_, i) => Math.fround(Math.cos(i)));
  const [x, y] = [residentCopy(table), residentCopy(packed)];
  const places = [
    { array: x, offset: 2, step },
    { array: y, offset: 1, step: width },
  ] as const;
  expect(moveRows(move, ...places, ROWS, width, (i) => index[i])).toBe(true);
  index.forEach((row, i) => {
    for (let j = 0; j < width; j++) {
      const [t, p] = [2 + row * step + j, 1 + i * width + j];
      if (move === 'gather') packed[p] = table[t];
      else table[t] = move === 'scatter' ? packed[p] : Math.fround(table[t] + packed[p]);
    }
  });
  return { got: [[...x], [...y]], want: [table, packed] };
}

describe.skipIf(!hasVectors)('rows', () => {
  it.each(['gather', 'scatter', 'add'] as const)('%s, and nothing beside them', (move) => {
    for (const width of [1, 4, 7, 16, 35, 64]) {
      const { got, want } = both(move, width);
      expect(got, `${width} columns`).toEqual(want);
    }
  });

  it.each(['gather', 'scatter', 'add'] as const)('%s on two threads: each has columns of its own', (move) => {
    Object.assign(threadLimits, { leastShared: 1, leastBlock: 1, startAfter: 0 });
    setNumThreads(2);
    for (const width of [7, 35, 64, 100]) {
      const { got, want } = both(move, width);
      expect(got, `${width} columns`).toEqual(want);
    }
  });

  it('refuses what is small, and what lies elsewhere', () => {
    const far = { array: new Float32Array(512), offset: 0, step: 16 };
    const near = { array: residentCopy(new Array<number>(512).fill(1)), offset: 0, step: 16 };
    expect(moveRows('gather', far, near, 32, 16, (i) => i)).toBe(false);
    expect(moveRows('scatter', near, far, 32, 16, (i) => i)).toBe(false);
    expect(moveRows('add', near, near, 3, 16, (i) => i)).toBe(false);
  });
});
