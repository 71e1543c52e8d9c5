import * as nn from '@torchlet/nn';
import { ones, tensor, ValueError } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';

describe('Parameter', () => {
  it('shares the memory and the version of its tensor, and is a leaf', () => {
    const t = ones(2);
    const p = new nn.Parameter(t);
    expect([p.requires_grad, p.is_leaf, t.requires_grad]).toEqual([true, true, false]);
    t.mul_(3);
    expect(p.tolist()).toEqual([3, 3]);
    expect(p._version).toBe(1);
    const { data } = t;
    const q = new nn.Parameter(data);
    data.mul_(2);
    expect([q._version, t._version]).toEqual([1, 1]);
    data.mul_(2);
    expect([q._version, t._version]).toEqual([2, 1]);
    expect(new nn.Parameter(ones(1, { requires_grad: true }).mul(2)).is_leaf).toBe(true);
  });

  it('takes its arguments by position and by name', () => {
    expect(new nn.Parameter(ones(1), false).requires_grad).toBe(false);
    expect(new nn.Parameter(ones(1), { requires_grad: false }).requires_grad).toBe(false);
    expect(new nn.Parameter().shape).toEqual([0]);
  });

  it('refuses what is no tensor, and gradients of integers', () => {
    expect(() => new nn.Parameter([1, 2] as never)).toThrow(
      new ValueError("Parameter(): argument 'data' must be Tensor, not Array"),
    );
    expect(() => new nn.Parameter(tensor([1], { dtype: 'int64' }))).toThrow(/floating point/);
    expect(new nn.Parameter(tensor([1], { dtype: 'int64' }), false).dtype).toBe('int64');
  });

  it('gives plain tensors when computed with', () => {
    expect(new nn.Parameter(ones(1)).mul(2)).not.toBeInstanceOf(nn.Parameter);
    expect(new nn.Parameter(ones(1)).detach()).not.toBeInstanceOf(nn.Parameter);
  });
});
