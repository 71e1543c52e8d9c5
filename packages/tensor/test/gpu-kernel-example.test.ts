/** The kernels that docs/gpu.md shows. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { View } from '../src/backend/backend.js';
import type { KernelSource } from '../src/backend/gpu/driver.js';
import { integer, loop, weighted } from '../src/backend/gpu/kernels/indexing.js';
import { literal } from '../src/backend/gpu/kernels/sizes.js';
import { runKernel } from '../src/backend/gpu/run.js';
import { inScope } from '../src/backend/gpu/scope.js';
import { contiguousHandle, store } from '../src/backend/gpu/views.js';
import { rand, tensor, zeros } from '../src/index.js';
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

/** out[i] = a[i] + s · b[i], four elements a thread */
const axpy4 = (n: number): KernelSource => ({
  ...axpy(n),
  lanes: 4,
  body: `${integer('i', 'this.thread.x * 4')}
return [${[0, 1, 2, 3].map((j) => `a[i + ${j}] + s * b[i + ${j}]`).join(', ')}];`,
});

/** out[i] = Σ a[i, k] over every third k */
const thirds = (rows: number, columns: number): KernelSource => ({
  op: 'thirds',
  parameters: ['a'],
  outputs: rows,
  body: `let sum = 0;
${loop('k', Math.ceil(columns / 3), `sum += a[${weighted(['this.thread.x', columns], ['k', literal(3)])}];`)}
return sum;`,
});

function axpyInto(a: View, s: number, b: View, out: View, kernel = axpy): void {
  const inputs = [contiguousHandle(a), contiguousHandle(b)];
  store(runKernel(kernel(numelOf(out.shape)), inputs, [s]), out);
}

it.each([axpy, axpy4])('works on any strides', (kernel) => {
  const a = tensor([
    [1, 2],
    [3, 4],
  ]).to('gpu');
  const out = zeros(2, 3).to('gpu');
  inScope(() => axpyInto(a, 10, a.t(), out.narrow(1, 1, 2), kernel));
  expect(out.tolist()).toEqual([
    [0, 11, 32],
    [0, 23, 44],
  ]);
});

it('marks what is a size, and computes the same on many shapes', () => {
  expect(thirds(2, 12).body).toContain('k < #k <:4#');
  expect(thirds(2, 12).body).toContain('this.thread.x * #this.thread.x *:12# + k * 3');
  for (let columns = 1; columns < 9; columns++) {
    const a = rand(3, columns);
    const out = zeros(3).to('gpu');
    inScope(() => store(runKernel(thirds(3, columns), [contiguousHandle(a.to('gpu'))]), out));
    const expected = (a.tolist() as number[][]).map((row) =>
      row.filter((_, k) => k % 3 === 0).reduce((x, y) => x + y, 0),
    );
    (out.tolist() as number[]).forEach((sum, i) => void expect(sum).toBeCloseTo(expected[i], 5));
  }
});
