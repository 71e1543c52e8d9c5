import { Generator, ShapeError, type Tensor, tensor, ValueError } from '@torchlet/tensor';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConcatDataset, DataLoader, Dataset, random_split, Subset, TensorDataset } from '../src/index.js';

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

class Letters extends Dataset<string> {
  __getitem__(index: number): string {
    return 'abcdefgh'[index];
  }
  override __len__(): number {
    return 8;
  }
}

class Endless extends Dataset<number> {
  __getitem__(index: number): number {
    return index;
  }
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('Dataset', () => {
  it('has a length and can be iterated over', () => {
    const letters = new Letters();
    expect(letters.length).toBe(8);
    expect([...letters].join('')).toBe('abcdefgh');
  });

  it('may have no length', () => {
    const endless = new Endless();
    expect(() => endless.length).toThrow(ValueError);
    expect(() => endless.length).toThrow("object of type 'Endless' has no len(): it does not define __len__()");
  });
});

describe('TensorDataset', () => {
  it('has rows as items', () => {
    const dataset = new TensorDataset(
      tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
      tensor([7, 8, 9]),
    );
    expect(dataset.length).toBe(3);
    const [x, y] = dataset.__getitem__(1);
    expect(x.tolist()).toEqual([3, 4]);
    expect(y.item()).toBe(8);
    expect(dataset.__getitem__(-1)[1].item()).toBe(9);
    expect(() => dataset.__getitem__(3)).toThrow(/out of range/);
  });

  it('gathers batches equal to stacked items, dtypes kept', () => {
    const x = tensor(range(24)).view(6, 2, 2);
    const y = tensor(range(6), { dtype: 'int64' });
    const transposed = tensor(range(36)).view(3, 2, 6).transpose(0, 2);
    const dataset = new TensorDataset(x, y, transposed);
    const gathered = [...new DataLoader(dataset, { batch_size: 4, sampler: [5, 0, 3, 3, 1] })];
    const stacked = [...new DataLoader([...dataset], { batch_size: 4, sampler: [5, 0, 3, 3, 1] })];
    expect(gathered.length).toBe(2);
    gathered.forEach(([gx, gy, gt], i) => {
      const [sx, sy, st] = stacked[i];
      expect(gt.tolist()).toEqual(st.tolist());
      expect(gx.tolist()).toEqual(sx.tolist());
      expect(gy.tolist()).toEqual(sy.tolist());
      expect([gx.dtype, gy.dtype]).toEqual(['float32', 'int64']);
    });
  });

  it('respects a subclass that changes the items', () => {
    class Negated extends TensorDataset<[Tensor]> {
      override __getitem__(index: number): [Tensor] {
        return [super.__getitem__(index)[0].neg()];
      }
    }
    const [[batch]] = new DataLoader(new Negated(tensor([1, 2])), { batch_size: 2 });
    expect(batch.tolist()).toEqual([-1, -2]);
  });

  it('passes gradients to its tensors', () => {
    const x = tensor(range(12), { requires_grad: true });
    const loader = new DataLoader(new TensorDataset(x.view(3, 2, 2)), { batch_size: 2 });
    for (const [batch] of loader) batch.mul(batch).sum().backward();
    expect(x.grad?.tolist()).toEqual(range(12).map((value) => 2 * value));
  });

  it('refuses no tensors and unequal sizes', () => {
    expect(() => new TensorDataset()).toThrow('TensorDataset needs at least one tensor, but got none');
    expect(() => new TensorDataset(tensor([1, 2]), tensor([1]))).toThrow(ShapeError);
    expect(() => new TensorDataset(tensor([1, 2]), tensor([1]))).toThrow(
      'Size mismatch between tensors: TensorDataset got first dimensions 2, 1',
    );
  });
});

describe('ConcatDataset', () => {
  it('has the items of all, one after the other', () => {
    const all = new ConcatDataset<string>([new Letters(), [], ['x', 'y']]);
    expect(all.length).toBe(10);
    expect(all.cumulative_sizes).toEqual([8, 8, 10]);
    expect([...all].join('')).toBe('abcdefghxy');
    expect([all.__getitem__(-1), all.__getitem__(-10)]).toEqual(['y', 'a']);
    expect([...new Letters().__add__(['z'])].join('')).toBe('abcdefghz');
  });

  it('says what is wrong', () => {
    expect(() => new ConcatDataset([])).toThrow('datasets should not be an empty iterable');
    expect(() => new ConcatDataset([new Endless()])).toThrow("object of type 'Endless' has no len()");
    const one = new ConcatDataset([[1]]);
    expect(() => one.__getitem__(-2)).toThrow('absolute value of index should not exceed dataset length');
    expect(() => one.__getitem__(1)).toThrow('ConcatDataset index 1 is out of range for a length of 1');
  });
});

describe('Subset', () => {
  it('has the chosen items', () => {
    const subset = new Subset(new Letters(), [7, 0, 0]);
    expect(subset.length).toBe(3);
    expect([...subset].join('')).toBe('haa');
    expect(subset.__getitem__(-3)).toBe('h');
    expect([...new DataLoader(subset, { batch_size: 3 })]).toEqual([['h', 'a', 'a']]);
  });

  it('takes indices as a tensor', () => {
    const indices = tensor([2, 1], { dtype: 'int64' });
    expect([...new Subset(new Letters(), indices)].join('')).toBe('cb');
    expect(() => new Subset(new Letters(), indices.view(1, 2))).toThrow(
      'Subset indices must be a list or a 1-D tensor, but got a 2-D tensor',
    );
  });

  it('gathers batches as fast as what it is a part of', () => {
    const dataset = new TensorDataset(tensor(range(10)));
    const getBatch = vi.spyOn(dataset, 'getBatch');
    const [[batch]] = new DataLoader(new Subset(new Subset(dataset, [9, 8, 7]), [2, 0]), { batch_size: 2 });
    expect(batch.tolist()).toEqual([7, 9]);
    expect(getBatch).toHaveBeenCalledExactlyOnceWith([7, 9]);
  });

  it('respects a subclass that changes the items', () => {
    class Doubled extends Subset<number> {
      override __getitem__(index: number): number {
        return 2 * super.__getitem__(index);
      }
    }
    const [batch] = new DataLoader(new Doubled(range(5), [3, 4]), { batch_size: 2 });
    expect(batch.tolist()).toEqual([6, 8]);
  });

  it('says what is wrong', () => {
    const make = (dataset: unknown) => () => Reflect.construct(Subset, [dataset, [0]]);
    expect(make(3)).toThrow('a dataset must be an array or have __getitem__(index) and __len__(), but got 3');
    const subset = new Subset(range(5), [4]);
    expect(() => subset.__getitem__(1)).toThrow('Subset index 1 is out of range for a length of 1');
    expect(() => new Subset(range(5), [9]).__getitem__(0)).toThrow('list index 9 is out of range for a length of 5');
  });
});

describe('random_split', () => {
  it('takes the generator by position or by name', () => {
    const split = (generator: Generator | { generator: Generator }): unknown =>
      random_split(range(9), [4, 5], generator).map((part) => part.indices);
    const byName = split({ generator: new Generator().manual_seed(3) });
    expect(split(new Generator().manual_seed(3))).toEqual(byName);
  });

  it('warns of a part without items', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    expect(random_split([1], [0.5, 0.5]).map((part) => part.length)).toEqual([1, 0]);
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      'Length of split at index 1 is 0. This might result in an empty dataset.',
    );
  });

  it('says what is wrong', () => {
    expect(() => random_split(range(5), [1, 2])).toThrow(
      'Sum of input lengths does not equal the length of the input dataset! Got 1 + 2 = 3, expected 5',
    );
    expect(() => random_split(range(5), [1.5, -0.5])).toThrow('Fraction at index 0 is not between 0 and 1');
    expect(() => random_split(range(5), [6, -1])).toThrow(
      'random_split: length at index 1 should be a non-negative integer, but got -1',
    );
    expect(() => random_split(range(5), [2.5, 2.5])).toThrow(
      'random_split: length at index 0 should be a non-negative integer, but got 2.5',
    );
    expect(() => Reflect.apply(random_split, null, [range(5), [5], { seed: 1 }])).toThrow(
      "random_split() got an unexpected keyword argument 'seed'; it takes generator",
    );
    expect(() => Reflect.apply(random_split, null, [range(5), [5], 3])).toThrow(
      'random_split: generator should be a Generator or null, but got 3',
    );
  });
});
