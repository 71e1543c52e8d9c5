/** Kernels whose threads compute four outputs each. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { gpuDriver } from '../src/backend/gpu/device.js';
import { lanesFor, lanesForElements } from '../src/backend/gpu/kernels/lanes.js';
import { conv2d, randn } from '../src/index.js';
import { testLanes } from './gpu-lanes.js';

afterEach(() => void vi.restoreAllMocks());

describe('the conformance suite with four outputs a thread', () => testLanes());

describe('four outputs a thread', () => {
  it('are for rows and products that are large enough', () => {
    expect(lanesFor(3, 2 ** 14, 4)).toBe(4);
    expect(lanesFor(3, 2 ** 14, 1)).toBe(1);
    expect(lanesFor(2, 2 ** 20, 4)).toBe(1);
    expect(lanesFor(1000, 2 ** 14 - 1, 4)).toBe(1);
    expect([2 ** 14 - 1, 2 ** 14].map((elements) => lanesForElements(elements, 4))).toEqual([1, 4]);
  });

  /** How many outputs the threads of each kernel have. */
  function lanesOf(run: () => unknown): string[] {
    const kernels = vi.spyOn(gpuDriver(), 'run');
    run();
    const list = kernels.mock.calls.map(([{ op, lanes = 1 }]) => `${op} ${lanes}`);
    kernels.mockRestore();
    return list;
  }

  const product = (n: number, m: number) => {
    const [a, b] = [randn(n, 32).to('gpu'), randn(32, m).to('gpu')];
    return lanesOf(() => a.matmul(b));
  };

  it('a row that is no multiple of four takes one more kernel', () => {
    expect(product(32, 32)).toEqual(['matmul 4']);
    expect(product(32, 30)).toEqual(['matmul 4', 'copy 1']);
    expect(product(8, 8)).toEqual(['matmul 1']);
  });

  it('a convolution and its gradients choose each for themselves', () => {
    const gradients = (columns: number, filters: number, stride: number) => {
      const x = randn(4, 4, 12, columns).to('gpu').requires_grad_();
      const w = randn(filters, 4, 3, 3).to('gpu').requires_grad_();
      const g = randn(4, filters, 10, Math.floor((columns - 3) / stride) + 1).to('gpu');
      return lanesOf(() => conv2d(x, w, null, { stride: [1, stride] }).backward(g));
    };
    const [forward, weight, input] = ['conv2d', 'conv2dWeightGrad', 'conv2dInputGrad'];
    expect(gradients(16, 4, 2)).toEqual([`${forward} 4`, 'copy 1', `${weight} 4`, 'copy 1', `${input} 4`]);
    // neighbours of a row that was seen in strides of three have nothing in common
    expect(gradients(14, 4, 3)).toEqual([`${forward} 4`, `${weight} 4`, 'copy 1', `${input} 1`]);
    expect(gradients(14, 2, 1)).toEqual([`${forward} 4`, `${weight} 1`, `${input} 4`, 'copy 1']);
  });

  it('elementwise functions and copies have them where a row is a multiple of four', () => {
    const sum = (shape: number[], other = shape) => {
      const [x, y] = [randn(shape).to('gpu'), randn(other).to('gpu')];
      return lanesOf(() => x.add(y));
    };
    expect(sum([128, 128])).toEqual(['add 4']);
    expect(sum([129, 127])).toEqual(['add 1']);
    expect(sum([127, 128])).toEqual(['add 1']);
    // one row of many elements, and rows of their own
    expect(sum([4, 64, 65])).toEqual(['add 4']);
    expect(sum([4, 64, 65], [65])).toEqual(['add 1']);
    expect(sum([4, 65, 64], [64])).toEqual(['add 4']);
  });

  it('nothing has them whose operands have neighbours far apart', () => {
    const [across, near, dense] = [
      randn(128, 256).to('gpu').t(),
      randn(8192, 4).to('gpu').t(),
      randn(256, 128).to('gpu'),
    ];
    expect(lanesOf(() => across.contiguous())).toEqual(['copy 1']);
    expect(lanesOf(() => dense.add(across))).toEqual(['add 1']);
    expect(lanesOf(() => near.contiguous())).toEqual(['copy 4']);
  });

  it('a column whose length is no multiple of four is as long as it should be', () => {
    const [a, b] = [randn(5, 2 ** 18).to('gpu'), randn(2 ** 18, 1).to('gpu')];
    const kernels = vi.spyOn(gpuDriver(), 'run');
    a.matmul(b);
    expect(kernels.mock.calls.map(([{ op, lanes, outputs }]) => [op, lanes, outputs])).toEqual([['matmul', 4, 5]]);
  });

  it('what would be too large with longer rows has one output a thread', () => {
    const [n, m, k] = [64, 5, 64];
    const [a, b] = [randn(n, k).to('gpu'), randn(k, m).to('gpu')];
    const most = vi.spyOn(gpuDriver(), 'maxBytes', 'get');
    const lanes = [n * 8 * 4, n * 8 * 4 - 1].map((bytes) => {
      most.mockReturnValue(bytes);
      return lanesOf(() => a.matmul(b));
    });
    expect(lanes).toEqual([['matmul 4', 'copy 1'], ['matmul 1']]);
  });

  it('a device that has one output a thread is given no others', () => {
    vi.spyOn(gpuDriver(), 'lanes', 'get').mockReturnValue(1);
    expect(product(32, 32)).toEqual(['matmul 1']);
  });
});
