/** Arrays for tensors: resident from a size on, counted, and copied from and to anywhere. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import type * as resident from '../src/resident.js';
import {
  allocateArray32,
  copyArray,
  isResident,
  MIN_RESIDENT,
  releaseArray,
  repeatArray,
  residentUsage,
} from '../src/resident.js';
import { wasmKernels } from '../src/wasm/instance.js';
import { numbers } from './support.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe.skipIf(wasmKernels() === null)('arrays for tensors', () => {
  it('are resident from a size on, and zeroed where that is asked for', () => {
    expect(isResident(allocateArray32(Float32Array, MIN_RESIDENT - 1, false))).toBe(false);
    for (const type of [Float32Array, Int32Array]) {
      const dirty = allocateArray32<Float32Array | Int32Array>(type as typeof Float32Array, 1000, false).fill(7);
      expect(isResident(dirty)).toBe(true);
      const { byteOffset } = dirty;
      releaseArray(dirty);
      const clean = allocateArray32<Float32Array | Int32Array>(type as typeof Float32Array, 1000, true);
      expect(clean).toBeInstanceOf(type);
      expect(clean.byteOffset).toBe(byteOffset);
      expect(clean.every((value) => value === 0)).toBe(true);
    }
    expect(allocateArray32(Float32Array, 10, true)).toEqual(new Float32Array(10));
    releaseArray(new Float32Array(1000));
  });

  it('count in the usage', () => {
    const before = residentUsage().held;
    const array = allocateArray32(Float32Array, 1000, false);
    expect(residentUsage().held).toBe(before + 4000);
    expect(residentUsage().peak).toBeGreaterThanOrEqual(before + 4000);
    releaseArray(array);
    expect(residentUsage().held).toBe(before);
  });

  it('are copied from and to anywhere', () => {
    for (const length of [5, 255, 256, 1001]) {
      const values = numbers(length + 3, 1).map(Math.fround);
      for (const places of [0, 1, 2, 3]) {
        const from = places & 1 ? allocateArray32(Float32Array, length + 300, true) : new Float32Array(length + 300);
        const to = places & 2 ? allocateArray32(Float32Array, length + 300, true) : new Float32Array(length + 300);
        from.set(values);
        to.fill(-9);
        copyArray(from, 3, to, 5, length);
        expect([...to.subarray(0, length + 6)]).toEqual([...new Array(5).fill(-9), ...values.slice(3), -9]);
      }
      const ints = allocateArray32(Int32Array, 2048, true);
      const copied = allocateArray32(Int32Array, 2048, true);
      ints.forEach((_, i) => {
        ints[i] = i * 2097153;
      });
      copyArray(ints, 1, copied, 2, length);
      expect([...copied.subarray(0, length + 3)]).toEqual([0, 0, ...ints.subarray(1, length + 1), 0]);
    }
  });

  it('take one row to every row', () => {
    for (const [length, rows] of [
      [1, 3],
      [3, 100],
      [250, 70],
      [5000, 3],
    ]) {
      const values = numbers(length, 2).map(Math.fround);
      const expected = [-9, ...Array.from({ length: rows }, () => values).flat(), -9];
      for (const resident of [true, false]) {
        const to = resident ? allocateArray32(Float32Array, expected.length, true) : new Float32Array(expected.length);
        to.fill(-9);
        repeatArray(Float32Array.of(7, ...values), 1, length, to, 1, rows);
        expect([...to]).toEqual(expected);
        const at = 1 + length * (rows - 1); // the last row is to be the one
        to.fill(0, 1, at);
        repeatArray(to, at, length, to, 1, rows);
        expect([...to]).toEqual(expected);
      }
      const doubles = new Float64Array(expected.length).fill(-9);
      repeatArray(Float64Array.from(values), 0, length, doubles, 1, rows);
      expect([...doubles]).toEqual(expected);
    }
  });

  it('are ordinary arrays without WebAssembly', async () => {
    vi.stubEnv('TORCHLET_WASM', 'off');
    vi.resetModules();
    const plain: typeof resident = await import('../src/resident.js');
    const array = plain.allocateArray32(Float32Array, 1000, false);
    expect(array.buffer).toBeInstanceOf(ArrayBuffer);
    expect(array).toEqual(new Float32Array(1000));
    expect(plain.isResident(array)).toBe(false);
    plain.releaseArray(array);
    plain.collectEarly();
    expect(plain.residentUsage()).toEqual({ held: 0, peak: 0 });
    const copy = plain.allocateArray32(Float32Array, 1000, true);
    array.fill(3);
    plain.copyArray(array, 0, copy, 500, 500);
    expect(copy.reduce((a, b) => a + b, 0)).toBe(1500);
    const { vectorLoop } = await import('../src/simd/vector-loop.js');
    expect(vectorLoop({ arrays: [], scalars: [], constants: {}, body: '' })).toBeNull();
  });
});
