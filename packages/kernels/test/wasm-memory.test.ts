import { describe, expect, it } from 'vitest';
import { wasmSgemm } from '../src/gemm/wasm.js';
import { instantiate, type WasmKernels } from '../src/wasm/instance.js';
import { naiveGemm, numbers, worstError } from './support.js';

const found = instantiate('simd');
const kernels = found as WasmKernels;

describe.skipIf(found === null)('WebAssembly memory', () => {
  it('gives regions that neither overlap nor begin at the same place in their pages', () => {
    const { memory } = kernels;
    const sizes = [1000, 1, 100_000, 5000, 0, 3];
    const starts = memory.reserve(sizes);
    for (let i = 1; i < sizes.length; i++) expect(starts[i]).toBeGreaterThanOrEqual(starts[i - 1] + 4 * sizes[i - 1]);
    expect(new Set(starts.map((start) => start % 4096)).size).toBe(sizes.length);
    expect(starts.every((start) => start % 64 === 0)).toBe(true);
    expect(memory.floats.length * 4).toBeGreaterThanOrEqual(starts[5] + 12);
  });

  it('never grows: its views stay, and what is in it', () => {
    const { memory } = kernels;
    const [small] = memory.reserve([4]);
    memory.floats.set([1, 2, 3, 4], small >>> 2);
    const { floats, ints, doubles } = memory;
    const array = memory.residents.allocate(Float32Array, 1000)?.fill(5);
    const [large] = memory.reserve([64 << 20]);
    expect(memory.floats === floats && memory.ints === ints && memory.doubles === doubles).toBe(true);
    expect(floats.length * 4).toBe(memory.memory.buffer.byteLength);
    expect([...floats.subarray(small >>> 2, (small >>> 2) + 4)]).toEqual([1, 2, 3, 4]);
    expect(array?.every((value) => value === 5)).toBe(true);
    floats.fill(6, large >>> 2, (large >>> 2) + 4096);
    floats.fill(6, (large >>> 2) + (64 << 20) - 4096, (large >>> 2) + (64 << 20));
    expect(array?.every((value) => value === 5)).toBe(true);
  });

  it('reserves a region once, and gives an outgrown one back', () => {
    const { memory } = kernels;
    const [before] = memory.reserve([70 << 20]);
    expect(memory.reserve([70 << 20])).toEqual([before]);
    expect(memory.reserve([10])).toEqual([before]);
    // more than the memory has, if every region stayed
    for (let mebi = 90; mebi < 200; mebi += 10) memory.reserve([mebi << 20]);
  });

  it('says when there is no room', () => {
    const { memory } = kernels;
    const all = memory.memory.buffer.byteLength / 4;
    expect(() => memory.reserve([all])).toThrow(RangeError);
    expect(() => memory.reserve([all])).toThrow(/^WebAssembly memory has no room for \d+ more bytes$/);
    expect(memory.residents.allocate(Float32Array, all)).toBeNull();
    expect(memory.reserve([16])).toHaveLength(1);
  });

  it('knows its own arrays', () => {
    const { memory } = kernels;
    const array = memory.residents.allocate(Float32Array, 300) as Float32Array;
    expect([array, array.subarray(3), memory.doubles].map((a) => memory.holds(a))).toEqual([true, true, true]);
    expect([new Float32Array(3), instantiate('simd')?.memory.floats ?? array].map((a) => memory.holds(a))).toEqual([
      false,
      false,
    ]);
  });

  it('multiplies matrices wherever each of them lives', () => {
    const { memory } = kernels;
    const [m, n, k] = [520, 1030, 5];
    for (const [transA, transB] of [
      [false, false],
      [true, true],
    ]) {
      for (let places = 0; places < 8; places++) {
        const starts = memory.reserve([m * k, k * n, m * n]).map((address) => address >>> 2);
        const lengths = [m * k, k * n, m * n];
        const values = lengths.map((length, i) => Float32Array.from(numbers(length, i + 1)));
        const [a, b, c] = values.map((array, i) => {
          if ((places >> i) % 2 === 0) return { array, offset: 0 };
          memory.floats.set(array, starts[i]);
          return { array: memory.floats, offset: starts[i] };
        });
        const sizes = [transA, transB, m, n, k, 1] as const;
        const [lda, ldb] = [transA ? m : k, transB ? k : n];
        const want = naiveGemm(...sizes, values[0], 0, lda, values[1], 0, ldb, 0.5, values[2], 0, n);
        const multiply = wasmSgemm(kernels);
        multiply(...sizes, a.array, a.offset, lda, b.array, b.offset, ldb, 0.5, c.array, c.offset, n);
        expect(worstError(c.array.slice(c.offset, c.offset + m * n), want)).toBeLessThan(1e-6);
      }
    }
  });
});
