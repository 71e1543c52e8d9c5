/** matmulInto: a product in memory that is there, what it refuses, and that it counts as a change. */
import { describe, expect, it } from 'vitest';
import { AutogradError, DTypeError, no_grad, ones, randn, ShapeError, zeros } from '../src/index.js';
import { matmulInto } from '../src/internal.js';

it.each(['float32', 'float64'] as const)(
  'is the product in %s, also of transposed factors and without elements',
  (dtype) => {
    const [a, b] = [randn([3, 4], { dtype }), randn([3, 5], { dtype })];
    const out = ones([4, 5], { dtype });
    const { storage, _version } = out;
    matmulInto(out, a.t(), b);
    expect(out.tolist()).toEqual(a.t().matmul(b).tolist());
    expect([out.storage === storage, out._version]).toEqual([true, _version + 1]);
    const empty = ones([2, 2], { dtype });
    matmulInto(empty, zeros([2, 0], { dtype }), zeros([0, 2], { dtype }));
    expect(empty.tolist()).toEqual([
      [0, 0],
      [0, 0],
    ]);
  },
);

describe('refuses', () => {
  it.each<[string, () => void, new (message: string) => Error, string]>([
    [
      'factors that do not fit',
      () => matmulInto(zeros([2, 2]), zeros([2, 3]), zeros([2, 2])),
      ShapeError,
      'matmul(): shapes [2, 3] and [2, 2] cannot be multiplied',
    ],
    [
      'vectors',
      () => matmulInto(zeros([2, 2]), zeros([2]), zeros([2, 2])),
      ShapeError,
      'matmul(): shapes [2] and [2, 2] cannot be multiplied',
    ],
    [
      'an out of another shape',
      () => matmulInto(zeros([3, 2]), zeros([2, 3]), zeros([3, 2])),
      ShapeError,
      'matmul(): expected a contiguous out of shape [2, 2], got [3, 2]',
    ],
    [
      'an out with other strides',
      () => matmulInto(zeros([3, 2]).t(), zeros([2, 3]), zeros([3, 3])),
      ShapeError,
      'matmul(): expected a contiguous out of shape [2, 3], got [2, 3]',
    ],
    [
      'several dtypes',
      () => matmulInto(zeros([2, 2]), zeros([2, 2]), zeros([2, 2], { dtype: 'float64' })),
      DTypeError,
      'matmul(): expected scalar type Float but found Double',
    ],
    [
      'a leaf that requires grad',
      () => matmulInto(zeros([2, 2], { requires_grad: true }), zeros([2, 2]), zeros([2, 2])),
      AutogradError,
      'a leaf Variable that requires grad is being used in an in-place operation.',
    ],
  ])('%s', (_, call, type, message) => {
    expect(call).toThrow(type);
    expect(call).toThrow(message);
  });

  it('no leaf within no_grad', () => {
    const out = zeros([2, 2], { requires_grad: true });
    no_grad(() => matmulInto(out, ones([2, 1]), ones([1, 2])));
    expect(out.sum().item()).toBe(4);
  });
});
