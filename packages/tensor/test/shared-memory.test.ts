/** Small storages of the cpu device have their places in arrays that they share: nobody can tell. */
import { describe, expect, it } from 'vitest';
import { cpuBackend } from '../src/backend/cpu/cpu-backend.js';
import { DTYPES, type TypedArray } from '../src/dtype.js';
import * as torch from '../src/index.js';

type Tensor = torch.Tensor;

describe('small storages', () => {
  it.each(DTYPES)('of %s share an array, each with a place of its own', (dtype) => {
    const first = cpuBackend.storage(4, dtype, false);
    const second = cpuBackend.storage(60, dtype, true);
    expect(second.memory).toBe(first.memory);
    expect(second.start).toBe(first.start + 4);
    const [a, b] = [first.buffer as TypedArray, second.buffer as TypedArray];
    expect([a.length, b.length]).toEqual([4, 60]);
    expect(b.buffer).toBe(a.buffer);
    a.fill(1);
    expect(new Set(b)).toEqual(new Set([0]));
  });

  it('are one array to all who ask for their buffer, the one that kernels write to', () => {
    const x = torch.ones(2, 2).add(1);
    expect(x.storage.start).toBeGreaterThan(0);
    const buffer = x.storage.buffer as TypedArray;
    expect(x.storage.buffer).toBe(buffer);
    expect(Array.from(buffer)).toEqual([2, 2, 2, 2]);
    x.mul_(3);
    expect(Array.from(buffer)).toEqual([6, 6, 6, 6]);
  });

  it('are neither single elements, which programs keep by the thousand, nor many', () => {
    for (const numel of [0, 1, 65, 255, 256]) expect(cpuBackend.storage(numel, 'float32', true).start).toBe(0);
  });

  it('keep what was computed into them, whatever is computed later', () => {
    const held: [Tensor, number][] = [];
    const numbers = DTYPES.filter((dtype) => dtype !== 'bool');
    for (let i = 0; i < 600; i++) {
      const size = 1 + (i % 70);
      const base = torch.full([size], i % 100, { dtype: numbers[i % 5] });
      held.push([base, i % 100], [base.add(1), (i % 100) + 1], [base.mul(1).reshape(1, size).t(), i % 100]);
      if (i % 3 === 0) held[held.length - 3][0].copy_(base.mul(1));
    }
    for (const [t, value] of held) expect(new Set(t.reshape(-1).tolist() as number[])).toEqual(new Set([value]));
  });

  it('are not in a message that shows one of them', () => {
    const x = torch.ones(2).add(1).requires_grad_();
    x.sum().backward();
    const from = torch.ones(1, 1, 4);
    expect(() => torch.avg_pool1d(from, 2, x as never)).toThrow(
      'avg_pool1d(): expected stride to be a single integer value or a list of 1 values to match the spatial dimensions, ' +
        'but got stride=tensor([2., 2.], requires_grad=True)',
    );
    expect(() => torch.avg_pool1d(from, [2, x] as never)).toThrow(
      'kernel_size=[2, tensor([2., 2.], requires_grad=True)]',
    );
  });
});
