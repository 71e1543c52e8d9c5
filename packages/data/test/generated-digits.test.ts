import type { Tensor } from '@torchlet/tensor';
import { describe, expect, it, vi } from 'vitest';
import { writings } from '../src/digits/strokes.js';
import { DataLoader, datasets, Subset } from '../src/index.js';

const { GeneratedDigits } = datasets;

const pixelsOf = (digits: { data: Tensor }): number[] => digits.data.flatten().tolist() as number[];
const imagesOf = (digits: { data: Tensor }): string[] => (digits.data.flatten(1).tolist() as number[][]).map(String);

describe('datasets.GeneratedDigits', () => {
  it('has the form of MNIST', () => {
    const digits = new GeneratedDigits({ size: 10 });
    expect(digits.length).toBe(10);
    const [image, label] = digits.__getitem__(3);
    expect(image.dtype).toBe('float32');
    expect(image.shape).toEqual([1, 28, 28]);
    expect(image.max().item()).toBeLessThanOrEqual(1);
    expect(image.min().item()).toBeGreaterThanOrEqual(0);
    expect(label).toBe((digits.targets.tolist() as number[])[3]);
    const [[images, labels]] = new DataLoader(digits, { batch_size: 4 });
    expect(images.shape).toEqual([4, 1, 28, 28]);
    expect(images.select(0, 3).tolist()).toEqual(image.tolist());
    expect(labels.dtype).toBe('int64');
    expect(digits.classes.length).toBe(10);
  });

  it('gathers batches without making single items', () => {
    const digits = new GeneratedDigits({ size: 20 });
    const getItem = vi.spyOn(datasets.ImageDataset.prototype, '__getitem__');
    expect([...new DataLoader(digits, { batch_size: 8, shuffle: true })].length).toBe(3);
    expect([...new DataLoader(new Subset(digits, [4, 2]), { batch_size: 2 })].length).toBe(1);
    expect(getItem).not.toHaveBeenCalled();
    digits.__getitem__(0);
    expect(getItem).toHaveBeenCalledOnce();
    getItem.mockRestore();
  });

  it('gives the same images for the same seed, whatever the size', () => {
    const five = pixelsOf(new GeneratedDigits({ size: 5, seed: 8 }));
    const nine = new GeneratedDigits({ size: 9, seed: 8 });
    expect(pixelsOf(nine).slice(0, five.length)).toEqual(five);
    expect(nine.seed).toBe(8);
  });

  it('gives other images for another seed', () => {
    const seeds = [0, 1, -1, 2 ** 32, 2 ** 33, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER];
    const first = seeds.map((seed) => imagesOf(new GeneratedDigits({ size: 1, seed }))[0]);
    expect(new Set(first).size).toBe(seeds.length);
  });

  it('repeats no image, neither within a split nor across', () => {
    const train = new GeneratedDigits({ size: 600, seed: 3 });
    const test = new GeneratedDigits({ size: 300, seed: 3, train: false });
    expect(new Set([...imagesOf(train), ...imagesOf(test)]).size).toBe(900);
  });

  it('draws all digits about equally often, in gray on black', () => {
    const digits = new GeneratedDigits({ size: 2000, seed: 1 });
    const counts = new Array<number>(10).fill(0);
    for (const label of digits.targets.tolist() as number[]) counts[label]++;
    for (const count of counts) expect(Math.abs(count - 200)).toBeLessThan(60);
    // A stroke of about 2.5 pixels inked by half or more covers between a thirtieth and half of the image.
    for (const pixels of digits.data.flatten(1).tolist() as number[][]) {
      const inked = pixels.filter((byte) => byte > 90).length;
      expect(inked).toBeGreaterThan(20);
      expect(inked).toBeLessThan(392);
    }
  });

  it('is neither trivial nor impossible: nearest class mean gets most, but far from all', () => {
    const train = new GeneratedDigits({ size: 3000 });
    const test = new GeneratedDigits({ size: 500, train: false });
    const right = nearestMeanAccuracy(train, test);
    expect(right).toBeGreaterThan(0.6);
    expect(right).toBeLessThan(0.9);
  });

  it('has defaults', () => {
    const test = new GeneratedDigits({ train: false });
    expect([test.length, test.train, test.seed]).toEqual([2000, false, 0]);
    const train = new GeneratedDigits();
    expect([train.length, train.train]).toEqual([12000, true]);
  });

  it('applies a transform', () => {
    const digits = new GeneratedDigits({ size: 2, transform: (image) => image.mul(0) });
    expect(digits.__getitem__(1)[0].sum().item()).toBe(0);
  });

  it('refuses wrong options', () => {
    const make = (options: unknown) => () => Reflect.construct(GeneratedDigits, [options]);
    expect(make(5)).toThrow('GeneratedDigits takes an object of options, but got 5');
    expect(make({ n: 5 })).toThrow(
      "GeneratedDigits got an unexpected keyword argument 'n'; it takes size, train, seed, transform, target_transform",
    );
    expect(make({ size: 0 })).toThrow('GeneratedDigits: size should be an integer from 1 to 1000000, but got size=0');
    expect(make({ size: Number.NaN })).toThrow('but got size=NaN');
    expect(make({ size: 2e6 })).toThrow('but got size=2000000');
    expect(make({ train: 1 })).toThrow('GeneratedDigits: train should be a boolean value, but got train=1');
    expect(make({ seed: 0.5 })).toThrow('GeneratedDigits: seed should be a safe integer, but got seed=0.5');
  });
});

describe('the strokes table', () => {
  it('has several ways to write each digit, all inside the grid', () => {
    expect(writings.length).toBe(10);
    for (const ways of writings) {
      expect(ways.length).toBeGreaterThanOrEqual(3);
      for (const run of ways.flatMap((way) => way.runs)) {
        expect(run.length).toBeGreaterThanOrEqual(4);
        expect(run.length % 2).toBe(0);
        for (const coordinate of run) expect(coordinate >= 0 && coordinate <= 100).toBe(true);
      }
    }
  });
});

type Digits = InstanceType<typeof GeneratedDigits>;

function nearestMeanAccuracy(train: Digits, test: Digits): number {
  const means = Array.from({ length: 10 }, () => new Float64Array(784));
  const counts = new Array<number>(10).fill(0);
  const labels = train.targets.tolist() as number[];
  (train.data.flatten(1).tolist() as number[][]).forEach((pixels, i) => {
    counts[labels[i]]++;
    for (let p = 0; p < 784; p++) means[labels[i]][p] += pixels[p];
  });
  means.forEach((mean, label) => {
    for (let p = 0; p < 784; p++) mean[p] /= counts[label];
  });
  const distance = (a: Float64Array, b: readonly number[]): number => a.reduce((sum, x, p) => sum + (x - b[p]) ** 2, 0);
  const wanted = test.targets.tolist() as number[];
  const right = (test.data.flatten(1).tolist() as number[][]).filter((pixels, i) => {
    const distances = means.map((mean) => distance(mean, pixels));
    return distances.indexOf(Math.min(...distances)) === wanted[i];
  });
  return right.length / wanted.length;
}
