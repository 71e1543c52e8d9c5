import { Generator, ValueError } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { BatchSampler, RandomSampler, Sampler, SequentialSampler, SubsetRandomSampler } from '../src/index.js';

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe('SequentialSampler', () => {
  it('counts', () => {
    const sampler = new SequentialSampler({ __len__: () => 4 });
    expect([...sampler]).toEqual([0, 1, 2, 3]);
    expect(sampler.length).toBe(4);
  });
});

describe('RandomSampler', () => {
  it('follows data that grow', () => {
    const data = [1, 2];
    const sampler = new RandomSampler(data);
    data.push(3);
    expect([sampler.length, sampler.num_samples]).toEqual([3, 3]);
    expect([...sampler].sort()).toEqual([0, 1, 2]);
  });

  it('takes its arguments by position too', () => {
    const generator = (): Generator => new Generator().manual_seed(4);
    const byName = new RandomSampler(range(9), { replacement: true, num_samples: 5, generator: generator() });
    expect([...new RandomSampler(range(9), true, 5, generator())]).toEqual([...byName]);
    expect(new RandomSampler(range(9), false, { num_samples: 3 }).length).toBe(3);
  });

  it('says what is wrong', () => {
    const make =
      (...args: unknown[]) =>
      () =>
        Reflect.construct(RandomSampler, [range(3), ...args]);
    expect(make(1)).toThrow(ValueError);
    expect(make(1)).toThrow('replacement should be a boolean value, but got replacement=1');
    expect(make({ num_samples: 0 })).toThrow('num_samples should be a positive integer value, but got num_samples=0');
    expect(make({ num_samples: 1.5 })).toThrow(
      'num_samples should be a positive integer value, but got num_samples=1.5',
    );
    expect(make({ generator: 'g' })).toThrow("RandomSampler: generator should be a Generator or null, but got 'g'");
    expect(make({ n: 1 })).toThrow(
      "RandomSampler() got an unexpected keyword argument 'n'; it takes replacement, num_samples, generator",
    );
    expect(make(true, { replacement: false })).toThrow(
      "RandomSampler() got multiple values for argument 'replacement'",
    );
    expect(make(true, 1, null, 4)).toThrow(
      'RandomSampler() takes at most 3 of replacement, num_samples, generator, but got 4 arguments',
    );
    expect(() => new RandomSampler([])).toThrow(
      'num_samples should be a positive integer value, but got num_samples=0',
    );
  });
});

describe('SubsetRandomSampler', () => {
  it('takes the generator by position or by name', () => {
    const byName = new SubsetRandomSampler(range(9), { generator: new Generator().manual_seed(2) });
    expect([...new SubsetRandomSampler(range(9), new Generator().manual_seed(2))]).toEqual([...byName]);
    expect(() => Reflect.construct(SubsetRandomSampler, [[1], 5])).toThrow(
      'SubsetRandomSampler: generator should be a Generator or null, but got 5',
    );
  });
});

describe('BatchSampler', () => {
  it('makes lists', () => {
    const sampler = new SequentialSampler(range(10));
    expect([...new BatchSampler(sampler, 3, false)]).toEqual([[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]);
    const dropping = new BatchSampler(sampler, { batch_size: 3, drop_last: true });
    expect([...dropping]).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [6, 7, 8],
    ]);
    expect([new BatchSampler(sampler, 3, false).length, dropping.length]).toEqual([4, 3]);
    expect([...new BatchSampler(['a', 'b', 'c'], 2, { drop_last: false })]).toEqual([['a', 'b'], ['c']]);
  });

  it('says what is wrong', () => {
    const make =
      (...args: unknown[]) =>
      () =>
        Reflect.construct(BatchSampler, [[1], ...args]);
    expect(make(0, false)).toThrow('batch_size should be a positive integer value, but got batch_size=0');
    expect(make(true, false)).toThrow('batch_size should be a positive integer value, but got batch_size=true');
    expect(make(1)).toThrow('drop_last should be a boolean value, but got drop_last=undefined');
  });
});

describe('a sampler of one’s own', () => {
  it('may have no length', () => {
    class Own extends Sampler {
      [Symbol.iterator](): Iterator<number> {
        return [3, 1].values();
      }
    }
    expect([...new BatchSampler(new Own(), 1, false)]).toEqual([[3], [1]]);
    expect(() => new Own().length).toThrow("object of type 'Own' has no len(): it does not define __len__()");
  });
});
