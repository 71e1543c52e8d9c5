/** Infinities and NaN in convolutions of float32: PyTorch's numbers, from tools/pytorch-golden/conv_special.py. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';

type Name = 'x' | 'weight' | 'bias' | 'grad';

interface Samples {
  readonly every: number;
  readonly values: readonly (number | 'inf' | '-inf' | 'nan')[];
}

interface Case {
  readonly shape: readonly number[];
  readonly weight: readonly number[];
  readonly options: Readonly<Record<string, number>>;
  readonly places: readonly (readonly [which: Name, at: number, value: string])[];
  readonly results: Readonly<Record<'out' | 'x' | 'weight' | 'bias', Samples>>;
}

const { steps, cases } = JSON.parse(
  readFileSync(new URL('../fixtures/conv-special.json', import.meta.url), 'utf8'),
) as { steps: Record<Name, number>; cases: Case[] };

const SPECIAL: Readonly<Record<string, number>> = { inf: Infinity, '-inf': -Infinity, nan: Number.NaN };

function ramp(name: Name, shape: readonly number[], places: Case['places']): torch.Tensor {
  const length = shape.reduce((a, b) => a * b, 1);
  const data = Array.from({ length }, (_, i) => ((i * steps[name]) % 1009) / 1024 - 0.5);
  for (const [which, at, value] of places) if (which === name) data[at] = SPECIAL[value];
  return torch.tensor(data, { dtype: 'float32' }).reshape([...shape]);
}

function expectSamples(got: torch.Tensor | null, want: Samples, what: string): void {
  const values = Array.from((got as torch.Tensor).detach().toArray(), Number);
  want.values.forEach((value, i) => {
    const [ours, name] = [values[i * want.every], `${what}, sample ${i}`];
    if (typeof value === 'string') expect(ours, name).toBe(SPECIAL[value]);
    // sums of some hundreds of terms below 1/4
    else expect(Math.abs(ours - value), name).toBeLessThanOrEqual(1e-5 * (Math.abs(value) + 1));
  });
}

describe('conv2d with an infinity or NaN', () => {
  it.each(cases)('$shape by $weight, $options, $places', (c) => {
    const x = ramp('x', c.shape, c.places).requires_grad_();
    const weight = ramp('weight', c.weight, c.places).requires_grad_();
    const bias = ramp('bias', [c.weight[0]], c.places).requires_grad_();
    const y = torch.functional.conv2d(x, weight, bias, c.options);
    y.backward(ramp('grad', y.shape, c.places));
    expectSamples(y, c.results.out, 'result');
    expectSamples(x.grad, c.results.x, 'gradient of x');
    expectSamples(weight.grad, c.results.weight, 'gradient of weight');
    expectSamples(bias.grad, c.results.bias, 'gradient of bias');
  });
});
