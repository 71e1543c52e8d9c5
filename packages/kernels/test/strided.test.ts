/** Copies between memory orders, against a loop. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { copyStrided, setNumThreads, threadLimits } from '../src/index.js';
import { hasVectors } from './simd-support.js';
import { residentCopy } from './support.js';

const { leastShared, leastBlock, startAfter } = threadLimits;
afterEach(() => {
  Object.assign(threadLimits, { leastShared, leastBlock, startAfter });
  setNumThreads(1);
});

/** How a tensor of a shape lies in memory. */
interface Layout {
  readonly strides: readonly number[];
  /** Elements in front of the lowest and of the first one, and all that there are. */
  readonly offset: number;
  readonly length: number;
}

/** The dimension that changes fastest first in `order`; after each of them a gap; some turned round, some repeated. */
function layout(
  shape: readonly number[],
  order: readonly number[],
  gaps: readonly number[],
  kinds: readonly string[],
): Layout {
  const strides = new Array<number>(shape.length).fill(0);
  let [next, offset] = [1 + (gaps[0] % 3), 3];
  for (const d of order) {
    if (kinds[d] === 'repeated') continue;
    strides[d] = kinds[d] === 'turned' ? -next : next;
    if (kinds[d] === 'turned') offset += (shape[d] - 1) * next;
    next *= shape[d];
    next += gaps[d] * (gaps[d] < 2 ? 0 : 1);
  }
  return { strides, offset, length: next + 6 };
}

function eachPlace(shape: readonly number[], visit: (place: readonly number[]) => void): void {
  const numel = shape.reduce((a, b) => a * b, 1);
  for (let i = 0; i < numel; i++) {
    let rest = i;
    visit(
      shape
        .toReversed()
        .map((size) => {
          const at = rest % size;
          rest = Math.floor(rest / size);
          return at;
        })
        .toReversed(),
    );
  }
}

const at = ({ strides, offset }: Layout, place: readonly number[]): number =>
  place.reduce((sum, i, d) => sum + i * strides[d], offset);

const geometry = fc.integer({ min: 1, max: 6 }).chain((rank) => {
  const most = [0, 2000, 70, 16, 8, 6, 4][rank];
  const all = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { minLength: rank, maxLength: rank });
  const order = fc.shuffledSubarray([...Array(rank).keys()], { minLength: rank, maxLength: rank });
  const kind = (repeats: boolean) => all(fc.constantFrom('plain', 'plain', 'turned', repeats ? 'repeated' : 'plain'));
  const gaps = all(fc.integer({ min: 0, max: 4 }));
  return fc.record({
    shape: all(fc.integer({ min: 1, max: most })),
    from: fc.tuple(order, gaps, kind(true)),
    to: fc.tuple(order, gaps, kind(false)),
  });
});

describe.skipIf(!hasVectors)('copyStrided', () => {
  it('copies any layout to any other, on one and on three threads, and writes nothing beside it', () => {
    let copied = 0;
    fc.assert(
      fc.property(geometry, fc.constantFrom(1, 3), ({ shape, from, to }, threads) => {
        Object.assign(threadLimits, { leastShared: 1, leastBlock: 1, startAfter: 0 });
        setNumThreads(threads);
        const [source, result] = [layout(shape, ...from), layout(shape, ...to)];
        const x = residentCopy(Array.from({ length: source.length }, (_, i) => i));
        const want = Array.from({ length: result.length }, (_, i) => -1 - i);
        const out = residentCopy(want);
        const done = copyStrided(shape, { array: x, ...source }, { array: out, ...result });
        if (done) {
          copied++;
          eachPlace(shape, (place) => {
            want[at(result, place)] = x[at(source, place)];
          });
        } else expect(shape.reduce((a, b) => a * b, 1)).toBeLessThan(300);
        expect([...out]).toEqual(want);
      }),
      { numRuns: 300 },
    );
    expect(copied).toBeGreaterThan(50);
  });

  it('moves bits: every NaN stays what it is', () => {
    const layouts = [
      [1, 20],
      [-1, 20],
      [40, 2],
      [2, 40],
    ];
    for (const strides of layouts) {
      const bits = residentCopy(new Float32Array(800));
      const words = new Uint32Array(bits.buffer, bits.byteOffset, 800);
      words.forEach((_, i) => {
        words[i] = 0x7f800001 + i;
      });
      const out = residentCopy(new Float32Array(400));
      const offset = strides[0] < 0 ? 19 : 0;
      copyStrided([20, 20], { array: bits, offset, strides }, { array: out, offset: 0, strides: [20, 1] });
      const moved = new Uint32Array(out.buffer, out.byteOffset, 400);
      const want = Array.from(
        { length: 400 },
        (_, i) => offset + Math.floor(i / 20) * strides[0] + (i % 20) * strides[1],
      );
      expect(Array.from(moved, (word) => word - 0x7f800001)).toEqual(want);
    }
  });

  it('takes whole numbers of 32 bits', () => {
    const x = new Int32Array(
      residentCopy(new Float32Array(400)).buffer,
      residentCopy(new Float32Array(400)).byteOffset,
      400,
    );
    x.forEach((_, i) => {
      x[i] = i - 2 ** 31;
    });
    const place = residentCopy(new Float32Array(400));
    const out = new Int32Array(place.buffer, place.byteOffset, 400);
    expect(
      copyStrided([20, 20], { array: x, offset: 0, strides: [1, 20] }, { array: out, offset: 0, strides: [20, 1] }),
    ).toBe(true);
    expect(out[23]).toBe(61 - 2 ** 31);
  });

  it('leaves to others what is small, lies elsewhere, or meets itself', () => {
    const [x, y] = [residentCopy(new Float32Array(1200)), residentCopy(new Float32Array(1200))];
    const lines = (array: Float32Array, offset = 0, strides = [1, 30]) => ({ array, offset, strides });
    const rows = (array: Float32Array, offset = 0) => lines(array, offset, [30, 1]);
    expect(copyStrided([30, 30], lines(x), rows(y))).toBe(true);
    expect(copyStrided([15, 17], lines(x), rows(y))).toBe(false);
    expect(copyStrided([30, 30], lines(new Float32Array(900)), rows(y))).toBe(false);
    expect(copyStrided([30, 30], lines(x), rows(new Float32Array(900)))).toBe(false);
    expect(copyStrided([30, 30], lines(x), rows(x))).toBe(false);
    expect(copyStrided([30, 10], lines(x), rows(x, 299))).toBe(false);
    expect(copyStrided([30, 10], lines(x), lines(x, 300, [10, 1]))).toBe(true);
    expect(copyStrided([30, 30], lines(x), lines(y, 0, [1, 0]))).toBe(false);
    expect(copyStrided([30, 30], rows(x), lines(y, 0, [29, 1]))).toBe(false);
    expect(copyStrided([30, 30], lines(x), lines(y, 0, [2, 30]))).toBe(false);
  });
});
