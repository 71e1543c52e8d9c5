import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';
import { describeFamily } from './runner.js';

const F = torch.functional;

describeFamily('corners');

describe('unusual ranks and sizes', () => {
  it('dropout2d takes [N, C, L] for what dropout1d takes', () => {
    const x = torch.ones([4, 3, 5]);
    const [a, b] = [F.dropout2d, F.dropout1d].map((dropout) => {
      torch.manual_seed(7);
      return dropout(x, 0.5);
    });
    expect(a.equal(b)).toBe(true);
    expect(a.amax(2).equal(a.amin(2))).toBe(true);
    expect(a.eq(0).any().item()).toBe(true);
    expect(F.dropout2d(torch.ones([2, 3])).shape).toEqual([2, 3]);
    expect(() => F.dropout2d(torch.ones([3]))).toThrow('Feature dropout requires at least 2 dimensions in the input');
    expect(() => F.dropout1d(torch.ones([2, 3, 4, 5]))).toThrow(
      'dropout1d(): Expected 2D or 3D input, but received [2, 3, 4, 5]',
    );
  });

  it('one value per group has no variance', () => {
    expect(() => F.group_norm(torch.ones([1, 3]), 3)).toThrow(
      'Expected more than 1 value per channel when training, got input size [1, 3]',
    );
  });

  it('a scalar has one element to select', () => {
    expect(() => torch.tensor(1).index_select(0, torch.tensor([0, 0], { dtype: 'int64' }))).toThrow(
      'index_select(): Index to scalar can have only 1 value, got 2 value(s)',
    );
  });

  it('integers that are refused', () => {
    expect(() => torch.nanmean(torch.tensor([1], { dtype: 'int64' }))).toThrow(
      'nanmean(): expected input to have floating point or complex dtype but got Long',
    );
    expect(() => F.hardtanh(torch.tensor([1], { dtype: 'uint8' }))).toThrow(
      'cannot do hardtanh on an unsigned type with negative limits',
    );
    expect(() => F.relu6(torch.tensor([true]))).toThrow(torch.DTypeError);
  });
});
