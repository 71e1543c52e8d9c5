import { type Generator, randperm, Tensor, ValueError } from '@torchlet/tensor';
import { bindArguments } from './arguments.js';
import type { Collated } from './collate.js';
import { checkDataset, Dataset, type DatasetLike, getBatch, getItem, getItems } from './dataset.js';
import { checkGenerator } from './sampler.js';
import { checkIndex, lengthOf } from './sized.js';

/**
 * Some items of a data set, in the order of `indices`.
 * @see https://pytorch.org/docs/stable/data.html#torch.utils.data.Subset
 */
export class Subset<T> extends Dataset<T> {
  readonly dataset: DatasetLike<T>;
  readonly indices: readonly number[];

  /** @param indices positions in `dataset`: integers, or a 1-D integer tensor */
  constructor(dataset: DatasetLike<T>, indices: readonly number[] | Tensor) {
    super();
    checkDataset(dataset);
    this.dataset = dataset;
    this.indices = indices instanceof Tensor ? indexList(indices) : indices;
  }

  override __len__(): number {
    return this.indices.length;
  }

  __getitem__(index: number): T {
    return getItem(this.dataset, this.translate(index));
  }

  __getitems__(indices: readonly number[]): readonly T[] {
    return this.isOwn() ? getItems(this.dataset, indices.map(this.translate)) : indices.map((i) => this.__getitem__(i));
  }

  /** A batch as the underlying data set makes it, or null if it (or a subclass of this one) has no fast way. */
  getBatch(indices: readonly number[]): Collated<T> | null {
    return this.isOwn() ? getBatch(this.dataset, indices.map(this.translate)) : null;
  }

  /** Whether the items are those of this class: a subclass that changes them is to be asked for each. */
  private isOwn(): boolean {
    return this.__getitem__ === Subset.prototype.__getitem__;
  }

  private readonly translate = (index: number): number =>
    this.indices[checkIndex(index, this.indices.length, 'Subset')];
}

function indexList(indices: Tensor): number[] {
  if (indices.dim() !== 1) {
    throw new ValueError(`Subset indices must be a list or a 1-D tensor, but got a ${indices.dim()}-D tensor`);
  }
  return Array.from(indices.tolist() as number[], Number);
}

/** Options of {@link random_split}. */
export interface RandomSplitOptions {
  /** Source of randomness; the default generator if absent. */
  generator?: Generator | null;
}

/**
 * Splits a data set at random into parts that do not overlap.
 *
 * @param lengths sizes that sum to the data set's, or fractions that sum to 1 (each is rounded down, and what then
 *   remains is dealt out one item at a time, from the first part on)
 * @throws {ValueError} for lengths that do not add up
 * @see https://pytorch.org/docs/stable/data.html#torch.utils.data.random_split
 */
export function random_split<T>(
  dataset: DatasetLike<T>,
  lengths: readonly number[],
  ...rest: [options?: Generator | RandomSplitOptions | null]
): Subset<T>[] {
  const options = bindArguments('random_split()', ['generator'], rest) as RandomSplitOptions;
  const generator = checkGenerator('random_split', options.generator ?? null);
  const total = lengthOf(dataset);
  const sum = lengths.reduce((a, b) => a + b, 0);
  // PyTorch's own test: close to 1, but not above it.
  const areFractions = sum <= 1 && 1 - sum <= 1e-9;
  const sizes = areFractions ? fractionsToSizes(lengths, total) : lengths;
  if (sizes.reduce((a, b) => a + b, 0) !== total) {
    throw new ValueError(
      `Sum of input lengths does not equal the length of the input dataset! Got ${lengths.join(' + ')} = ${sum}, ` +
        `expected ${total}`,
    );
  }
  sizes.forEach(checkSize);
  const order = randperm(total, { generator }).tolist() as number[];
  let start = 0;
  return sizes.map((size) => {
    start += size;
    return new Subset(dataset, order.slice(start - size, start));
  });
}

function checkSize(size: number, i: number): void {
  if (!Number.isInteger(size) || size < 0) {
    throw new ValueError(`random_split: length at index ${i} should be a non-negative integer, but got ${size}`);
  }
}

function fractionsToSizes(fractions: readonly number[], total: number): number[] {
  const sizes = fractions.map((fraction, i) => {
    if (!(fraction >= 0 && fraction <= 1)) throw new ValueError(`Fraction at index ${i} is not between 0 and 1`);
    return Math.floor(total * fraction);
  });
  const remainder = total - sizes.reduce((a, b) => a + b, 0);
  for (let i = 0; i < remainder; i++) sizes[i % sizes.length]++;
  sizes.forEach((size, i) => {
    if (size === 0) console.warn(`Length of split at index ${i} is 0. This might result in an empty dataset.`);
  });
  return sizes;
}
