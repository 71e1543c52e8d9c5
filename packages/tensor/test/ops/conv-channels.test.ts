/** Convolutions of 3×3 with many channels, whose kernels differ: PyTorch's numbers, from tools/pytorch-golden/conv_channels.py. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';

interface Samples {
  readonly numel: number;
  /** The sum of magnitudes. */
  readonly total: number;
  readonly every: number;
  readonly values: readonly number[];
}

interface Case {
  /** Of x in memory, and how it is then turned. */
  readonly shape: readonly number[];
  readonly permute: readonly number[] | null;
  readonly weight: readonly number[];
  readonly padding: number | readonly [number, number];
  readonly results: Readonly<Record<'out' | 'x' | 'weight' | 'bias', Samples>>;
}

const { steps, cases } = JSON.parse(
  readFileSync(new URL('../fixtures/conv-channels.json', import.meta.url), 'utf8'),
) as { steps: Record<'x' | 'weight' | 'bias' | 'grad', number>; cases: Case[] };

const { conv2d } = torch.functional;

function ramp(step: number, shape: readonly number[], dtype: 'float32' | 'float64'): torch.Tensor {
  const length = shape.reduce((a, b) => a * b, 1);
  const data = Array.from({ length }, (_, i) => ((i * step) % 1009) / 1024 - 0.5);
  return torch.tensor(data, { dtype }).reshape([...shape]);
}

function expectSamples(got: torch.Tensor | null, want: Samples, rtol: number, what: string): void {
  const values = Array.from((got as torch.Tensor).detach().toArray(), Number);
  expect(values, what).toHaveLength(want.numel);
  const total = values.reduce((sum, v) => sum + Math.abs(v), 0);
  expect(Math.abs(total - want.total), what).toBeLessThan(rtol * want.total);
  // sums of many terms round as their usual size does, however small a single one comes out
  const usual = want.total / want.numel;
  want.values.forEach((value, i) => {
    const error = Math.abs(values[i * want.every] - value);
    expect(error, `${what}, sample ${i}`).toBeLessThanOrEqual(rtol * (Math.abs(value) + usual));
  });
}

describe.each([
  ['float32', 1e-5],
  ['float64', 1e-12],
] as const)('conv2d with many channels, %s', (dtype, rtol) => {
  it.each(cases)('$shape, turned $permute, by $weight, padding $padding', (c) => {
    const stored = ramp(steps.x, c.shape, dtype);
    const x = (c.permute === null ? stored : stored.permute([...c.permute])).requires_grad_();
    const weight = ramp(steps.weight, c.weight, dtype).requires_grad_();
    const bias = ramp(steps.bias, [c.weight[0]], dtype).requires_grad_();
    const y = conv2d(x, weight, bias, { padding: c.padding as number });
    y.backward(ramp(steps.grad, y.shape, dtype));
    const { out, ...gradients } = c.results;
    expectSamples(y, out, rtol, 'result');
    expectSamples(x.grad, gradients.x, rtol, 'gradient of x');
    expectSamples(weight.grad, gradients.weight, rtol, 'gradient of weight');
    expectSamples(bias.grad, gradients.bias, rtol, 'gradient of bias');
  });
});
