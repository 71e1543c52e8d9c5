import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { gpuDriver } from '../src/backend/gpu/device.js';
import type { LocalDriver } from '../src/backend/gpu/drivers/local.js';
import { gpuBackend } from '../src/backend/gpu/gpu-backend.js';
import * as gpu from '../src/gpu.js';
import * as torch from '../src/index.js';
import { empty, integers, onGpu, read } from './gpu-views.js';

const F = torch.functional;

beforeEach(() => gpu.reset_stats());
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** Kernels that the device has compiled. */
const kernelsCompiled = (): number => (gpuDriver() as LocalDriver).cachedKernels;

/** The counters, without that of compiling. */
function moved(): Omit<gpu.GpuStats, 'compiled'> {
  const { compiled: _, ...rest } = gpu.stats();
  return rest;
}

describe('what moves', () => {
  it('matmul uploads its operands once, stays on the device, and is read back once', () => {
    const [a, b] = [onGpu([2, 2], [1, 2, 3, 4]), onGpu([2, 2], [0, 1, 1, 0])];
    const [c, d] = [empty(2, 2), empty(2, 2)];
    gpuBackend().matmul(a, b, null, c);
    gpuBackend().matmul(c, b, null, d);
    expect(moved()).toEqual({ uploads: 2, readbacks: 0, kernels: 2, transfers_by_op: {} });
    expect(read(c)).toEqual([2, 1, 4, 3]);
    expect(read(d)).toEqual([1, 2, 3, 4]);
    expect(read(d)).toEqual([1, 2, 3, 4]);
    expect(moved()).toEqual({ uploads: 2, readbacks: 2, kernels: 2, transfers_by_op: {} });
  });

  it('transposed and repeated operands of a matmul are read where they are', () => {
    const a = onGpu([2, 3], [1, 2, 3, 4, 5, 6]);
    const gram = empty(3, 3);
    gpuBackend().matmul({ ...a, shape: [3, 2], strides: [1, 3] }, a, null, gram);
    expect(read(gram)).toEqual([17, 22, 27, 22, 29, 36, 27, 36, 45]);
    const twice = empty(2, 2, 3);
    const eye = onGpu([2, 2], [1, 0, 0, 1]);
    gpuBackend().matmul(
      { ...eye, shape: [2, 2, 2], strides: [0, 2, 1] },
      { ...a, shape: [2, 2, 3], strides: [0, 3, 1] },
      null,
      twice,
    );
    expect(read(twice)).toEqual([1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6]);
    expect(gpu.stats().transfers_by_op).toEqual({});
  });

  it('operations without a kernel are transfers, counted by name', () => {
    const x = onGpu([3], [-1, 0, 2]);
    gpuBackend().scan('sum', x, 0, empty(3), null);
    gpuBackend().scan('sum', x, 0, empty(3), null);
    gpuBackend().scan('prod', x, 0, empty(3), null);
    gpuBackend().sort(x, 0, false, empty(3), integers([0, 0, 0]));
    const { transfers_by_op } = gpu.stats();
    expect(transfers_by_op).toEqual({ 'scan.sum': 2, 'scan.prod': 1, sort: 1 });
    gpu.reset_stats();
    expect(moved()).toEqual({ uploads: 0, readbacks: 0, kernels: 0, transfers_by_op: {} });
  });

  it('arithmetic of integers is a transfer once they have been on the device, and moves nothing before', () => {
    const [x, sum] = [integers([1, 2, 3]), integers([0, 0, 0])];
    gpuBackend().elementwise('add', [x, x], sum);
    expect(moved()).toEqual({ uploads: 0, readbacks: 0, kernels: 0, transfers_by_op: {} });
    gpuBackend().elementwise('maximum', [x, 2], x);
    expect(moved()).toEqual({ uploads: 1, readbacks: 0, kernels: 1, transfers_by_op: {} });
    gpuBackend().elementwise('add', [x, x], sum);
    expect(moved()).toEqual({ uploads: 1, readbacks: 1, kernels: 1, transfers_by_op: { 'elementwise.add': 1 } });
    expect(read(sum)).toEqual([4, 4, 6]);
  });

  it('a window of a larger storage is packed, and written back into it, by kernels', () => {
    const a = onGpu([6], [9, 9, 1, 2, 3, 4]);
    const out = onGpu([5], [7, 7, 7, 7, 7]);
    const eye = onGpu([2, 2], [1, 0, 0, 1]);
    gpuBackend().matmul({ ...a, shape: [2, 2], strides: [2, 1], offset: 2 }, eye, null, {
      ...out,
      shape: [2, 2],
      strides: [2, 1],
      offset: 1,
    });
    expect(moved()).toEqual({ uploads: 3, readbacks: 0, kernels: 3, transfers_by_op: {} });
    expect(read(out)).toEqual([7, 1, 2, 3, 4]);
  });

  it('slices at different places are one kernel, and so are different numbers', () => {
    const x = onGpu([8], [0, 1, 2, 3, 4, 5, 6, 7]);
    const before = kernelsCompiled();
    for (const offset of [1, 2, 5]) {
      const out = empty(3);
      gpuBackend().elementwise('mul', [{ ...x, shape: [3], offset }, offset], out);
      expect(read(out)).toEqual([offset, offset + 1, offset + 2].map((v) => v * offset));
    }
    expect(kernelsCompiled() - before).toBe(1);
  });

  it('a number everywhere is never an array: filled memory goes to kernels as a scalar', () => {
    const [x, ones, out] = [onGpu([2], [3, 4]), empty(2), empty(2)];
    gpuBackend().fill(ones, 1);
    gpuBackend().elementwise('sub', [x, ones], out);
    expect(moved()).toEqual({ uploads: 1, readbacks: 0, kernels: 1, transfers_by_op: {} });
    gpuBackend().matmul({ ...ones, shape: [1, 2], strides: [2, 1] }, { ...x, shape: [2, 1], strides: [1, 1] }, null, {
      ...out,
      shape: [1, 1],
      strides: [1, 1],
    });
    // the matrix of ones is made by a kernel
    expect(gpu.stats()).toMatchObject({ uploads: 1 });
    expect(read(out)).toEqual([7, 3]);
  });

  it('integers and empty operands never reach gpu.js', () => {
    const none = empty(2, 3);
    gpuBackend().matmul(
      { ...empty(0), shape: [2, 0], strides: [1, 1] },
      { ...empty(0), shape: [0, 3], strides: [3, 1] },
      null,
      none,
    );
    expect(read(none)).toEqual([0, 0, 0, 0, 0, 0]);
    const { kernels, transfers_by_op } = gpu.stats();
    expect({ kernels, transfers_by_op }).toEqual({ kernels: 0, transfers_by_op: {} });
  });

  it('fill and a whole copy move nothing', () => {
    const [x, y] = [onGpu([2], [1, 2]), empty(2)];
    gpuBackend().copy(x, y);
    gpuBackend().fill(x, 5);
    expect([read(x), read(y)]).toEqual([
      [5, 5],
      [1, 2],
    ]);
    expect(gpu.stats().transfers_by_op).toEqual({});
  });

  it('TORCHLET_GPU_DEBUG=1 prints each transfer', () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => {});
    gpuBackend().scan('sum', onGpu([2], [0, 0]), 0, empty(2), null);
    expect(print).not.toHaveBeenCalled();
    vi.stubEnv('TORCHLET_GPU_DEBUG', '1');
    gpuBackend().scan('sum', onGpu([2], [0, 0]), 0, empty(2), null);
    expect(print.mock.calls).toEqual([['torchlet gpu: scan.sum runs on the cpu ([2] float32, [2] float32)']]);
  });

  it('an operation that computes on the host is counted, unless the host has the elements', () => {
    const x = torch.tensor([0, 3, 0, 4]).to('gpu');
    const doubled = x.mul(2);
    gpu.reset_stats();
    expect(torch.nonzero(doubled).tolist()).toEqual([[1], [3]]);
    expect(torch.unique(doubled).tolist()).toEqual([0, 6, 8]);
    expect(gpu.stats().transfers_by_op).toEqual({ nonzero: 1, unique: 1 });
    gpu.reset_stats();
    const labels = torch.tensor([1, 0], { dtype: 'int64' }).to('gpu');
    expect(F.one_hot(labels).tolist()).toEqual([
      [0, 1],
      [1, 0],
    ]);
    expect(moved()).toEqual({ uploads: 0, readbacks: 0, kernels: 0, transfers_by_op: {} });
  });
});
