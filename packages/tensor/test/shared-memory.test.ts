/** Small storages of the cpu device have their places in arrays that they share: nobody can tell. */
import { describe, expect, it } from 'vitest';
import { cpuBackend } from '../src/backend/cpu/cpu-backend.js';
import { DTYPES, type TypedArray } from '../src/dtype.js';
import * as torch from '../src/index.js';

type Tensor = torch.Tensor;

describe('small storages', () => {
  it.each(
    DTYPES.flatMap((dtype) => [
      [dtype, 4, 60],
      [dtype, 65, 255],
    ]) as [torch.DType, number, number][],
  )('of %s share an array, %i elements and %i, each with a place of its own', (dtype, some, more) => {
    const first = cpuBackend.storage(some, dtype, false);
    const second = cpuBackend.storage(more, dtype, true);
    expect(second.memory).toBe(first.memory);
    expect(second.start).toBe(first.start + some);
    const [a, b] = [first.buffer as TypedArray, second.buffer as TypedArray];
    expect([a.length, b.length]).toEqual([some, more]);
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

  it('are neither no elements nor many', () => {
    for (const numel of [0, 256, 1000]) expect(cpuBackend.storage(numel, 'float32', true).start).toBe(0);
  });

  it('keep hardly anything else alive where they are single elements, which programs keep by the thousand', () => {
    const losses = Array.from({ length: 100 }, (_, i) => cpuBackend.storage(1, 'float32', i % 2 === 0));
    expect(Math.max(...losses.map(({ memory }) => (memory as TypedArray).length))).toBeLessThanOrEqual(16);
    const arrays = new Set(losses.map(({ memory }) => memory));
    expect(arrays.size).toBeLessThan(10);
    const places = losses.map(({ memory, start }) => `${[...arrays].indexOf(memory)} ${start}`);
    expect(new Set(places).size).toBe(100);
  });

  it('keep what was computed into them, whatever is computed later', () => {
    const held: [Tensor, number][] = [];
    const numbers = DTYPES.filter((dtype) => dtype !== 'bool');
    for (let i = 0; i < 600; i++) {
      const size = 1 + (i % 300);
      const base = torch.full([size], i % 100, { dtype: numbers[i % 5] });
      held.push([base, i % 100], [base.add(1), (i % 100) + 1], [base.mul(1).reshape(1, size).t(), i % 100]);
      if (i % 3 === 0) held[held.length - 3][0].copy_(base.mul(1));
    }
    for (const [t, value] of held) expect(new Set(t.reshape(-1).tolist() as number[])).toEqual(new Set([value]));
  });

  it.each(DTYPES)('of %s are copied and filled in any arrangement, and nothing beside them', (dtype) => {
    const sizes = [3, 2, 17, 2];
    const made = (value: number): Tensor => torch.ones(sizes, { dtype }).mul(value).to(dtype);
    for (const order of [
      [0, 1, 2, 3],
      [3, 0, 2, 1],
      [1, 3, 0, 2],
    ]) {
      const from = torch.arange(204).remainder(7).to(dtype).reshape(sizes);
      const [before, to, behind] = [made(1), made(1), made(1)];
      expect(Math.min(from.storage.start, to.storage.start)).toBeGreaterThan(0);
      const wanted = from.permute(order).tolist();
      expect(from.permute(order).contiguous().tolist()).toEqual(wanted);
      to.permute(order).copy_(from.permute(order));
      expect(to.permute(order).tolist()).toEqual(wanted);
      to.permute(order).narrow(0, 0, 1).fill_(0);
      expect(to.permute(order).narrow(0, 1, 1).tolist()).toEqual(from.permute(order).narrow(0, 1, 1).tolist());
      expect(to.permute(order).narrow(0, 0, 1).ne(0).any().item<boolean>()).toBe(false);
      expect([before, behind].every((x) => torch.equal(x, made(1)))).toBe(true);
    }
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
