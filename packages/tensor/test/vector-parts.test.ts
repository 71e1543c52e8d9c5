/** Many tensors as the parts of one vector. */
import { describe, expect, it } from 'vitest';
import * as torch from '../src/index.js';
import { partOf, vectorOf } from '../src/internal.js';

describe('a vector of tensors', () => {
  it('has their elements in row-major order, whatever their shapes and layouts', () => {
    const x = torch.arange(12).float().reshape(3, 4);
    const parts = [x, x.t(), x.select(1, 2), x.sum(), torch.zeros(0, 3), x.narrow(1, 1, 2), torch.ones(1).expand(2, 3)];
    const vector = vectorOf(parts);
    expect(vector.shape).toEqual([12 + 12 + 3 + 1 + 0 + 6 + 6]);
    expect(vector.tolist()).toEqual(parts.flatMap((part) => part.reshape(-1).tolist()));
    vector.zero_();
    expect(x.sum().item()).toBe(66);
  });

  it('has the dtype that they promote to', () => {
    const parts = [torch.tensor([1, 2]), torch.tensor([0.1], { dtype: 'float64' }), torch.tensor([true])];
    const vector = vectorOf(parts);
    expect([vector.dtype, vector.tolist()]).toEqual(['float64', [1, 2, 0.1, 1]]);
  });

  it('is not recorded', () => {
    const x = torch.ones(2, 2, { requires_grad: true });
    expect(vectorOf([x]).requires_grad).toBe(false);
  });

  it('refuses tensors of two devices', () => {
    const both = [torch.ones(1), torch.ones(1, { device: 'gpu' })];
    expect(() => vectorOf(both)).toThrow(
      'Expected all tensors to be on the same device, but found at least two devices, cpu and gpu!',
    );
  });

  it.each(['cpu', 'gpu'] as const)('is the same on the %s device', (device) => {
    const x = torch.arange(6, { dtype: 'float32', device }).reshape(2, 3);
    const vector = vectorOf([x.t(), x]);
    expect([vector.device, vector.tolist()]).toEqual([device, [0, 3, 1, 4, 2, 5, 0, 1, 2, 3, 4, 5]]);
    partOf(vector, 6, [3, 2]).mul_(2);
    expect(vector.narrow(0, 5, 7).tolist()).toEqual([5, 0, 2, 4, 6, 8, 10]);
  });
});

it('a part of a vector shares its memory, with the gaps between its elements', () => {
  const whole = torch.arange(20).float();
  const every = whole.view(10, 2).select(1, 1); // 1, 3, 5, …
  const part = partOf(every, 2, [2, 3]);
  expect(part.tolist()).toEqual([
    [5, 7, 9],
    [11, 13, 15],
  ]);
  part.fill_(0);
  expect(whole.narrow(0, 4, 13).tolist()).toEqual([4, 0, 6, 0, 8, 0, 10, 0, 12, 0, 14, 0, 16]);
  expect(partOf(every.narrow(0, 8, 2), 1, []).item()).toBe(19);
  expect(partOf(whole, 20, [0, 2]).tolist()).toEqual([]);
});
