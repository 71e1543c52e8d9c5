import { default_generator, type Generator, ValueError } from '@torchlet/tensor';
import { platform } from '#platform';
import { checkOptions, show } from './arguments.js';
import { type Collated, default_collate, default_convert } from './collate.js';
import { checkDataset, type DatasetLike, getBatch, getItem, getItems } from './dataset.js';
import { BatchSampler, checkGenerator, drawSeed, RandomSampler, SequentialSampler } from './sampler.js';
import { lengthOf, type Sized } from './sized.js';

/** Options of {@link DataLoader}, with PyTorch's names and defaults. */
export interface DataLoaderOptions<T, B> {
  /** Items per batch, default 1. With null there are no batches: items come one by one. */
  batch_size?: number | null;
  /** Read in a new random order in each epoch. Default false. */
  shuffle?: boolean | null;
  /** The order to read in: an iterable of indices. */
  sampler?: Iterable<number> | null;
  /** The batches to read: an iterable of lists of indices. */
  batch_sampler?: Iterable<readonly number[]> | null;
  /** Only 0: items are fetched where the loop runs. */
  num_workers?: number;
  /** Makes a batch of a list of items (of one item, if `batch_size` is null). Default `default_collate`. */
  collate_fn?: ((items: T[]) => B) | null;
  /** Has no effect without an accelerator that copies from pinned memory, and says so. */
  pin_memory?: boolean;
  /** Leave out a last batch that is shorter than the others. Default false. */
  drop_last?: boolean;
  /** Source of the random order; the default generator if absent. */
  generator?: Generator | null;
  /** For workers only, so only 0. */
  timeout?: number;
  /** For workers only, so only null. */
  prefetch_factor?: number | null;
  /** For workers only, so only false. */
  persistent_workers?: boolean;
}

const KEYS = [
  'batch_size',
  'shuffle',
  'sampler',
  'batch_sampler',
  'num_workers',
  'collate_fn',
  'pin_memory',
  'drop_last',
  'generator',
  'timeout',
  'prefetch_factor',
  'persistent_workers',
];

/**
 * Batches of a data set, in order or shuffled; each loop over it is one epoch. `for await` also lets the event loop
 * turn between batches, so that signals and timers are heard.
 *
 * The order is PyTorch's: with the same `manual_seed` and the same data length, the same batches.
 * @see https://pytorch.org/docs/stable/data.html#torch.utils.data.DataLoader
 */
export class DataLoader<T, B = Collated<T>> implements Iterable<B>, AsyncIterable<B> {
  readonly dataset: DatasetLike<T>;
  /** Null if items come one by one or a `batch_sampler` was given. */
  readonly batch_size: number | null;
  readonly drop_last: boolean;
  readonly sampler: Iterable<number>;
  readonly batch_sampler: Iterable<readonly number[]> | null;
  readonly num_workers = 0;
  readonly pin_memory: boolean;
  readonly collate_fn: (items: T[]) => B;
  readonly generator: Generator | null;

  /** @throws {ValueError} for options that are unknown, contradict each other or need workers */
  constructor(dataset: DatasetLike<T>, options: DataLoaderOptions<T, B> = {}) {
    checkOptions('DataLoader', options, KEYS);
    checkWorkerOptions(options);
    checkDataset(dataset);
    checkOrderOptions(options);
    const { batch_size = 1, sampler, batch_sampler, drop_last = false } = options;
    this.dataset = dataset;
    this.drop_last = drop_last;
    this.pin_memory = warnIfPinned(options.pin_memory ?? false);
    this.generator = checkGenerator('DataLoader', options.generator ?? null);
    this.batch_size = batch_sampler ? null : batch_size;
    this.sampler = sampler ?? this.defaultSampler(dataset as Sized, options.shuffle ?? false);
    this.batch_sampler =
      batch_sampler ?? (batch_size === null ? null : new BatchSampler(this.sampler, batch_size, drop_last));
    // Without a collate_fn, B has its default, which is what these two make.
    const own = (this.batch_sampler === null ? default_convert : default_collate) as (items: readonly T[]) => unknown;
    this.collate_fn = options.collate_fn ?? (own as (items: T[]) => B);
  }

  private defaultSampler(dataset: Sized, shuffle: boolean): Iterable<number> {
    return shuffle ? new RandomSampler(dataset, { generator: this.generator }) : new SequentialSampler(dataset);
  }

  /** The number of batches (of items, if `batch_size` is null). @throws {ValueError} if a sampler has no length */
  __len__(): number {
    return lengthOf(this.batch_sampler ?? this.sampler);
  }

  /** The number of batches, `__len__()`. */
  get length(): number {
    return this.__len__();
  }

  [Symbol.iterator](): IterableIterator<B> {
    const indices = (this.batch_sampler ?? this.sampler)[Symbol.iterator]();
    // PyTorch seeds its workers with this number. It is drawn even where there are none, before the sampler draws.
    drawSeed(this.generator ?? default_generator);
    return this.fetchAll(indices);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<B> {
    return withTurns(this[Symbol.iterator]());
  }

  private *fetchAll(indices: Iterator<number | readonly number[]>): IterableIterator<B> {
    for (const index of { [Symbol.iterator]: () => indices }) yield this.fetch(index);
  }

  private fetch(index: number | readonly number[]): B {
    if (typeof index === 'number') {
      // Without batches, collate_fn is given the one item.
      const convert = this.collate_fn as (item: unknown) => B;
      return convert(getItem(this.dataset, index));
    }
    const isDefault: boolean = Object.is(this.collate_fn, default_collate);
    const batch = isDefault ? getBatch(this.dataset, index) : null;
    return batch === null ? this.collate_fn([...getItems(this.dataset, index)]) : (batch as B);
  }
}

async function* withTurns<B>(batches: IterableIterator<B>): AsyncIterableIterator<B> {
  for (const batch of batches) {
    yield batch;
    await platform.nextTurn();
  }
}

/** PyTorch's checks of the options that concern workers, of which there are none here. */
function checkWorkerOptions(options: DataLoaderOptions<never, unknown>): void {
  const { num_workers = 0, timeout = 0, prefetch_factor = null, persistent_workers = false } = options;
  if (num_workers < 0) {
    throw new ValueError('num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.');
  }
  if (num_workers !== 0) {
    throw new ValueError(
      `num_workers=${show(num_workers)} is not supported: there are no worker processes, use num_workers=0`,
    );
  }
  if (timeout < 0) throw new ValueError('timeout option should be non-negative');
  if (timeout !== 0) throw new ValueError(`timeout=${show(timeout)} is for worker processes: it needs num_workers > 0`);
  if (prefetch_factor !== null) {
    throw new ValueError(
      'prefetch_factor option could only be specified in multiprocessing.' +
        'let num_workers > 0 to enable multiprocessing, otherwise set prefetch_factor to None.',
    );
  }
  if (persistent_workers) throw new ValueError('persistent_workers option needs num_workers > 0');
}

/** PyTorch's checks of the options that decide what is read in which order. */
function checkOrderOptions(options: DataLoaderOptions<never, unknown>): void {
  const { batch_size = 1, shuffle, sampler, batch_sampler, drop_last } = options;
  if (shuffle !== undefined && shuffle !== null && typeof shuffle !== 'boolean') {
    throw new ValueError(`shuffle should be a boolean value, but got shuffle=${show(shuffle)}`);
  }
  if (options.collate_fn !== undefined && options.collate_fn !== null && typeof options.collate_fn !== 'function') {
    throw new ValueError(`collate_fn should be a function or null, but got collate_fn=${show(options.collate_fn)}`);
  }
  checkIterable('sampler', sampler);
  checkIterable('batch_sampler', batch_sampler);
  if (sampler && shuffle) throw new ValueError('sampler option is mutually exclusive with shuffle');
  if (batch_sampler) {
    if (batch_size !== 1 || shuffle || sampler || drop_last) {
      throw new ValueError(
        'batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last',
      );
    }
  } else if (batch_size === null && drop_last) {
    throw new ValueError('batch_size=None option disables auto-batching and is mutually exclusive with drop_last');
  }
}

function checkIterable(name: string, value: unknown): void {
  if (value === undefined || value === null) return;
  if (typeof value !== 'object' || !(Symbol.iterator in value)) {
    throw new ValueError(`${name} should be an iterable, but got ${name}=${show(value)}`);
  }
}

function warnIfPinned(pin_memory: boolean): boolean {
  if (pin_memory) {
    console.warn(
      "'pin_memory' argument is set as true but no accelerator is found, then device pinned memory won't be used.",
    );
  }
  return pin_memory;
}
