import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blasProvider, type GemmProvider, referenceProvider, wasmProvider } from '../src/gemm/provider.js';
import { gemm, referenceGemm, sgemm } from '../src/index.js';
import { instantiate } from '../src/wasm/instance.js';
import { naiveGemm, numbers, worstError } from './support.js';

function wasm(build: 'simd' | 'relaxed'): GemmProvider | null {
  const kernels = instantiate(build);
  return kernels === null ? null : wasmProvider(kernels);
}

const providers: [string, GemmProvider | null, string][] = [
  ['blas', blasProvider(), 'no BLAS on this machine'],
  ['wasm simd', wasm('simd'), 'no WebAssembly SIMD in this engine'],
  ['wasm relaxed', wasm('relaxed'), 'no relaxed SIMD in this engine'],
  ['reference', referenceProvider, ''],
];

/** One product with guards around the matrices; compares the whole of C's array with the definition. */
function check(
  provider: GemmProvider,
  [m, n, k]: number[],
  transA: boolean,
  transB: boolean,
  {
    alpha = 1,
    beta = 0,
    extra = 0,
    offset = 0,
  }: { alpha?: number; beta?: number; extra?: number; offset?: number } = {},
): void {
  const lda = (transA ? m : k) + extra;
  const ldb = (transB ? k : n) + extra;
  const ldc = n + extra;
  const a = Float32Array.from(numbers(offset + (transA ? k : m) * lda, 1));
  const b = Float32Array.from(numbers(2 * offset + (transB ? n : k) * ldb, 2));
  const c = Float32Array.from(numbers(3 * offset + m * ldc + 7, 3));
  const rest = [a, offset, lda, b, 2 * offset, ldb, beta, c, 3 * offset, ldc] as const;
  const want = naiveGemm(transA, transB, m, n, k, alpha, ...rest);
  provider.sgemm(transA, transB, m, n, k, alpha, ...rest);
  expect(worstError(c, want, Math.sqrt(k) + 1)).toBeLessThan(3e-6);
}

const transposes = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
];

for (const [name, provider, reason] of providers) {
  describe.skipIf(provider === null)(`sgemm, ${name}${provider === null ? ` (${reason})` : ''}`, () => {
    const p = provider ?? referenceProvider;

    it('equals the definition for all transposes and sizes', () => {
      const sizes = [1, 2, 3, 4, 5, 8, 9, 13, 31];
      for (const [transA, transB] of transposes) {
        for (const m of sizes)
          for (const n of sizes) for (const k of [1, 2, 7, 16]) check(p, [m, n, k], transA, transB);
      }
    });

    it('equals the definition above every block size', () => {
      const shapes = [
        [130, 70, 300],
        [33, 1030, 20],
        [515, 9, 11],
        [6, 10, 1100],
      ];
      for (const [transA, transB] of transposes) for (const shape of shapes) check(p, shape, transA, transB);
    });

    it('scales by alpha and beta', () => {
      for (const [transA, transB] of transposes) {
        for (const alpha of [0, 1, -0.5]) {
          for (const beta of [0, 1, 2.5]) check(p, [7, 13, 9], transA, transB, { alpha, beta });
        }
      }
      check(p, [20, 30, 600], false, false, { alpha: -0.5, beta: 2 });
    });

    it('keeps to the matrices inside larger arrays', () => {
      for (const [transA, transB] of transposes) {
        check(p, [6, 11, 5], transA, transB, { extra: 3, offset: 5, beta: 0.5 });
        check(p, [131, 140, 70], transA, transB, { extra: 5, offset: 3 });
      }
    });

    it('treats sizes of 0 as empty', () => {
      const one = Float32Array.of(1, 1, 1, 1);
      const c = Float32Array.of(1, 2, 3, 4);
      p.sgemm(false, false, 0, 2, 2, 1, one, 0, 2, one, 0, 2, 0, c, 0, 2);
      p.sgemm(false, false, 2, 0, 2, 1, one, 0, 2, one, 0, 2, 0, c, 0, 2);
      expect([...c]).toEqual([1, 2, 3, 4]);
      p.sgemm(false, false, 2, 2, 0, 1, one, 0, 0, one, 0, 2, 0.5, c, 0, 2);
      expect([...c]).toEqual([0.5, 1, 1.5, 2]);
      p.sgemm(false, false, 2, 2, 0, 1, one, 0, 0, one, 0, 2, 0, c, 0, 2);
      expect([...c]).toEqual([0, 0, 0, 0]);
    });

    it('does not read C when beta is 0, nor A and B when alpha is 0', () => {
      for (const [m, n] of [
        [2, 2],
        [4, 8],
        [13, 21],
        [64, 64],
      ]) {
        const one = new Float32Array(m * n).fill(1);
        const c = new Float32Array(m * n).fill(Number.NaN);
        p.sgemm(false, false, m, n, 1, 2, one, 0, 1, one, 0, n, 0, c, 0, n);
        expect(c.every((value) => value === 2)).toBe(true);
        const nan = new Float32Array(m * n).fill(Number.NaN);
        p.sgemm(false, false, m, n, 1, 0, nan, 0, 1, nan, 0, n, 0, c, 0, n);
        expect(c.every((value) => value === 0)).toBe(true);
      }
    });

    it('carries NaN and infinities, also through a factor 0', () => {
      const c = new Float32Array(4);
      const a = Float32Array.of(0, 1, 1, 0);
      const b = Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, 1, 2);
      p.sgemm(false, false, 2, 2, 2, 1, a, 0, 2, b, 0, 2, 0, c, 0, 2);
      expect([...c]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.POSITIVE_INFINITY]);
    });

    it('works on shared memory', () => {
      const shared = new Float32Array(new SharedArrayBuffer(48));
      shared.set([1, 2, 3, 4, 5, 6, 7, 8]);
      p.sgemm(false, false, 2, 2, 2, 1, shared, 0, 2, shared, 4, 2, 0, shared, 8, 2);
      expect([...shared.subarray(8)]).toEqual([19, 22, 43, 50]);
    });

    it('is linear in A, and (A B)^T = B^T A^T', () => {
      const size = fc.integer({ min: 1, max: 24 });
      fc.assert(
        fc.property(size, size, size, fc.integer({ min: -4, max: 4 }), fc.nat(1000), (m, n, k, factor, seed) => {
          const a = Float32Array.from(numbers(m * k, seed));
          const other = Float32Array.from(numbers(m * k, seed + 1));
          const b = Float32Array.from(numbers(k * n, seed + 2));
          const sum = a.map((value, i) => value + factor * other[i]);
          const once = new Float32Array(m * n);
          const twice = new Float32Array(m * n);
          p.sgemm(false, false, m, n, k, 1, sum, 0, k, b, 0, n, 0, once, 0, n);
          p.sgemm(false, false, m, n, k, 1, a, 0, k, b, 0, n, 0, twice, 0, n);
          p.sgemm(false, false, m, n, k, factor, other, 0, k, b, 0, n, 1, twice, 0, n);
          expect(worstError(twice, once, k)).toBeLessThan(3e-6);
          const transposed = new Float32Array(n * m);
          p.sgemm(true, true, n, m, k, 1, b, 0, n, sum, 0, k, 0, transposed, 0, m);
          const back = once.map((_, i) => transposed[(i % n) * m + Math.floor(i / n)]);
          expect(worstError(back, once, k)).toBeLessThan(3e-6);
        }),
        { numRuns: 60 },
      );
    });

    it('says which argument does not fit', () => {
      const a = new Float32Array(6);
      const run = (m: number, lda: number, aOffset: number) => () =>
        p.sgemm(false, false, m, 2, 3, 1, a, aOffset, lda, a, 0, 2, 0, new Float32Array(8), 0, 2);
      expect(run(2, 3, 1)).toThrow("argument 'a' needs 6 elements from offset 1, but the array has 6");
      expect(run(2, 2, 0)).toThrow("argument 'lda' must be an integer of at least 3, but it is 2");
      expect(run(-1, 3, 0)).toThrow("argument 'm' must be an integer of at least 0, but it is -1");
      expect(run(2.5, 3, 0)).toThrow("argument 'm' must be an integer of at least 0, but it is 2.5");
      expect(run(2, 3, -1)).toThrow("argument 'a' needs 6 elements from offset -1, but the array has 6");
    });
  });
}

describe('gemm', () => {
  it('multiplies float64 in double precision', () => {
    const a = Float64Array.from(numbers(35, 1));
    const b = Float64Array.from(numbers(42, 2));
    const c = Float64Array.from(numbers(30, 3));
    const rest = [a, 0, 7, b, 0, 6, 0.25, c, 0, 6] as const;
    const want = naiveGemm(false, false, 5, 6, 7, 1.5, ...rest);
    gemm(false, false, 5, 6, 7, 1.5, ...rest);
    expect(worstError(c, want)).toBeLessThan(1e-14);
  });

  it('sends float32 where sgemm goes', () => {
    const a = Float32Array.from(numbers(4, 1));
    const one = new Float32Array(4);
    const other = new Float32Array(4);
    gemm(false, true, 2, 2, 2, 1, a, 0, 2, a, 0, 2, 0, one, 0, 2);
    sgemm(false, true, 2, 2, 2, 1, a, 0, 2, a, 0, 2, 0, other, 0, 2);
    expect(one).toEqual(other);
  });

  it('is exact on integers and wraps as their type does', () => {
    const big = Int32Array.of(2 ** 31 - 1, 123456789, 3, 1);
    const c = new Int32Array(4);
    gemm(false, false, 2, 2, 2, 1, big, 0, 2, big, 0, 2, 0, c, 0, 2);
    const exact = (x: number, y: number, z: number, w: number) =>
      Number(BigInt.asIntN(32, BigInt(x) * BigInt(y) + BigInt(z) * BigInt(w)));
    const [p, q, r, s] = big;
    expect([...c]).toEqual([exact(p, p, q, r), exact(p, q, q, s), exact(r, p, s, r), exact(r, q, s, s)]);
    const bytes = Uint8Array.of(200, 100, 50, 25);
    const product = Uint8Array.of(1, 1, 1, 1);
    gemm(false, true, 2, 2, 2, 1, bytes, 0, 2, bytes, 0, 2, 2, product, 0, 2);
    expect([...product]).toEqual([50000 + 2, 12500 + 2, 12500 + 2, 3125 + 2].map((value) => value % 256));
  });

  it('takes fractions of integers in double precision', () => {
    const c = Int32Array.of(10);
    referenceGemm(false, false, 1, 1, 2, 0.5, Int32Array.of(3, 4), 0, 2, Int32Array.of(5, 6), 0, 1, 0.5, c, 0, 1);
    expect(c[0]).toBe(24);
  });
});
