import {
  as_tensor,
  default_generator,
  Generator,
  multinomial,
  randint,
  randperm,
  type Tensor,
  ValueError,
} from '@torchlet/tensor';
import { bindArguments, show } from './arguments.js';
import { lengthOf, type Sized } from './sized.js';

/**
 * Says in which order a data set is read: an iterable of indices (or of lists of indices) with a length.
 * @see https://pytorch.org/docs/stable/data.html#torch.utils.data.Sampler
 */
export abstract class Sampler<I = number> implements Iterable<I> {
  abstract [Symbol.iterator](): Iterator<I>;

  /** The number of things it yields. @throws {ValueError} unless the subclass says it */
  __len__(): number {
    throw new ValueError(`object of type '${this.constructor.name}' has no len(): it does not define __len__()`);
  }

  /** The number of things it yields, `__len__()`. */
  get length(): number {
    return this.__len__();
  }
}

/** 0, 1, 2, … */
export class SequentialSampler extends Sampler {
  constructor(readonly data_source: Sized) {
    super();
  }

  *[Symbol.iterator](): IterableIterator<number> {
    const length = this.length;
    for (let i = 0; i < length; i++) yield i;
  }

  override __len__(): number {
    return lengthOf(this.data_source);
  }
}

/** Options of {@link RandomSampler}. */
export interface RandomSamplerOptions {
  /** Draw each index independently, so that it can come several times. Default false: a permutation. */
  replacement?: boolean;
  /** How many indices one iteration yields; the length of the data if null or absent. */
  num_samples?: number | null;
  /** Source of randomness. Absent: each iteration seeds a generator of its own from the default one. */
  generator?: Generator | null;
}

const RANDOM_SAMPLER = ['replacement', 'num_samples', 'generator'];

/** Draws with replacement come in blocks of this many, as in PyTorch. */
const BLOCK = 32;

/**
 * A random order, PyTorch's for the same seed.
 * @see https://pytorch.org/docs/stable/data.html#torch.utils.data.RandomSampler
 */
export class RandomSampler extends Sampler {
  readonly data_source: Sized;
  readonly replacement: boolean;
  readonly generator: Generator | null;
  private readonly wanted: number | null;

  constructor(data_source: Sized, options?: RandomSamplerOptions);
  constructor(
    data_source: Sized,
    replacement: boolean,
    num_samples?: number | null | RandomSamplerOptions,
    generator?: Generator | null | RandomSamplerOptions,
  );
  constructor(data_source: Sized, ...args: unknown[]) {
    super();
    const options = bindArguments('RandomSampler()', RANDOM_SAMPLER, args) as RandomSamplerOptions;
    const { replacement = false, num_samples = null, generator = null } = options;
    if (typeof replacement !== 'boolean') {
      throw new ValueError(`replacement should be a boolean value, but got replacement=${show(replacement)}`);
    }
    this.data_source = data_source;
    this.replacement = replacement;
    this.wanted = num_samples;
    this.generator = checkGenerator('RandomSampler', generator);
    checkPositiveInteger('num_samples', this.num_samples);
  }

  /** How many indices one iteration yields. */
  get num_samples(): number {
    return this.wanted ?? lengthOf(this.data_source);
  }

  override __len__(): number {
    return this.num_samples;
  }

  *[Symbol.iterator](): IterableIterator<number> {
    const n = lengthOf(this.data_source);
    const generator = this.generator ?? new Generator().manual_seed(drawSeed(default_generator));
    const count = this.num_samples;
    if (this.replacement) {
      for (let left = count; left >= BLOCK; left -= BLOCK) yield* drawIndices(n, BLOCK, generator);
      yield* drawIndices(n, count % BLOCK, generator);
    } else {
      for (let left = count; left >= n; left -= n) yield* permutation(n, generator);
      // Drawn even when none of it is needed, as PyTorch does: a generator that is reused goes on from there.
      yield* permutation(n, generator).slice(0, count % n);
    }
  }
}

/** The given indices in random order. @see https://pytorch.org/docs/stable/data.html#torch.utils.data.SubsetRandomSampler */
export class SubsetRandomSampler extends Sampler {
  readonly indices: readonly number[];
  readonly generator: Generator | null;

  constructor(indices: readonly number[], ...rest: [generator?: Generator | { generator?: Generator | null } | null]) {
    super();
    const options = bindArguments('SubsetRandomSampler()', ['generator'], rest) as { generator?: Generator | null };
    this.indices = indices;
    this.generator = checkGenerator('SubsetRandomSampler', options.generator ?? null);
  }

  *[Symbol.iterator](): IterableIterator<number> {
    for (const i of permutation(this.indices.length, this.generator)) yield this.indices[i];
  }

  override __len__(): number {
    return this.indices.length;
  }
}

/** Options of {@link WeightedRandomSampler}. */
export interface WeightedRandomSamplerOptions {
  /** How many indices one iteration yields. */
  num_samples: number;
  /** Whether an index may come again. Default true. */
  replacement?: boolean;
  /** Source of randomness; the default generator if absent. */
  generator?: Generator | null;
}

/**
 * Indices drawn with the given probabilities, which need not sum to 1; PyTorch's for the same seed.
 * @throws {ValueError} for weights that are no list of numbers; when read, for weights that are no distribution
 * @see https://pytorch.org/docs/stable/data.html#torch.utils.data.WeightedRandomSampler
 */
export class WeightedRandomSampler extends Sampler {
  /** Float64. */
  readonly weights: Tensor;
  readonly num_samples: number;
  readonly replacement: boolean;
  readonly generator: Generator | null;

  constructor(weights: readonly number[] | Tensor, options: WeightedRandomSamplerOptions);
  constructor(
    weights: readonly number[] | Tensor,
    num_samples: number,
    replacement?: boolean | Omit<WeightedRandomSamplerOptions, 'num_samples'>,
    generator?: Generator | null | { generator?: Generator | null },
  );
  constructor(weights: readonly number[] | Tensor, ...args: unknown[]) {
    super();
    const names = ['num_samples', 'replacement', 'generator'];
    const { num_samples, replacement = true, generator = null } = bindArguments('WeightedRandomSampler()', names, args);
    checkPositiveInteger('num_samples', num_samples);
    if (typeof replacement !== 'boolean') {
      throw new ValueError(`replacement should be a boolean value, but got replacement=${show(replacement)}`);
    }
    this.weights = as_tensor(weights, { dtype: 'float64' });
    if (this.weights.dim() !== 1) {
      const shape = this.weights.shape.join(', ');
      throw new ValueError(`weights should be a 1d sequence but given weights have shape (${shape})`);
    }
    this.num_samples = num_samples;
    this.replacement = replacement;
    this.generator = checkGenerator('WeightedRandomSampler', generator);
  }

  *[Symbol.iterator](): IterableIterator<number> {
    const { weights, num_samples, replacement, generator } = this;
    yield* multinomial(weights, num_samples, replacement, { generator }).tolist() as number[];
  }

  override __len__(): number {
    return this.num_samples;
  }
}

/**
 * Lists of `batch_size` indices from another sampler; the last may be shorter, unless `drop_last`.
 * @see https://pytorch.org/docs/stable/data.html#torch.utils.data.BatchSampler
 */
export class BatchSampler<I = number> extends Sampler<I[]> {
  readonly sampler: Iterable<I>;
  readonly batch_size: number;
  readonly drop_last: boolean;

  constructor(sampler: Iterable<I>, options: { batch_size: number; drop_last: boolean });
  constructor(sampler: Iterable<I>, batch_size: number, drop_last: boolean | { drop_last: boolean });
  constructor(sampler: Iterable<I>, ...args: unknown[]) {
    super();
    const { batch_size, drop_last } = bindArguments('BatchSampler()', ['batch_size', 'drop_last'], args);
    checkPositiveInteger('batch_size', batch_size);
    if (typeof drop_last !== 'boolean') {
      throw new ValueError(`drop_last should be a boolean value, but got drop_last=${show(drop_last)}`);
    }
    this.sampler = sampler;
    this.batch_size = batch_size;
    this.drop_last = drop_last;
  }

  *[Symbol.iterator](): IterableIterator<I[]> {
    let batch: I[] = [];
    for (const index of this.sampler) {
      batch.push(index);
      if (batch.length === this.batch_size) {
        yield batch;
        batch = [];
      }
    }
    if (batch.length > 0 && !this.drop_last) yield batch;
  }

  override __len__(): number {
    const batches = lengthOf(this.sampler) / this.batch_size;
    return this.drop_last ? Math.floor(batches) : Math.ceil(batches);
  }
}

/** A seed as `torch.empty((), dtype=torch.int64).random_()` draws it: 63 random bits. */
export function drawSeed(generator: Generator): bigint {
  return BigInt.asUintN(63, generator.random64());
}

/** @throws {ValueError} unless `generator` is one, or null */
export function checkGenerator(what: string, generator: unknown): Generator | null {
  if (generator === null || generator instanceof Generator) return generator;
  throw new ValueError(`${what}: generator should be a Generator or null, but got ${show(generator)}`);
}

function checkPositiveInteger(name: string, value: unknown): asserts value is number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value <= 0) {
    throw new ValueError(`${name} should be a positive integer value, but got ${name}=${show(value)}`);
  }
}

const permutation = (n: number, generator: Generator | null): number[] =>
  randperm(n, { generator }).tolist() as number[];

const drawIndices = (n: number, count: number, generator: Generator): number[] =>
  randint(n, [count], { generator }).tolist() as number[];
