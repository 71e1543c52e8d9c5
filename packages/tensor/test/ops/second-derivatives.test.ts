/** At a corner the second derivative is a choice: PyTorch's, from tools/pytorch-golden/second_derivatives.py. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';

interface Corner {
  readonly fn: 'elu' | 'selu' | 'huber_loss';
  readonly args: readonly number[];
  readonly options: object;
  readonly first: readonly number[];
  readonly second: readonly number[];
}

const { x: points, cases } = JSON.parse(
  readFileSync(new URL('../fixtures/second-derivatives.json', import.meta.url), 'utf8'),
) as { x: number[]; cases: Corner[] };

function expectNear(actual: torch.Tensor | null, expected: readonly number[]): void {
  const values = actual === null ? expected.map(() => 0) : (actual.tolist() as number[]);
  values.forEach((v, i) => {
    expect(v, `element ${i}`).toBeCloseTo(expected[i], 10);
  });
}

describe('second derivatives at corners', () => {
  it.each(cases.map((c) => [`${c.fn} ${JSON.stringify(c.options)}`, c] as const))('%s', (_, c) => {
    const x = torch.tensor(points, { dtype: 'float64', requires_grad: true });
    const given = c.args.map((a) => torch.full(x.shape, a, { dtype: 'float64' }));
    const call = torch.functional[c.fn] as (...args: unknown[]) => torch.Tensor;
    const [first] = torch.autograd.grad(call(x, ...given, c.options).sum(), x, { create_graph: true });
    expectNear(first, c.first);
    const g = first as torch.Tensor;
    const [second] = g.requires_grad ? torch.autograd.grad(g.sum(), x, { allow_unused: true }) : [null];
    expectNear(second, c.second);
  });
});
