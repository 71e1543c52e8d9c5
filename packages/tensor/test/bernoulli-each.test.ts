/** `bernoulli_` with a probability per element, against PyTorch (tools/pytorch-golden/draws_bernoulli.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as torch from '../src/index.js';

interface Case {
  p_dtype: torch.DType;
  dtype: torch.DType;
  seed: number;
  shape: number[];
  order: number[];
  p_shape: number[];
  p_order: number[];
  out: number[];
  next: number;
}

const url = new URL('./fixtures/bernoulli-each.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(url, 'utf8')) as { cases: Case[] };

const numel = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** `flat` as a tensor of `shape` whose dimensions lie in memory in this order. */
const lying = (flat: torch.Tensor, shape: number[], order: number[]): torch.Tensor =>
  flat.view(order.map((d) => shape[d])).permute(order.map((_, d) => order.indexOf(d)));

describe('bernoulli_ with a tensor of probabilities', () => {
  it.each(cases.map((c) => [JSON.stringify([c.p_dtype, c.dtype, c.shape, c.order, c.p_shape, c.p_order]), c] as const))(
    'draws as PyTorch: %s',
    (_, c) => {
      const values = Array.from({ length: numel(c.p_shape) }, (_, i) => ((i * 5) % 17) / 16);
      const p = lying(torch.tensor(values, { dtype: c.p_dtype }), c.p_shape, c.p_order);
      const x = lying(torch.zeros(numel(c.shape), { dtype: c.dtype }), c.shape, c.order);
      torch.manual_seed(c.seed);
      expect(x.bernoulli_(p)).toBe(x);
      expect(x.flatten().tolist()).toEqual(c.out);
      expect(torch.rand([]).item()).toBe(c.next);
    },
  );

  it('takes p by name and draws from the generator given', () => {
    const p = torch.linspace(0, 1, 20);
    const draw = (): number[] =>
      torch
        .zeros(20)
        .bernoulli_({ p, generator: new torch.Generator().manual_seed(3) })
        .tolist() as number[];
    torch.manual_seed(3);
    expect(draw()).toEqual(torch.zeros(20).bernoulli_(p).tolist());
    expect(draw()).toEqual(draw());
  });

  it('gives the probabilities the gradient 0, and the old values too', () => {
    const p = torch.tensor([[0.5], [1]], { requires_grad: true });
    const x = torch.ones(2, 3, { requires_grad: true });
    x.mul(2).bernoulli_(p).sum().backward();
    expect(p.grad?.tolist()).toEqual([[0], [0]]);
    expect(x.grad?.tolist()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  it('refuses what PyTorch refuses, and leaves the tensor as it was', () => {
    const x = torch.zeros(2, 3);
    expect(() => x.bernoulli_(torch.tensor([0, 1, 0], { dtype: 'int64' }))).toThrow(
      new torch.DTypeError('"bernoulli_tensor_cpu_p_" not implemented for \'Long\''),
    );
    expect(() => x.bernoulli_(torch.tensor([0.5, 1]))).toThrow(
      'The expanded size of the tensor (3) must match the existing size (2) at non-singleton dimension 1',
    );
    expect(() => x.bernoulli_(torch.tensor([0, 1, 2]))).toThrow(
      'bernoulli_: Expected p_in >= 0 && p_in <= 1 to be true, but got false: p[2]=2',
    );
    const leaf = torch.zeros(2, { requires_grad: true });
    for (const p of [torch.tensor(1), torch.tensor(1).requires_grad_()]) {
      expect(() => leaf.bernoulli_(p)).toThrow(
        'a leaf Variable that requires grad is being used in an in-place operation.',
      );
    }
    expect(x.tolist()).toEqual(torch.zeros(2, 3).tolist());
  });
});
