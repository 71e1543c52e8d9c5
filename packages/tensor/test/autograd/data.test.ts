/** What `x.data = …` changes of a tensor, and what it leaves. */
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';

const leaf = (data: number[]): torch.Tensor => torch.tensor(data, { requires_grad: true });

describe('data that is set', () => {
  it('is shared with where it comes from', () => {
    const x = leaf([1, 2]);
    const value = torch.tensor([5, 6, 7]);
    x.data = value;
    value.mul_(2);
    expect([x.tolist(), x.requires_grad, x.is_leaf]).toEqual([[10, 12, 14], true, true]);
    x.sum().backward();
    expect(x.grad?.tolist()).toEqual([1, 1, 1]);
    expect(() => {
      x.data = torch.tensor([1], { dtype: 'int64' });
    }).toThrow(torch.DTypeError);
    expect(() => {
      x.data = [1] as never;
    }).toThrow('Variable data has to be a tensor');
  });

  it('leaves the tensor its version, and the new memory its own', () => {
    const [x, value] = [torch.tensor([1, 2]).add_(1), torch.zeros(2)];
    x.data = value;
    expect([x._version, value._version]).toEqual([1, 0]);
    x.add_(1);
    expect([x.tolist(), x._version, value._version]).toEqual([[1, 1], 2, 0]);
    const view = torch.zeros(3).add_(1).narrow(0, 1, 2);
    view.data = torch.ones(2);
    expect(view._version).toBe(1);
  });

  it('leaves gradients of a result the look that the result had', () => {
    const [x, y] = [leaf([0, 1, 2]), leaf([1, 5, 2])];
    const doubled = x.mul(2);
    doubled.data = torch.ones(2, 3);
    doubled.sum().backward();
    expect(x.grad?.tolist()).toEqual([4, 4, 4]);
    const top = y.max();
    top.data = torch.ones(2, 3);
    top.sum().backward();
    expect(y.grad?.tolist()).toEqual([0, 6, 0]);
  });
});
