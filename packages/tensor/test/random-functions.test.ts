/** Replays what PyTorch's functions draw after `manual_seed`, bit for bit (tools/pytorch-golden/draws_public.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as torch from '../src/index.js';

const F = torch.functional;

interface Case {
  program: string;
  dtype: torch.DType;
  seed: number;
  shape: number[];
  layout: 'contiguous' | 'transposed' | 'strided' | 'permuted';
  out: string | number[];
  next: [rand: number, randn: number];
}

const url = new URL('./fixtures/random-functions.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(url, 'utf8')) as { cases: Case[] };

/** 1, 2, 3, … */
const weights = (shape: readonly number[], dtype: torch.DType): torch.Tensor =>
  torch.arange(1, shape.reduce((a, b) => a * b, 1) + 1, { dtype }).view(shape);

function input({ shape, dtype, layout }: Case): torch.Tensor {
  const [a, b, c] = shape;
  if (layout === 'transposed') return weights([b, a], dtype).t();
  if (layout === 'strided') return weights([a, 2 * b], dtype).as_strided([a, b], [2 * b, 2]);
  if (layout === 'permuted') return weights([c, a, b], dtype).permute(1, 2, 0);
  return weights(shape, dtype);
}

const PROGRAMS: Record<string, (x: torch.Tensor) => torch.Tensor> = {
  rand: (x) => torch.rand(x.shape, { dtype: x.dtype }),
  randn: (x) => torch.randn(x.shape, { dtype: x.dtype }),
  rand_like: (x) => torch.rand_like(x),
  randn_like: (x) => torch.randn_like(x),
  randint_like: (x) => torch.randint_like(x, -5, 1000),
  normal_: (x) => x.normal_(2, 0.3),
  uniform_: (x) => x.uniform_(-2.5, 0.3),
  bernoulli_: (x) => x.bernoulli_(0.3),
  exponential_: (x) => x.exponential_(1.5),
  random_: (x) => x.random_(3, 1000),
  bernoulli: (x) => torch.bernoulli(x.div(128).remainder(1)),
  'normal of means': (x) => torch.normal(x, 0.5),
  'normal of both': (x) => torch.normal(x, x),
  dropout: (x) => F.dropout(x, 0.3),
  multinomial: (x) => torch.multinomial(x, 1),
  'multinomial of several': (x) => torch.multinomial(x, Math.min(x.size(-1), 5)),
  'multinomial with replacement': (x) => torch.multinomial(x, 7, true),
  randint: (x) => torch.randint(10, x.shape),
  'randint from': (x) => torch.randint(-7, 2 ** 28 - 8, x.shape),
  'randint wide': (x) => torch.randint(2 ** 28, x.shape),
  'randint wider': (x) => torch.randint(-(2 ** 40), 2 ** 40, x.shape),
  randperm: (x) => torch.randperm(x.numel()),
};

function numbers(out: string | number[], dtype: torch.DType): number[] {
  if (typeof out !== 'string') return out.flat();
  const { buffer } = new Uint8Array(Buffer.from(out, 'base64'));
  return Array.from(dtype === 'float32' ? new Float32Array(buffer) : new Float64Array(buffer));
}

describe.each(Object.keys(PROGRAMS))('%s', (program) => {
  const own = cases.filter((c) => c.program === program);

  it.each(own.map((c) => [`${c.dtype} ${JSON.stringify(c.shape)} ${c.layout}`, c] as const))('%s', (_, c) => {
    const x = c.dtype === 'int64' ? torch.zeros(c.shape) : input(c);
    torch.manual_seed(c.seed);
    const out = PROGRAMS[program](x);
    expect(out.flatten().tolist()).toEqual(numbers(c.out, c.dtype));
    expect([torch.rand([]).item(), torch.randn([]).item()]).toEqual(c.next);
  });
});

it('replays every program', () => {
  expect([...new Set(cases.map((c) => c.program))].sort()).toEqual(Object.keys(PROGRAMS).sort());
});
