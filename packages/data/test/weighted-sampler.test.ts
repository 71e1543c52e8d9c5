import { readFileSync } from 'node:fs';
import { Generator, manual_seed, ones, randint, type Tensor, tensor, ValueError } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { DataLoader, WeightedRandomSampler } from '../src/index.js';

interface Case {
  seed: number;
  weights: number[];
  num_samples: number;
  replacement: boolean;
  explicit: boolean;
  epochs: number[][];
  batches: number[][];
  next: number;
}

// written by tools/pytorch-golden/dataloader_weighted.py
const url = new URL('./fixtures/dataloader-weighted.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(url, 'utf8')) as { cases: Case[] };

it.each(cases)('draws as PyTorch does, seed $seed', (c) => {
  manual_seed(c.seed);
  const generator = c.explicit ? new Generator().manual_seed(c.seed + 1) : null;
  const sampler = new WeightedRandomSampler(c.weights, c.num_samples, c.replacement, generator);
  expect([[...sampler], [...sampler]]).toEqual(c.epochs);
  const data = c.weights.map((_, i) => i);
  const batches = [...new DataLoader(data, { batch_size: 3, sampler })] as unknown as Tensor[];
  expect(batches.map((batch) => batch.tolist())).toEqual(c.batches);
  expect(randint(0, 1000000, [1]).item()).toBe(c.next);
  expect(sampler.length).toBe(c.num_samples);
});

it('takes its arguments by name, and a tensor of weights', () => {
  const generator = (): Generator => new Generator().manual_seed(4);
  const byName = new WeightedRandomSampler(tensor([1, 2, 3]), { num_samples: 9, generator: generator() });
  expect(byName.replacement).toBe(true);
  expect(byName.weights.dtype).toBe('float64');
  expect([...new WeightedRandomSampler([1, 2, 3], 9, true, { generator: generator() })]).toEqual([...byName]);
});

describe('says what is wrong', () => {
  it.each<[string, unknown[]]>([
    ['num_samples should be a positive integer value, but got num_samples=0', [[1], 0]],
    ['num_samples should be a positive integer value, but got num_samples=true', [[1], true]],
    ['replacement should be a boolean value, but got replacement=1', [[1], 2, 1]],
    ['weights should be a 1d sequence but given weights have shape (2, 2)', [ones(2, 2), 1]],
    ["WeightedRandomSampler: generator should be a Generator or null, but got 'g'", [[1], 1, { generator: 'g' }]],
    [
      "WeightedRandomSampler() got an unexpected keyword argument 'n'; it takes num_samples, replacement, generator",
      [[1], 1, { n: 1 }],
    ],
  ])('%s', (message, args) => {
    expect(() => Reflect.construct(WeightedRandomSampler, args)).toThrow(new ValueError(message));
  });

  it('when it is read', () => {
    expect(() => [...new WeightedRandomSampler([1, 2], 3, false)]).toThrow(
      'cannot sample n_sample > prob_dist.size(-1) samples without replacement',
    );
    expect(() => [...new WeightedRandomSampler([0, 0], 1)]).toThrow(
      'invalid multinomial distribution (sum of probabilities <= 0)',
    );
  });
});
