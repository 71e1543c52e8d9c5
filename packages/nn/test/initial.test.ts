/** Layers begin with PyTorch's weights, bit for bit (tools/pytorch-golden/nn_initial.py). */
import { readFileSync } from 'node:fs';
import * as nn from '@torchlet/nn';
import { manual_seed, rand, type Tensor } from '@torchlet/tensor';
import { expect, it } from 'vitest';

interface Case {
  layer: string;
  args: unknown[];
  options: Record<string, unknown>;
  parameters: Record<string, { shape: number[]; head: number[]; tail: number[]; sum: number }>;
  next: number;
}

const url = new URL('./fixtures/initial.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(url, 'utf8')) as { cases: Case[] };

const describeParameter = (p: Tensor): Case['parameters'][string] => {
  const values = p.flatten().tolist() as number[];
  return {
    shape: [...p.shape],
    head: values.slice(0, 5),
    tail: values.slice(-3),
    // the order of adding is not PyTorch's
    sum: expect.closeTo(
      values.reduce((a, b) => a + b, 0),
      12,
    ),
  };
};

const layers: Record<string, unknown> = { ...nn };

for (const { layer, args, options, parameters, next } of cases) {
  // those of PyTorch's layers that are not here yet wait for them
  it.skipIf(!(layer in layers))(`${layer}(${JSON.stringify(args).slice(1, -1)}, ${JSON.stringify(options)})`, () => {
    manual_seed(7);
    const make = layers[layer] as new (...args: unknown[]) => nn.Module;
    const module = Reflect.construct(make, [...args, options]) as nn.Module;
    const ours = Object.fromEntries([...module.named_parameters()].map(([name, p]) => [name, describeParameter(p)]));
    expect(Object.keys(ours)).toEqual(Object.keys(parameters));
    expect(parameters).toEqual(ours);
    expect(rand([]).item()).toBe(next);
  });
}
