import { ValueError } from '@torchlet/tensor';
import { show } from './arguments.js';
import type { Collated } from './collate.js';
import { checkIndex, lengthOf } from './sized.js';

/**
 * What a {@link DataLoader} can read: an array, or an object with `__getitem__` and a length (only a loader with its
 * own `sampler` or `batch_sampler` can do without the length).
 */
export type DatasetLike<T> =
  | readonly T[]
  | {
      __getitem__(index: number): T;
      /** Several items at once, for data sets that fetch them faster together. */
      __getitems__?(indices: readonly number[]): readonly T[];
      /** The items already collated as `default_collate` would, or null if this data set cannot. */
      getBatch?(indices: readonly number[]): Collated<T> | null;
      __len__?(): number;
      readonly length?: number;
    };

/**
 * A map from an index to an item. Subclasses write `__getitem__` and, if they know it, `__len__`.
 * @see https://pytorch.org/docs/stable/data.html#torch.utils.data.Dataset
 */
export abstract class Dataset<T> {
  /** Item `index`, an integer from 0 to `length − 1`. */
  abstract __getitem__(index: number): T;

  /** The number of items. @throws {ValueError} unless the subclass says it */
  __len__(): number {
    throw new ValueError(`object of type '${this.constructor.name}' has no len(): it does not define __len__()`);
  }

  /** The number of items, `__len__()`. */
  get length(): number {
    return this.__len__();
  }

  /** The items of this data set followed by those of `other`. */
  __add__(other: DatasetLike<T>): ConcatDataset<T> {
    return new ConcatDataset<T>([this, other]);
  }

  /** All items in order. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = 0; i < this.length; i++) yield this.__getitem__(i);
  }
}

/**
 * Several data sets one after the other.
 * @see https://pytorch.org/docs/stable/data.html#torch.utils.data.ConcatDataset
 */
export class ConcatDataset<T> extends Dataset<T> {
  readonly datasets: readonly DatasetLike<T>[];
  /** For each data set, the number of items up to and including its own. */
  readonly cumulative_sizes: readonly number[];

  /** @throws {ValueError} for no data sets at all, or one without a length */
  constructor(datasets: Iterable<DatasetLike<T>>) {
    super();
    this.datasets = [...datasets];
    if (this.datasets.length === 0) throw new ValueError('datasets should not be an empty iterable');
    let total = 0;
    this.cumulative_sizes = this.datasets.map((dataset) => {
      total += lengthOf(dataset);
      return total;
    });
  }

  override __len__(): number {
    return this.cumulative_sizes[this.cumulative_sizes.length - 1];
  }

  /** Item `index`; a negative index counts from the end. @throws {ValueError} when there is no such item */
  __getitem__(index: number): T {
    if (-index > this.length) throw new ValueError('absolute value of index should not exceed dataset length');
    const at = checkIndex(index, this.length, 'ConcatDataset');
    const part = this.cumulative_sizes.findIndex((size) => at < size);
    return getItem(this.datasets[part], part === 0 ? at : at - this.cumulative_sizes[part - 1]);
  }
}

/** Item `index` of any data set. @throws {ValueError} when it is none, or has no such item */
export function getItem<T>(dataset: DatasetLike<T>, index: number): T {
  if (Array.isArray(dataset)) return dataset[checkIndex(index, dataset.length, 'list')];
  if ('__getitem__' in dataset && typeof dataset.__getitem__ === 'function') return dataset.__getitem__(index);
  throw notADataset(dataset);
}

/** The items at `indices`, in that order, through `__getitems__` if there is one. */
export function getItems<T>(dataset: DatasetLike<T>, indices: readonly number[]): readonly T[] {
  if ('__getitems__' in dataset && typeof dataset.__getitems__ === 'function') {
    const items = dataset.__getitems__(indices);
    if (items.length === indices.length) return items;
    throw new ValueError(
      `${show(dataset)}.__getitems__ should give ${indices.length} items, one per index, but gave ${items.length}`,
    );
  }
  return indices.map((index) => getItem(dataset, index));
}

/** The items at `indices` already collated, or null if this data set has no faster way than one by one. */
export function getBatch<T>(dataset: DatasetLike<T>, indices: readonly number[]): Collated<T> | null {
  return 'getBatch' in dataset && typeof dataset.getBatch === 'function' ? dataset.getBatch(indices) : null;
}

/** @throws {ValueError} unless `dataset` is an array or has `__getitem__` */
export function checkDataset(dataset: unknown): void {
  if (Array.isArray(dataset)) return;
  const isObject = typeof dataset === 'object' && dataset !== null;
  if (!isObject || !('__getitem__' in dataset) || typeof dataset.__getitem__ !== 'function') throw notADataset(dataset);
}

const notADataset = (value: unknown): ValueError =>
  new ValueError(`a dataset must be an array or have __getitem__(index) and __len__(), but got ${show(value)}`);
