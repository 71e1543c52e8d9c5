/** Passes over rows of which each is longer than the one above it. */
import { describe, expect, it } from 'vitest';
import { compileRows } from '../src/simd/compile.js';
import { compileKernel, type WasmKernels, wasmKernels } from '../src/wasm/instance.js';
import { hasVectors } from './simd-support.js';
import { numbers, residentCopy } from './support.js';

/** y ← x / Σ x over each row's own elements, n of them; what lies behind them becomes −n. */
const definition = {
  arrays: [
    { name: 'x', read: true, write: false },
    { name: 'y', read: true, write: true },
  ],
  rowInputs: ['factor'],
  rowOutputs: ['total'],
  scalars: ['shift'],
  constants: {},
  passes: [
    { body: '', results: { sum: { reduce: 'sum', of: 'x' } as const }, after: 'total = sum;' },
    { body: 'y = factor * x / total + shift;' },
  ],
  beyond: 'y = -n;',
};

describe.skipIf(!hasVectors)('rows that grow', () => {
  it.each([
    ['from one element', 1, 30, 30],
    ['from several', 13, 20, 37],
    ['no further than there is room', 5, 25, 12],
    ['not at all, where the first is full', 9, 4, 9],
  ])('%s', (_, first, rows, most) => {
    const run = compileKernel(wasmKernels() as WasmKernels, compileRows(definition) as Uint8Array).run;
    const step = most + 3;
    const x = residentCopy(numbers(rows * step, 1).map((v) => v + 2));
    const y = residentCopy(new Array<number>(rows * step).fill(7));
    const factor = residentCopy(numbers(rows, 2));
    const total = residentCopy(new Array<number>(rows).fill(7));
    const places = [x, y, factor, total].map((array) => array.byteOffset);
    run(rows, first, ...places, 4 * step, 4 * step, 4, 4, 0.25, most);
    for (let i = 0; i < rows; i++) {
      const n = Math.min(first + i, most);
      const sum = x.subarray(i * step, i * step + n).reduce((a, b) => a + b, 0);
      expect(total[i]).toBeCloseTo(sum, 4);
      const want = Array.from({ length: step }, (__, j) => {
        if (j >= most) return 7;
        return j < n ? (factor[i] * x[i * step + j]) / sum + 0.25 : -n;
      });
      want.forEach((value, j) => {
        expect(y[i * step + j]).toBeCloseTo(value, 5);
      });
    }
  });
});
