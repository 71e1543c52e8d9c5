/** The kernel that docs/gpu.md shows. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { View } from '../src/backend/backend.js';
import type { KernelSource } from '../src/backend/gpu/driver.js';
import { runKernel } from '../src/backend/gpu/run.js';
import { inScope } from '../src/backend/gpu/scope.js';
import { contiguousHandle, store } from '../src/backend/gpu/views.js';
import { tensor, zeros } from '../src/index.js';
import { numelOf } from '../src/shape.js';

beforeAll(() => void vi.stubEnv('TORCHLET_GPU', 'cpu'));
afterAll(() => void vi.unstubAllEnvs());

/** out[i] = a[i] + s · b[i] */
const axpy = (n: number): KernelSource => ({
  op: 'axpy',
  parameters: ['a', 'b'],
  scalars: ['s'],
  outputs: n,
  body: 'return a[this.thread.x] + s * b[this.thread.x];',
});

function axpyInto(a: View, s: number, b: View, out: View): void {
  const inputs = [contiguousHandle(a), contiguousHandle(b)];
  store(runKernel(axpy(numelOf(out.shape)), inputs, [s]), out);
}

it('works on any strides', () => {
  const a = tensor([
    [1, 2],
    [3, 4],
  ]).to('gpu');
  const out = zeros(2, 3).to('gpu');
  inScope(() => axpyInto(a, 10, a.t(), out.narrow(1, 1, 2)));
  expect(out.tolist()).toEqual([
    [0, 11, 32],
    [0, 23, 44],
  ]);
});
