/** Draws whose distribution a tensor describes. https://pytorch.org/docs/stable/torch.html#random-sampling */
import { checkBoolean, checkInteger, checkNumber } from '../arguments.js';
import { defineOp } from '../autograd/op.js';
import { checkDevice } from '../backend/devices.js';
import { checkDType, cName, type DType, isFloating } from '../dtype.js';
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import type { Generator } from '../generator.js';
import { uniform as fillUniform } from '../random/distributions.js';
import { broadcastShapes, checkSizes, type Shape, showShape } from '../shape.js';
import { signature } from '../signature.js';
import type { Device } from '../storage.js';
import { Tensor } from '../tensor.js';
import { drawLike, drawn } from './draw-order.js';
import { checkTensor, fromHost, knownElements } from './kernel.js';
import { type GeneratorOptions, readGenerator } from './random.js';

type Floats = Float32Array | Float64Array;

const bernoulliOp = defineOp<[Tensor, number | null, Generator], Tensor>('bernoulli', {
  forward(_ctx, x, p, generator) {
    return drawn({ kind: 'bernoulli', p: p ?? x, scale: 1 }, generator, x.shape, x.dtype, x.device);
  },
  backward: (_ctx, g) => [g.mul(0)],
  formula: ['dx = 0'],
});

export interface BernoulliDrawOptions extends GeneratorOptions {
  readonly p?: number | null;
}

/** 1 with the probability that the element says (or `p`), else 0. https://pytorch.org/docs/stable/generated/torch.bernoulli.html */
export const bernoulli: (
  input: Tensor,
  p?: number | null | BernoulliDrawOptions,
  options?: BernoulliDrawOptions,
) => Tensor = signature('bernoulli(input, p?, *, generator?)', (input, probability, g) => {
  checkTensor('bernoulli', 'input', input);
  const generator = readGenerator('bernoulli', g);
  if (probability !== undefined && probability !== null) {
    // only the shape counts
    return bernoulliOp(input.detach(), checkNumber('bernoulli', 'p', probability), generator);
  }
  if (!isFloating(input.dtype)) {
    throw new DTypeError(`bernoulli(): "bernoulli_tensor_cpu_self_" not implemented for '${cName(input.dtype)}'`);
  }
  return bernoulliOp(input, null, generator);
});

const NORMAL = 'normal';

/** Standard draws (times a number), scaled and shifted. PyTorch's gradient of a draw is 0. */
const normalAs = (gradName: string): ((mean: Tensor | number, std: Tensor | number, generator: Generator) => Tensor) =>
  defineOp<[Tensor | number, Tensor | number, Generator], Tensor>(NORMAL, {
    forward(_ctx, mean, std, generator) {
      const like = (mean instanceof Tensor ? mean : std) as Tensor;
      const shape =
        mean instanceof Tensor && std instanceof Tensor ? broadcastShapes('normal', mean.shape, std.shape) : like.shape;
      const standard = { kind: 'normal', mean: 0, std: std instanceof Tensor ? 1 : std } as const;
      const draws = drawn(standard, generator, shape, like.dtype, like.device);
      const scaled = std instanceof Tensor ? draws.mul(std) : draws;
      return scaled.add(mean);
    },
    backward: (_ctx, g) => [g.mul(0), g.mul(0)],
    formula: ['dmean = 0', 'dstd = 0'],
    grad_name: gradName,
  });

const normalOfMean = normalAs('NormalBackward1');
const normalOfStd = normalAs('NormalBackward2');
const normalOfBoth = normalAs('NormalBackward3');

export interface NormalDrawOptions extends GeneratorOptions {
  readonly mean?: Tensor | number;
  readonly std?: Tensor | number;
  /** Where both mean and std are numbers. */
  readonly size?: readonly number[];
  readonly dtype?: DType | null;
  readonly device?: Device | null;
  readonly requires_grad?: boolean;
}

type NormalArgument = Tensor | number | NormalDrawOptions;

/**
 * Normal draws: `normal(mean, std)` with a tensor for one of them or both, or `normal(mean, std, size)` with numbers.
 * https://pytorch.org/docs/stable/generated/torch.normal.html
 */
export const normal: (
  mean: NormalArgument,
  std?: NormalArgument,
  size?: readonly number[] | NormalDrawOptions,
  options?: NormalDrawOptions,
) => Tensor = signature(
  'normal(mean, std?, size?, *, generator?, dtype?, device?, requires_grad?)',
  (m = 0, s = 1, shape, g, ...rest: unknown[]) => {
    const generator = readGenerator('normal', g);
    for (const [name, x] of [
      ['mean', m],
      ['std', s],
    ] as const) {
      if (!(x instanceof Tensor)) checkNumber('normal', name, x);
      else if (!isFloating(x.dtype)) throw new DTypeError(`normal(): "normal" not implemented for '${cName(x.dtype)}'`);
    }
    if (s instanceof Tensor && knownElements(s)?.some((v) => v < 0)) {
      throw new ValueError('normal expects all elements of std >= 0.0');
    }
    if (m instanceof Tensor || s instanceof Tensor) {
      if (shape !== undefined || rest.some((x) => x !== undefined)) {
        throw new ValueError(
          "normal(): 'size', 'dtype', 'device' and 'requires_grad' go with numbers for mean and std only",
        );
      }
      const draw = !(m instanceof Tensor) ? normalOfStd : s instanceof Tensor ? normalOfBoth : normalOfMean;
      return draw(m as Tensor, s as Tensor, generator);
    }
    if (!Array.isArray(shape))
      throw new ValueError(`normal(): argument 'size' must be tuple of ints, not ${typeof shape}`);
    return normalOfSize(checkSizes('normal', shape), m as number, s as number, generator, rest);
  },
);

function normalOfSize(size: Shape, mean: number, std: number, generator: Generator, rest: readonly unknown[]): Tensor {
  const dtype = checkDType('normal', rest[0] ?? 'float32');
  if (!isFloating(dtype)) throw new DTypeError(`normal(): "normal" not implemented for '${cName(dtype)}'`);
  const device = checkDevice('normal', rest[1] ?? 'cpu');
  const out = drawn({ kind: 'normal', mean, std }, generator, size, dtype, device);
  out.leafRequiresGrad = checkBoolean('normal', 'requires_grad', rest[2] ?? false);
  return out;
}

export interface MultinomialOptions extends GeneratorOptions {
  readonly num_samples?: number;
  readonly replacement?: boolean;
}

/** @throws ShapeError, DTypeError, ValueError in PyTorch's words. */
function checkMultinomial(x: Tensor, n: number, replacement: boolean): void {
  if (x.ndim !== 1 && x.ndim !== 2)
    throw new ShapeError(`multinomial(): prob_dist must be 1 or 2 dim, got ${showShape(x.shape)}`);
  if (!isFloating(x.dtype)) {
    throw new DTypeError(`multinomial only supports floating-point dtypes for input, got: ${cName(x.dtype)}`);
  }
  if (n <= 0) throw new ValueError(`multinomial(): cannot sample n_sample <= 0 samples, got ${n}`);
  if (!replacement && n > x.shape[x.ndim - 1]) {
    throw new ValueError('multinomial(): cannot sample n_sample > prob_dist.size(-1) samples without replacement');
  }
}

/** One after another by the distribution function, in the element type's precision as PyTorch's kernel. */
function drawWithReplacement(row: Floats, n: number, generator: Generator, out: Float64Array, at: number): void {
  const sums = row.slice();
  for (let j = 1; j < sums.length; j++) sums[j] += sums[j - 1];
  const total = sums[sums.length - 1];
  for (let j = 0; j < sums.length; j++) sums[j] /= total;
  sums[sums.length - 1] = 1;
  const draw = uniformDraws(generator, n);
  for (let i = 0; i < n; i++) {
    let [low, high] = [0, sums.length];
    while (low < high) {
      const mid = low + ((high - low) >> 1);
      if (sums[mid] < draw[i]) low = mid + 1;
      else high = mid;
    }
    out[at + i] = low;
  }
}

function uniformDraws(generator: Generator, n: number): Float64Array {
  const draws = new Float64Array(n);
  fillUniform(generator, draws);
  return draws;
}

/** @throws ValueError for what is no distribution. */
function checkRow(row: Floats, replacement: boolean): void {
  if (row.some((p) => !(p >= 0 && p < Infinity))) {
    throw new ValueError(
      replacement
        ? `invalid multinomial distribution (${row.some((p) => p < 0) ? 'encountering probability entry < 0' : 'encountering probability entry = infinity or NaN'})`
        : 'probability tensor contains either `inf`, `nan` or element < 0',
    );
  }
  if (row.every((p) => p === 0)) throw new ValueError('invalid multinomial distribution (sum of probabilities <= 0)');
}

/**
 * Indices drawn with the probabilities in each row, which need not add up to 1; int64.
 * https://pytorch.org/docs/stable/generated/torch.multinomial.html
 */
export const multinomial: (
  input: Tensor,
  num_samples: number | MultinomialOptions,
  replacement?: boolean | MultinomialOptions,
  options?: MultinomialOptions,
) => Tensor = signature('multinomial(input, num_samples, replacement?, *, generator?)', (input, count, again, g) => {
  const x = checkTensor('multinomial', 'input', input).detach();
  const generator = readGenerator('multinomial', g);
  const n = checkInteger('multinomial', 'num_samples', count);
  const replaced = checkBoolean('multinomial', 'replacement', again ?? false);
  checkMultinomial(x, n, replaced);
  const width = x.shape[x.ndim - 1];
  const data = x.toArray('multinomial') as Floats;
  const rows = x.ndim === 1 ? 1 : x.shape[0];
  for (let i = 0; i < rows; i++) checkRow(data.subarray(i * width, (i + 1) * width), replaced && n > 1);
  if (replaced && n > 1) {
    const out = new Float64Array(rows * n);
    for (let i = 0; i < rows; i++)
      drawWithReplacement(data.subarray(i * width, (i + 1) * width), n, generator, out, i * n);
    return fromHost(out, x.ndim === 1 ? [n] : [rows, n], 'int64', x.device);
  }
  // the greatest p / e of exponential draws e are a sample without replacement
  const draws = drawLike(x, x.dtype, x.device, { kind: 'exponential', lambd: 1 }, generator);
  const keys = x.div(draws);
  return n === 1 ? keys.argmax(-1, true) : keys.topk(n)[1];
});
