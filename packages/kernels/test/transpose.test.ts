/** Matrices that lie across, against a loop. */
import { afterEach, describe, expect, it } from 'vitest';
import { setNumThreads, threadLimits, transpose } from '../src/index.js';
import { hasVectors } from './simd-support.js';
import { residentCopy } from './support.js';

const { leastShared, leastBlock, startAfter } = threadLimits;
afterEach(() => {
  Object.assign(threadLimits, { leastShared, leastBlock, startAfter });
  setNumThreads(1);
});

const SIZES = [
  [16, 16],
  [17, 19],
  [3, 100],
  [100, 3],
  [1, 300],
  [300, 1],
  [64, 33],
  [50, 64],
] as const;

/** Both matrices lie behind other elements and have gaps between their lines. */
function both(rows: number, columns: number): { got: number[]; want: number[] } {
  const [apart, step] = [rows + 3, columns + 5];
  const from = Array.from({ length: 2 + columns * apart }, (_, i) => Math.fround(Math.sin(i)));
  const to = Array.from({ length: 1 + rows * step }, (_, i) => Math.fround(Math.cos(i)));
  const result = residentCopy(to);
  const source = { array: residentCopy(from), offset: 2, step: apart };
  expect(transpose(source, { array: result, offset: 1, step }, rows, columns)).toBe(true);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) to[1 + r * step + c] = from[2 + c * apart + r];
  return { got: [...result], want: to };
}

describe.skipIf(!hasVectors)('transpose', () => {
  it.each(SIZES)('%i rows of %i, and nothing beside them', (rows, columns) => {
    const { got, want } = both(rows, columns);
    expect(got).toEqual(want);
  });

  it.each(SIZES)('%i rows of %i on three threads', (rows, columns) => {
    Object.assign(threadLimits, { leastShared: 1, leastBlock: 1, startAfter: 0 });
    setNumThreads(3);
    const { got, want } = both(rows, columns);
    expect(got).toEqual(want);
  });

  it('moves bits: every NaN stays what it is', () => {
    const bits = residentCopy(new Float32Array(400));
    const words = new Uint32Array(bits.buffer, bits.byteOffset, 400);
    words.forEach((_, i) => {
      words[i] = 0x7f800001 + i;
    });
    const out = residentCopy(new Float32Array(400));
    transpose({ array: bits, offset: 0, step: 20 }, { array: out, offset: 0, step: 20 }, 20, 20);
    const moved = new Uint32Array(out.buffer, out.byteOffset, 400);
    expect(Array.from(moved, (word, i) => word - 0x7f800001 === (i % 20) * 20 + Math.floor(i / 20))).not.toContain(
      false,
    );
  });
});

it('leaves small matrices, and what lies elsewhere, to others', () => {
  const lines = (array: Float32Array) => ({ array, offset: 0, step: 15 });
  const small = residentCopy(new Float32Array(225));
  expect(transpose(lines(small), lines(residentCopy(small)), 15, 15)).toBe(false);
  const elsewhere = new Float32Array(900);
  expect(transpose({ array: elsewhere, offset: 0, step: 30 }, { array: elsewhere, offset: 0, step: 30 }, 30, 30)).toBe(
    false,
  );
});
