/** Products of batches: those of each pair of matrices, whatever shares them. */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type Batch, gemmBatch, setNumThreads } from '../src/index.js';
import { threadLimits } from '../src/parallel/limits.js';
import { bits, expectSame, onThreads, resident } from './parallel-support.js';
import { naiveGemm, numbers, worstError } from './support.js';

const limits = { ...threadLimits.leastProduct };
afterEach(() => void Object.assign(threadLimits.leastProduct, limits));
afterAll(() => void setNumThreads(1));

const transposes = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
];

/** Matrices of `rows × columns` with gaps between rows and matrices. */
function batch(count: number, rows: number, columns: number, seed: number, step?: number): Batch<Float32Array> {
  const leading = columns + 2;
  const apart = step ?? rows * leading + 5;
  return { array: resident(7 + count * (rows * leading + 5), seed), offset: 7, step: apart, leading };
}

function operands(count: number, [m, n, k]: readonly number[], transA: boolean, transB: boolean) {
  return {
    a: transA ? batch(count, k, m, 1) : batch(count, m, k, 1),
    b: transB ? batch(count, n, k, 2) : batch(count, k, n, 2),
    c: batch(count, m, n, 3),
  };
}

describe('gemmBatch', () => {
  it('equals the products one by one, and writes nothing else', () => {
    const [m, n, k] = [5, 7, 6];
    for (const [transA, transB] of transposes) {
      for (const beta of [0, 1, -0.5]) {
        for (const step of [undefined, 0]) {
          const { a, b, c } = operands(4, [m, n, k], transA, transB);
          const left = step === 0 ? { ...a, step } : a;
          let want: Float32Array = c.array.slice();
          for (let i = 0; i < 4; i++) {
            const [p, q, r] = [left, b, c].map((x) => x.offset + i * x.step);
            const next = naiveGemm(
              transA,
              transB,
              m,
              n,
              k,
              1,
              left.array,
              p,
              left.leading,
              b.array,
              q,
              b.leading,
              beta,
              want,
              r,
              c.leading,
            );
            want = Float32Array.from(next);
          }
          gemmBatch(4, transA, transB, m, n, k, left, b, beta, c);
          expect(worstError(c.array, want, 4)).toBeLessThan(3e-6);
        }
      }
    }
  });

  it('takes other numbers, and batches of none', () => {
    const whole = <T extends Float64Array | Int32Array>(array: T, step: number): Batch<T> => ({
      array,
      offset: 0,
      step,
      leading: 2,
    });
    const doubles = [numbers(8, 1), numbers(8, 2)].map((x) => whole(Float64Array.from(x), 4));
    const out = whole(new Float64Array(8), 4);
    gemmBatch(2, false, false, 2, 2, 2, doubles[0], doubles[1], 0, out);
    const [x, y] = doubles.map(({ array }) => array);
    expect(out.array[7]).toBeCloseTo(x[6] * y[5] + x[7] * y[7], 12);
    const ints = whole(Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8), 4);
    const product = whole(new Int32Array(8), 4);
    gemmBatch(2, false, true, 2, 2, 2, ints, ints, 0, product);
    expect([...product.array]).toEqual([5, 11, 11, 25, 61, 83, 83, 113]);
    gemmBatch(0, false, true, 2, 2, 2, ints, ints, 0, product);
    gemmBatch(2, false, true, 2, 2, 0, ints, ints, 1, product);
    expect([...product.array]).toEqual([5, 11, 11, 25, 61, 83, 83, 113]);
  });

  it.each(transposes)('has the same bits on 1, 2 and 3 threads, transposed %s, %s', (transA, transB) => {
    Object.assign(threadLimits.leastProduct, { blas: 1, wasm: 1 });
    const { a, b, c } = operands(37, [19, 23, 21], transA, transB);
    const before = c.array.slice();
    expectSame(() => {
      c.array.set(before);
      gemmBatch(37, transA, transB, 19, 23, 21, a, b, 0.5, c);
      return [bits(c.array)];
    });
  });

  it('calls no threads for what is too small', () => {
    const { a, b, c } = operands(37, [4, 5, 6], false, false);
    expect(onThreads(() => gemmBatch(37, false, false, 4, 5, 6, a, b, 0, c)).shared).toBe(0);
  });

  it.each(['one by one', 'shared'])('names what does not fit into its array, %s', (how) => {
    const shared = how === 'shared';
    Object.assign(threadLimits.leastProduct, { blas: 1, wasm: 1 });
    setNumThreads(shared ? 2 : 1);
    const { a, b, c } = operands(30, [4, 5, 6], false, false);
    const run = (x: Partial<Batch>, y: Partial<Batch>, z: Partial<Batch>) => () =>
      gemmBatch(30, false, false, 4, 5, 6, { ...a, ...x } as typeof a, { ...b, ...y } as typeof a, 0, {
        ...c,
        ...z,
      } as typeof a);
    expect(run({ offset: 15 }, {}, {})).toThrow(/argument 'a' needs 30 elements from offset/);
    expect(run({}, { step: b.step + 1 }, {})).toThrow(/argument 'b' needs 40 elements from offset/);
    expect(run({}, {}, { leading: 4 })).toThrow(/argument 'ldc' must be an integer of at least 5, but it is 4/);
    expect(() => gemmBatch(-1, false, false, 4, 5, 6, a, b, 0, c)).toThrow(
      "gemmBatch: argument 'count' must be an integer of at least 0, but it is -1",
    );
    if (!shared) return;
    expect(run({ step: -1 }, {}, {})).toThrow(
      "gemmBatch: argument 'a.step' must be an integer of at least 0, but it is -1",
    );
    expect(run({}, { offset: -1 }, {})).toThrow(
      "gemmBatch: argument 'b.offset' must be an integer of at least 0, but it is -1",
    );
  });
});
