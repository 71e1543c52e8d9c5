/** Where PyTorch's gradient is 0 or an error although the operation depends on its input. */
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';

const leaf = (values: number[]): torch.Tensor => torch.tensor(values, { requires_grad: true });

describe('draws', () => {
  it.each([
    ['a mean', (x: torch.Tensor) => torch.normal(x, 2)],
    ['a deviation', (x: torch.Tensor) => torch.normal(1, x)],
    ['both', (x: torch.Tensor) => torch.normal(x, x)],
  ])('normal of %s has gradient 0', (_, draw) => {
    const x = leaf([1, 2, 3]);
    draw(x).sum().backward();
    expect(x.grad?.tolist()).toEqual([0, 0, 0]);
  });

  it('bernoulli does not depend on the tensor when p is given', () => {
    const x = leaf([0.5, 0.5]);
    expect(torch.bernoulli(x).requires_grad).toBe(true);
    expect(torch.bernoulli(x, 0.5).requires_grad).toBe(false);
  });

  it('come from the generator that is given', () => {
    const weights = torch.tensor([1, 2, 3, 4]);
    const draws = (): unknown[] => {
      const generator = new torch.Generator().manual_seed(9);
      return [
        torch.multinomial(weights, 3, { generator }).tolist(),
        torch.multinomial(weights, 7, true, { generator }).tolist(),
        torch.bernoulli(torch.full([8], 0.5), { generator }).tolist(),
        torch.normal(0, 1, [3], { generator }).tolist(),
        torch.normal(weights, 1, { generator }).tolist(),
      ];
    };
    const first = draws();
    torch.rand(5);
    expect(draws()).toEqual(first);
  });

  it('one draw with replacement is one without, as in PyTorch 2', () => {
    const weights = torch.tensor([[1, 2, 3, 4]]);
    torch.manual_seed(5);
    const expected = torch.multinomial(weights, 1);
    torch.manual_seed(5);
    expect(torch.multinomial(weights, 1, true).tolist()).toEqual(expected.tolist());
  });

  it('size goes with numbers only', () => {
    const run = (): unknown => torch.normal(torch.zeros(2), 1, [2]);
    expect(run).toThrow(torch.ValueError);
    expect(run).toThrow(
      "normal(): 'size', 'dtype', 'device' and 'requires_grad' go with numbers for mean and std only",
    );
    expect(() => torch.normal(0, 1)).toThrow("normal(): argument 'size' must be tuple of ints, not undefined");
    expect(() => torch.normal(0, 1, [2], { dtype: 'int64' })).toThrow(torch.DTypeError);
  });
});

describe('answers', () => {
  it('written over a tensor leave no gradient', () => {
    const x = leaf([1, 2, 3]);
    for (const name of ['eq_', 'ne_', 'lt_', 'le_', 'gt_', 'ge_'] as const) {
      const y = x.mul(2);
      expect(y[name](4) === y).toBe(true);
      const [g] = torch.autograd.grad([y.sum()], [x]);
      expect(g?.tolist(), name).toEqual([0, 0, 0]);
    }
    const y = x.mul(2).logical_and_(torch.tensor([1, 0, 1]));
    expect(y.tolist()).toEqual([1, 0, 1]);
    expect(x.mul(0).logical_not_().tolist()).toEqual([1, 1, 1]);
    y.sum().backward();
    expect(x.grad?.tolist()).toEqual([0, 0, 0]);
  });

  it('floor_divide has no derivative', () => {
    const x = leaf([7, 8]);
    const y = x.floor_divide(2);
    expect(y.tolist()).toEqual([3, 4]);
    expect(() => y.sum().backward()).toThrow(torch.AutogradError);
    expect(() => y.sum().backward()).toThrow("the derivative for 'floor_divide' is not implemented.");
  });

  it('moments take either unbiased or correction', () => {
    const run = (): unknown => leaf([1, 2]).var({ unbiased: true, correction: 0 });
    expect(run).toThrow(torch.ValueError);
    expect(run).toThrow('var(): give either unbiased or correction, not both');
  });

  it('the nuclear norm does not exist', () => {
    const run = (): unknown => torch.ones(2, 2).norm('nuc' as 'fro');
    expect(run).toThrow(torch.ValueError);
    expect(run).toThrow("norm(): argument 'p' must be a number or 'fro', got 'nuc'");
    expect(torch.linalg.vector_norm(torch.tensor([3, 4])).item()).toBe(5);
    expect(torch.linalg.vector_norm(torch.tensor([[3, -4]]), { ord: 1, dim: 1 }).tolist()).toEqual([7]);
  });
});
