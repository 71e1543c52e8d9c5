import { manual_seed, optim, utils } from 'torchlet';
import { describe, expect, it } from 'vitest';
import { loadData } from '../src/data.js';
import { RunError } from '../src/errors.js';
import { LeNet } from '../src/model.js';
import { evaluate, type Score, train } from '../src/train.js';
import { digits } from './support.js';

const { DataLoader } = utils.data;
const goOn = (): boolean => false;

function begin(lr = 0.05): { net: LeNet; optimizer: optim.SGD } {
  manual_seed(1);
  const net = new LeNet();
  return { net, optimizer: new optim.SGD(net.parameters(), { lr, momentum: 0.9 }) };
}

const values = (net: LeNet): unknown[] => [...net.parameters()].map((p) => p.tolist());

describe('LeNet', () => {
  it('has the layers that it says, 206,922 parameters in all', () => {
    const shapes = Object.entries(new LeNet().state_dict()).map(([name, { shape }]) => [name, [...shape]]);
    expect(shapes).toEqual([
      ['conv1.weight', [16, 1, 3, 3]],
      ['conv1.bias', [16]],
      ['conv2.weight', [32, 16, 3, 3]],
      ['conv2.bias', [32]],
      ['fc1.weight', [128, 1568]],
      ['fc1.bias', [128]],
      ['fc2.weight', [10, 128]],
      ['fc2.bias', [10]],
    ]);
    const count = [...new LeNet().parameters()].reduce((sum, p) => sum + p.numel(), 0);
    expect(count).toBe(206_922);
  });
});

describe('training', () => {
  it('learns to read digits that it has not seen', async () => {
    const { net, optimizer } = begin();
    const test = new DataLoader(digits(200, false), { batch_size: 100 });
    const before = await evaluate(net, test, goOn);
    expect(before.loss).toBeCloseTo(Math.log(10), 1);
    const epochs: Score[] = [];
    for (let epoch = 0; epoch < 3; epoch++) {
      const batches = new DataLoader(digits(1000, true), { batch_size: 32, shuffle: true });
      epochs.push(await train(net, batches, optimizer, goOn));
    }
    const after = await evaluate(net, test, goOn);
    expect(epochs[0]).toMatchObject({ images: 1000, steps: 32 });
    expect(epochs[2].loss).toBeLessThan(0.5);
    expect(epochs[2].loss).toBeLessThan(epochs[0].loss / 3);
    expect(after).toMatchObject({ images: 200, steps: 2 });
    expect(after.accuracy).toBeGreaterThan(0.8);
  }, 60_000);

  it('gives the same numbers for the same seed', async () => {
    const results: unknown[] = [];
    for (let i = 0; i < 2; i++) {
      const { net, optimizer } = begin();
      const batches = new DataLoader(digits(64, true), { batch_size: 16, shuffle: true });
      results.push([await train(net, batches, optimizer, goOn), values(net)]);
    }
    expect(results[1]).toEqual(results[0]);
  });

  it('stops after the step whose callback says so', async () => {
    const { net, optimizer } = begin();
    const batches = new DataLoader(digits(64, true), { batch_size: 16 });
    const seen: number[] = [];
    const after = (score: Score): boolean => seen.push(score.steps) === 2;
    expect(await train(net, batches, optimizer, after)).toMatchObject({ steps: 2, images: 32 });
    expect(await evaluate(net, batches, () => true)).toMatchObject({ steps: 1, images: 16 });
    expect(seen).toEqual([1, 2]);
  });

  it('ends before a loss that is no number spoils the network', async () => {
    const { net, optimizer } = begin(1e30);
    const batches = new DataLoader(digits(64, true), { batch_size: 16 });
    const run = train(net, batches, optimizer, goOn);
    await expect(run).rejects.toThrow(RunError);
    await expect(run).rejects.toThrow(
      /^the loss is (NaN|Infinity) at step \d+: training diverged, try a smaller --lr$/,
    );
  });
});

describe('evaluation', () => {
  it('changes nothing and keeps no graph', async () => {
    const { net } = begin();
    const before = values(net);
    const batches = new DataLoader(digits(48, false), { batch_size: 20 });
    const score = await evaluate(net, batches, goOn);
    expect(score).toMatchObject({ images: 48, steps: 3 });
    expect(values(net)).toEqual(before);
    expect([...net.parameters()].map((p) => p.grad)).toEqual(Array(8).fill(null));
    expect(net.training).toBe(false);
  });

  it('weighs the images, not the batches', async () => {
    const { net } = begin();
    const once = await evaluate(net, new DataLoader(digits(50, false), { batch_size: 50 }), goOn);
    const parts = await evaluate(net, new DataLoader(digits(50, false), { batch_size: 48 }), goOn);
    expect(parts.accuracy).toBe(once.accuracy);
    expect(parts.loss).toBeCloseTo(once.loss, 6);
  });
});

describe('the data', () => {
  it('is generated unless there is a folder, with other images to test', () => {
    const { name, train, test } = loadData(null);
    expect([name, train.length, test.length]).toEqual(['generated digits', 16_000, 4_000]);
    expect(train.__getitem__(0)[0].tolist()).not.toEqual(test.__getitem__(0)[0].tolist());
  });
});
