/** Compiled loops on arrays wherever they live: all in WebAssembly memory, all on the heap, some here and some there. */
import { describe, expect, it } from 'vitest';
import { type LoopDefinition, vectorLoop } from '../src/index.js';
import { definitionOf, hasVectors, type Spec } from './simd-support.js';
import { numbers, residentCopy } from './support.js';

const f = Math.fround;
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
/** Around one, two and three of the pieces in which arrays from the heap visit. */
const LENGTHS = [0, 1, 5, 1000, 8191, 8192, 8193, 16_384, 20_001];

const SPEC: Spec = {
  reads: ['x', 'y', 'sum'],
  writes: ['out', 'sum'],
  scalars: ['s'],
  body: 'sum += x * y; out = x - s;',
};

/** An array with something around n elements, on the heap or in WebAssembly memory. */
function placed(values: readonly number[], offset: number, resident: boolean): Float32Array {
  const all = [...new Array<number>(offset).fill(-77), ...values, -77, -77, -77];
  return resident ? residentCopy(all) : Float32Array.from(all);
}

const inner = (array: Float32Array, offset: number, n: number): number[] => [...array.subarray(offset, offset + n)];

function loopOf(definition: LoopDefinition): NonNullable<ReturnType<typeof vectorLoop>> {
  const loop = vectorLoop(definition);
  if (loop === null) throw new Error('no vector form');
  return loop;
}

describe.skipIf(!hasVectors)('a loop', () => {
  // x, y, sum, out: a bit for each that is resident
  it.each(Array.from({ length: 16 }, (_, places) => places))('with arrays in places %i', (places) => {
    const loop = loopOf(definitionOf(SPEC));
    for (const n of LENGTHS) {
      const offsets = [3, 0, 2, 1];
      const values = [1, 2, 3].map((seed) => numbers(n, seed).map(f));
      const arrays = offsets.map((offset, i) =>
        placed(values[i] ?? new Array<number>(n).fill(nan), offset, ((places >> i) & 1) === 1),
      );
      expect(loop(n, arrays, offsets, [0.1])).toBe(0);
      const [x, y, sum] = values;
      const want = [x, y, sum.map((v, i) => f(v + f(x[i] * y[i]))), x.map((v) => f(v - f(0.1)))];
      arrays.forEach((array, i) => {
        expect(inner(array, offsets[i], n)).toEqual(want[i]);
        const around = [...array.subarray(0, offsets[i]), ...array.subarray(offsets[i] + n)];
        expect(around.every((v) => v === -77)).toBe(true);
      });
    }
  });

  it.each([true, false])('in place, resident: %s', (resident) => {
    const loop = loopOf(definitionOf({ reads: ['x', 'y'], body: 'out = x * 2 - y;' }));
    for (const n of LENGTHS) {
      const x = placed(numbers(n, 1), 2, resident);
      const y = placed(numbers(n, 2), 1, !resident);
      const want = inner(x, 2, n).map((v, i) => f(f(v * 2) - y[1 + i]));
      loop(n, [x, y, x], [2, 1, 2], []);
      expect(inner(x, 2, n)).toEqual(want);
      const z = placed(numbers(n, 3), 0, resident);
      const twice = inner(z, 0, n).map((v) => f(f(v * 2) - v));
      loop(n, [z, z, z], [0, 0, 0], []);
      expect(inner(z, 0, n)).toEqual(twice);
    }
  });

  it.each([true, false])('sums and finds the largest over all pieces, resident: %s', (resident) => {
    const sum = loopOf(definitionOf({ reads: ['x'], writes: [], body: '', result: { reduce: 'sum', of: 'x' } }));
    const max = loopOf(definitionOf({ reads: ['x'], writes: [], body: '', result: { reduce: 'max', of: 'x' } }));
    for (const n of LENGTHS) {
      // the eight elements of a lane that are added in float32 have an exact sum
      const values = Array.from({ length: n }, (_, i) => (i % 1000 === 7 ? 2 ** 14 : -(i % 8191) / 256));
      const x = placed(values, 3, resident);
      expect(sum(n, [x], [3], [])).toBe(values.reduce((a, b) => a + b, 0));
      expect(max(n, [x], [3], [])).toBe(values.reduce((a, b) => Math.max(a, b), -inf));
      for (const at of [0, 8191, 8192, n - 1]) {
        if (at >= n || at < 0) continue;
        x[3 + at] = 2 ** 31;
        expect(max(n, [x], [3], [])).toBe(2 ** 31);
        x[3 + at] = nan;
        expect(max(n, [x], [3], [])).toBe(nan);
        expect(sum(n, [x], [3], [])).toBe(nan);
        x[3 + at] = values[at];
      }
    }
  });

  it('takes other scalars at each call', () => {
    const loop = loopOf(definitionOf({ reads: ['x'], scalars: ['a', 'b'], body: 'out = x * a + b;' }));
    for (const resident of [true, false]) {
      const [x, out] = [placed([1, 2, 3], 0, resident), placed([0, 0, 0], 0, resident)];
      for (const [a, b] of [
        [1, 2],
        [0.5, -1],
        [nan, 0],
      ]) {
        loop(3, [x, out], [0, 0], [a, b]);
        expect(inner(out, 0, 3)).toEqual([1, 2, 3].map((v) => v * a + b));
      }
    }
  });

  it('leaves what another loop does alone', () => {
    const first = loopOf(definitionOf({ reads: ['x'], body: 'out = x + 1;' }));
    const second = loopOf(definitionOf({ reads: ['x'], body: 'out = x * 10;' }));
    const [x, out] = [Float32Array.of(1, 2, 3), new Float32Array(3)];
    first(3, [x, out], [0, 0], []);
    second(3, [out, x], [0, 0], []);
    first(3, [x, out], [0, 0], []);
    expect([[...x], [...out]]).toEqual([
      [20, 30, 40],
      [21, 31, 41],
    ]);
  });
});
