import { readFileSync } from 'node:fs';
import { default_generator, Generator, manual_seed, randint, type Tensor } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { DataLoader, RandomSampler, random_split, SubsetRandomSampler } from '../src/index.js';

interface Draws {
  seed: number;
  size: number;
  explicit: boolean;
  next_default: number;
  next_explicit: number | null;
}
interface Golden {
  loaders: (Draws & {
    batch_size: number | null;
    shuffle: boolean;
    drop_last: boolean;
    abandoned: number;
    length: number;
    epochs: (number | number[])[][];
  })[];
  samplers: (Draws & {
    options: { num_samples?: number; replacement?: boolean };
    length: number;
    epochs: number[][];
  })[];
  subset_samplers: { seed: number; indices: number[]; epochs: number[][] }[];
  splits: { seed: number; size: number; lengths: number[]; explicit: boolean; parts: number[][] }[];
}

/** Written by tools/pytorch-golden/dataloader.py. */
const golden: Golden = JSON.parse(readFileSync(new URL('fixtures/dataloader.json', import.meta.url), 'utf8'));

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const nextDraw = (generator: Generator): unknown => randint(0, 1_000_000, [1], { generator }).item();

function seeded({ seed, explicit }: { seed: number; explicit: boolean }): Generator | null {
  manual_seed(seed);
  return explicit ? new Generator().manual_seed(seed + 1) : null;
}

function expectSameState(draws: Draws, generator: Generator | null): void {
  expect(nextDraw(default_generator)).toBe(draws.next_default);
  if (generator !== null) expect(nextDraw(generator)).toBe(draws.next_explicit);
}

describe("DataLoader's order is PyTorch's", () => {
  it.each(golden.loaders)(
    'seed $seed, $size items in batches of $batch_size, shuffle $shuffle, drop_last $drop_last, explicit generator $explicit, $abandoned abandoned epochs',
    (expected) => {
      const { size, batch_size, shuffle, drop_last, epochs } = expected;
      const generator = seeded(expected);
      const loader = new DataLoader(range(size), { batch_size, shuffle, drop_last, generator });
      for (let i = 0; i < expected.abandoned; i++) loader[Symbol.iterator]().next();
      expect(loader.length).toBe(expected.length);
      const plain = (batch: Tensor | number): unknown => (typeof batch === 'number' ? batch : batch.tolist());
      for (const epoch of epochs) expect(Array.from(loader, plain)).toEqual(epoch);
      expectSameState(expected, generator);
    },
  );
});

describe("RandomSampler's order is PyTorch's", () => {
  it.each(golden.samplers)('seed $seed, $size items, $options, explicit generator $explicit', (expected) => {
    const generator = seeded(expected);
    const sampler = new RandomSampler(range(expected.size), { ...expected.options, generator });
    expect(sampler.length).toBe(expected.length);
    for (const epoch of expected.epochs) expect([...sampler]).toEqual(epoch);
    expectSameState(expected, generator);
  });
});

describe("SubsetRandomSampler's order is PyTorch's", () => {
  it.each(golden.subset_samplers)('seed $seed', ({ seed, indices, epochs }) => {
    manual_seed(seed);
    const sampler = new SubsetRandomSampler(indices);
    expect(sampler.length).toBe(indices.length);
    for (const epoch of epochs) expect([...sampler]).toEqual(epoch);
  });
});

describe("random_split's parts are PyTorch's", () => {
  it.each(golden.splits)('seed $seed, $lengths of $size, explicit generator $explicit', (expected) => {
    const generator = seeded(expected);
    const parts = random_split(range(expected.size), expected.lengths, { generator });
    expect(parts.map((part) => part.indices)).toEqual(expected.parts);
    expect(parts.map((part) => [...part])).toEqual(expected.parts);
  });
});
