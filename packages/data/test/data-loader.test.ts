import { Generator, type Tensor, tensor, ValueError } from '@torchlet/tensor';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Collated, DataLoader, Dataset, TensorDataset } from '../src/index.js';

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const lists = (batches: Iterable<Tensor>): unknown[] => Array.from(batches, (batch) => batch.tolist());

class Squares extends Dataset<[number, { square: number }]> {
  __getitem__(index: number): [number, { square: number }] {
    return [index, { square: index * index }];
  }
  override __len__(): number {
    return 5;
  }
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('DataLoader', () => {
  it('batches a Dataset in order', () => {
    const loader = new DataLoader(new Squares(), { batch_size: 2 });
    expect(loader.length).toBe(3);
    expect(loader.__len__()).toBe(3);
    const seen = Array.from(loader, ([n, { square }]) => [n.tolist(), square.tolist()]);
    expect(seen).toEqual([
      [
        [0, 1],
        [0, 1],
      ],
      [
        [2, 3],
        [4, 9],
      ],
      [[4], [16]],
    ]);
  });

  it('has batches of one by default', () => {
    expect(lists(new DataLoader([7, 8]))).toEqual([[7], [8]]);
  });

  it('reads arrays, and any object with __getitem__ and a length', () => {
    expect(lists(new DataLoader(range(5), { batch_size: 3 }))).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
    const withLen = { __getitem__: (i: number) => 10 * i, __len__: () => 2 };
    expect(lists(new DataLoader(withLen, { batch_size: 2 }))).toEqual([[0, 10]]);
    const withLength = { __getitem__: (i: number) => 10 * i, length: 3 };
    expect(lists(new DataLoader(withLength, { batch_size: 2 }))).toEqual([[0, 10], [20]]);
  });

  it('drops a short last batch on request', () => {
    const loader = new DataLoader(range(5), { batch_size: 3, drop_last: true });
    expect(loader.length).toBe(1);
    expect(lists(loader)).toEqual([[0, 1, 2]]);
  });

  it('is read again by every loop, also after a break', () => {
    const loader = new DataLoader(range(4), { batch_size: 2 });
    for (const batch of loader) {
      expect(batch.tolist()).toEqual([0, 1]);
      break;
    }
    expect(lists(loader)).toEqual(lists(loader));
    expect(lists(loader)).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  it('closes the sampler when a loop breaks', () => {
    let closed = 0;
    const sampler = {
      *[Symbol.iterator]() {
        try {
          yield* [2, 1, 0];
        } finally {
          closed++;
        }
      },
    };
    for (const batch of new DataLoader(range(3), { sampler })) {
      expect(batch.tolist()).toEqual([2]);
      break;
    }
    expect(closed).toBe(1);
  });

  it('shuffles every item into exactly one batch', () => {
    const loader = new DataLoader(range(100), {
      batch_size: 7,
      shuffle: true,
      generator: new Generator().manual_seed(1),
    });
    const first = lists(loader).flat();
    expect(first).not.toEqual(range(100));
    expect(lists(loader).flat()).not.toEqual(first);
    expect((first as number[]).sort((a, b) => a - b)).toEqual(range(100));
  });

  it('is iterable with for await, letting the event loop turn between batches', async () => {
    const loader = new DataLoader(range(5), { batch_size: 2 });
    const seen: unknown[] = [];
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    for await (const batch of loader) {
      seen.push(batch.tolist());
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    clearInterval(timer);
    expect(seen).toEqual([[0, 1], [2, 3], [4]]);
    expect(turns).toBeGreaterThan(0);
  });

  it('turns the event loop by itself in for await', async () => {
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    for await (const _ of new DataLoader(range(3)));
    expect(turned).toBe(true);
  });

  it('takes a sampler, with its length', () => {
    const loader = new DataLoader(range(10), { sampler: [7, 3, 3], batch_size: 2 });
    expect(loader.length).toBe(2);
    expect(lists(loader)).toEqual([[7, 3], [3]]);
    const unsized = new DataLoader(range(10), { sampler: { [Symbol.iterator]: () => [1, 2].values() } });
    expect(lists(unsized)).toEqual([[1], [2]]);
    expect(() => unsized.length).toThrow("object of type 'Object' has no len(): it needs __len__() or length");
    expect(new DataLoader(range(10), { sampler: new Set([4, 5]) }).length).toBe(2);
  });

  it('takes a batch_sampler', () => {
    const loader = new DataLoader(range(10), { batch_sampler: [[1], [5, 6, 7], []], collate_fn: (items) => items });
    expect(loader.batch_size).toBe(null);
    expect(loader.length).toBe(3);
    expect([...loader]).toEqual([[1], [5, 6, 7], []]);
  });

  it('gives items one by one without batch_size', () => {
    const loader = new DataLoader<Float32Array, Tensor>([Float32Array.of(1, 2), Float32Array.of(3, 4)], {
      batch_size: null,
    });
    expect(loader.length).toBe(2);
    expect(loader.batch_sampler).toBe(null);
    expect(lists(loader)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect([...new DataLoader<string, string>(['a', 'b'], { batch_size: null })]).toEqual(['a', 'b']);
  });

  it('takes a collate_fn', () => {
    const loader = new DataLoader(range(5), { batch_size: 2, collate_fn: (items) => items.join('+') });
    expect([...loader]).toEqual(['0+1', '2+3', '4']);
  });

  it('prefers __getitems__ to single items, and checks what it gives', () => {
    const dataset = {
      __getitem__: (): number => {
        throw new Error('one by one');
      },
      __getitems__: (indices: readonly number[]) => indices.map((i) => i + 10),
      length: 3,
    };
    expect(lists(new DataLoader(dataset, { batch_size: 3 }))).toEqual([[10, 11, 12]]);
    const short = { ...dataset, __getitems__: () => [1] };
    expect(() => [...new DataLoader(short, { batch_size: 2 })]).toThrow(
      'Object.__getitems__ should give 2 items, one per index, but gave 1',
    );
  });

  it('uses getBatch only with the default collate_fn, and when it has an answer', () => {
    const calls: string[] = [];
    const dataset = {
      __getitem__: (i: number) => {
        calls.push(`item ${i}`);
        return i;
      },
      getBatch: (indices: readonly number[]): Collated<number> | null => {
        calls.push(`batch ${indices}`);
        return indices.includes(2) ? null : tensor([...indices]);
      },
      length: 4,
    };
    expect(lists(new DataLoader(dataset, { batch_size: 2 }))).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(calls).toEqual(['batch 0,1', 'batch 2,3', 'item 2', 'item 3']);
    calls.length = 0;
    expect([...new DataLoader(dataset, { batch_size: 4, collate_fn: (items) => items })]).toEqual([[0, 1, 2, 3]]);
    expect(calls).toEqual(['item 0', 'item 1', 'item 2', 'item 3']);
  });

  it('has the attributes of PyTorch', () => {
    const generator = new Generator();
    const dataset = new TensorDataset(tensor([1, 2, 3]));
    const loader = new DataLoader(dataset, { batch_size: 2, drop_last: true, generator });
    expect(loader.dataset).toBe(dataset);
    expect([loader.batch_size, loader.drop_last, loader.num_workers, loader.pin_memory]).toEqual([2, true, 0, false]);
    expect(loader.generator).toBe(generator);
    expect([...loader.sampler]).toEqual([0, 1, 2]);
    expect([...(loader.batch_sampler ?? [])]).toEqual([[0, 1]]);
  });

  it('accepts the defaults of the options for workers, and pin_memory with a warning', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const options = { num_workers: 0, timeout: 0, prefetch_factor: null, persistent_workers: false, pin_memory: false };
    new DataLoader([1], options);
    expect(warn).not.toHaveBeenCalled();
    expect(new DataLoader([1], { pin_memory: true }).pin_memory).toBe(true);
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      "'pin_memory' argument is set as true but no accelerator is found, then device pinned memory won't be used.",
    );
  });
});

describe("DataLoader's checks", () => {
  const make =
    (options: unknown, dataset: unknown = [1, 2, 3]) =>
    () =>
      Reflect.construct(DataLoader, [dataset, options]);
  const sampler = [0];
  const batch_sampler = [[0]];

  it.each<[string, Record<string, unknown>, string]>([
    [
      'num_workers',
      { num_workers: -1 },
      'num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.',
    ],
    [
      'num_workers',
      { num_workers: 2 },
      'num_workers=2 is not supported: there are no worker processes, use num_workers=0',
    ],
    ['timeout', { timeout: -1 }, 'timeout option should be non-negative'],
    ['timeout', { timeout: 5 }, 'timeout=5 is for worker processes: it needs num_workers > 0'],
    [
      'prefetch_factor',
      { prefetch_factor: 2 },
      'prefetch_factor option could only be specified in multiprocessing.let num_workers > 0 to enable multiprocessing, otherwise set prefetch_factor to None.',
    ],
    ['persistent_workers', { persistent_workers: true }, 'persistent_workers option needs num_workers > 0'],
    ['sampler', { sampler, shuffle: true }, 'sampler option is mutually exclusive with shuffle'],
    ['sampler', { sampler: 5 }, 'sampler should be an iterable, but got sampler=5'],
    ['batch_sampler', { batch_sampler: {} }, 'batch_sampler should be an iterable, but got batch_sampler=Object'],
    [
      'batch_sampler',
      { batch_sampler, batch_size: 2 },
      'batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last',
    ],
    [
      'batch_sampler',
      { batch_sampler, shuffle: true },
      'batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last',
    ],
    [
      'batch_sampler',
      { batch_sampler, sampler },
      'batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last',
    ],
    [
      'batch_sampler',
      { batch_sampler, drop_last: true },
      'batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last',
    ],
    [
      'batch_size',
      { batch_size: null, drop_last: true },
      'batch_size=None option disables auto-batching and is mutually exclusive with drop_last',
    ],
    ['batch_size', { batch_size: 0 }, 'batch_size should be a positive integer value, but got batch_size=0'],
    ['batch_size', { batch_size: 2.5 }, 'batch_size should be a positive integer value, but got batch_size=2.5'],
    ['batch_size', { batch_size: '2' }, "batch_size should be a positive integer value, but got batch_size='2'"],
    ['batch_size', { batch_size: Number.NaN }, 'batch_size should be a positive integer value, but got batch_size=NaN'],
    ['drop_last', { drop_last: 1 }, 'drop_last should be a boolean value, but got drop_last=1'],
    ['shuffle', { shuffle: 1 }, 'shuffle should be a boolean value, but got shuffle=1'],
    ['generator', { generator: 7 }, 'DataLoader: generator should be a Generator or null, but got 7'],
    ['collate_fn', { collate_fn: 'stack' }, "collate_fn should be a function or null, but got collate_fn='stack'"],
    [
      'an unknown option',
      { batchSize: 4 },
      "DataLoader got an unexpected keyword argument 'batchSize'; it takes batch_size, shuffle, sampler, batch_sampler, num_workers, collate_fn, pin_memory, drop_last, generator, timeout, prefetch_factor, persistent_workers",
    ],
  ])('refuse %s: %o', (_, options, message) => {
    expect(make(options)).toThrow(ValueError);
    expect(make(options)).toThrow(message);
  });

  it('refuse what is no options object or no dataset', () => {
    expect(make(64)).toThrow('DataLoader takes an object of options, but got 64');
    const needs = 'a dataset must be an array or have __getitem__(index) and __len__(), but got ';
    expect(make({}, 5)).toThrow(`${needs}5`);
    expect(make({}, null)).toThrow(`${needs}null`);
    expect(make({}, new Map())).toThrow(`${needs}Map`);
    expect(make({}, 'abc')).toThrow(`${needs}'abc'`);
  });

  it('refuse to shuffle nothing, or what has no length', () => {
    expect(make({ shuffle: true }, [])).toThrow(
      'num_samples should be a positive integer value, but got num_samples=0',
    );
    const endless = { __getitem__: (i: number) => i };
    expect(make({ shuffle: true }, endless)).toThrow(
      "object of type 'Object' has no len(): it needs __len__() or length",
    );
    expect(lists(new DataLoader(endless, { sampler: [5] }))).toEqual([[5]]);
  });

  it('name an index that is out of range', () => {
    expect(() => [...new DataLoader([1, 2], { sampler: [0, 5] })]).toThrow(
      'list index 5 is out of range for a length of 2',
    );
    expect(() => [...new DataLoader([1, 2], { sampler: [0.5] })]).toThrow('list indices must be integers, but got 0.5');
  });
});
