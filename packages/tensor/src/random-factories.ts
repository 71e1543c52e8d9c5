/** Tensors of random numbers, draw for draw as PyTorch makes them. https://pytorch.org/docs/stable/torch.html#random-sampling */
import { checkInteger } from './arguments.js';
import { allocateArray, type DType, isFloating } from './dtype.js';
import { DTypeError, ValueError } from './errors.js';
import {
  optionsLike,
  resolveOptions,
  type SizeArguments,
  splitSizes,
  TENSOR_KEYWORDS,
  type TensorOptions,
  toOptions,
  withGrad,
} from './factories.js';
import { default_generator, type Generator } from './generator.js';
import { type Distribution, drawLike, drawn } from './ops/draw-order.js';
import { checkTensor, fromHost } from './ops/kernel.js';
import { type GeneratorOptions, readGenerator } from './ops/random.js';
import { randperm as fillRandperm } from './random/distributions.js';
import { checkSizes, type Shape } from './shape.js';
import { signature } from './signature.js';
import type { Tensor } from './tensor.js';

/** Options of a random factory. */
export interface RandomTensorOptions extends TensorOptions, GeneratorOptions {}

/** @throws DTypeError for a distribution of real numbers as integers. */
function checkFits(op: string, { kind }: Distribution, dtype: DType): void {
  if (kind !== 'integer' && !isFloating(dtype))
    throw new DTypeError(`${op}(): not implemented for dtype ${dtype}, expected float32 or float64`);
}

function draw(
  op: string,
  shape: Shape,
  options: RandomTensorOptions | undefined,
  dtype: DType,
  distribution: Distribution,
): Tensor {
  const resolved = resolveOptions(op, options, dtype, 'cpu', ['generator']);
  const generator = readGenerator(op, options?.generator);
  checkFits(op, distribution, resolved.dtype);
  return withGrad(drawn(distribution, generator, shape, resolved.dtype, resolved.device), resolved.requires_grad);
}

const STANDARD_UNIFORM: Distribution = { kind: 'uniform', from: 0, to: 1 };
const STANDARD_NORMAL: Distribution = { kind: 'normal', mean: 0, std: 1 };

/** Uniform on [0, 1). https://pytorch.org/docs/stable/generated/torch.rand.html */
export function rand(...args: SizeArguments<RandomTensorOptions>): Tensor {
  const [shape, options] = splitSizes('rand', args);
  return draw('rand', shape, options, 'float32', STANDARD_UNIFORM);
}

/** Standard normal. https://pytorch.org/docs/stable/generated/torch.randn.html */
export function randn(...args: SizeArguments<RandomTensorOptions>): Tensor {
  const [shape, options] = splitSizes('randn', args);
  return draw('randn', shape, options, 'float32', STANDARD_NORMAL);
}

/** Draws in the order in which the input lies in memory. */
function drawLikeInput(op: string, input: Tensor, rest: readonly unknown[], distribution: Distribution): Tensor {
  checkTensor(op, 'input', input);
  const { dtype, device, requires_grad } = resolveOptions(op, optionsLike(input, toOptions(rest)), input.dtype);
  checkFits(op, distribution, dtype);
  return withGrad(drawLike(input, dtype, device, distribution, default_generator), requires_grad);
}

const likeOf = (op: string, distribution: Distribution): ((input: Tensor, options?: TensorOptions) => Tensor) =>
  signature(`${op}(input, *, ${TENSOR_KEYWORDS})`, (input, ...rest: unknown[]) =>
    drawLikeInput(op, input, rest, distribution),
  );

/** https://pytorch.org/docs/stable/generated/torch.rand_like.html */
export const rand_like: (input: Tensor, options?: TensorOptions) => Tensor = likeOf('rand_like', STANDARD_UNIFORM);

/** https://pytorch.org/docs/stable/generated/torch.randn_like.html */
export const randn_like: (input: Tensor, options?: TensorOptions) => Tensor = likeOf('randn_like', STANDARD_NORMAL);

export interface RandintOptions extends RandomTensorOptions {
  readonly low?: number;
  readonly high?: number;
  readonly size?: readonly number[];
}

/**
 * Integers in [low, high), int64: `randint(high, size)`, `randint(low, high, size)`.
 * https://pytorch.org/docs/stable/generated/torch.randint.html
 */
export const randint: {
  (high: number, size: readonly number[], options?: RandintOptions): Tensor;
  (low: number, high: number, size: readonly number[], options?: RandintOptions): Tensor;
  (options: RandintOptions & { readonly high: number; readonly size: readonly number[] }): Tensor;
  (low: number, options: RandintOptions & { readonly size: readonly number[] }): Tensor;
} = signature<(...args: unknown[]) => Tensor>(
  `randint(low?, high?, size?, *, generator?, ${TENSOR_KEYWORDS})`,
  (first, second, third, generator, ...rest) => {
    // an array in second place, or no second number at all, means that low is missing
    const [low, high, size] = Array.isArray(second)
      ? [0, first, second]
      : second === undefined
        ? [0, first, third]
        : [first ?? 0, second, third];
    if (!Array.isArray(size))
      throw new ValueError(`randint(): argument 'size' must be tuple of ints, not ${typeof size}`);
    const [from, to] = [checkInteger('randint', 'low', low), checkInteger('randint', 'high', high)];
    const options = { ...toOptions(rest), generator: generator as Generator | undefined };
    return draw('randint', checkSizes('randint', size), options, 'int64', { kind: 'integer', low: from, high: to });
  },
);

/** https://pytorch.org/docs/stable/generated/torch.randint_like.html */
export const randint_like: (
  input: Tensor,
  low: number,
  high?: number | TensorOptions,
  options?: TensorOptions,
) => Tensor = signature(
  `randint_like(input, low?, high?, *, ${TENSOR_KEYWORDS})`,
  (input, low, high, ...rest: unknown[]) => {
    const op = 'randint_like';
    const [from, to] = high === undefined ? [0, low] : [low ?? 0, high];
    const bounds = [checkInteger(op, 'low', from), checkInteger(op, 'high', to)];
    return drawLikeInput(op, input, rest, { kind: 'integer', low: bounds[0], high: bounds[1] });
  },
);

/** A random permutation of 0 … n − 1, int64. https://pytorch.org/docs/stable/generated/torch.randperm.html */
export const randperm: (n: number, options?: RandomTensorOptions) => Tensor = signature(
  `randperm(n, *, generator?, ${TENSOR_KEYWORDS})`,
  (n, generator, ...rest: unknown[]) => {
    const count = checkInteger('randperm', 'n', n, 0);
    const options = { ...toOptions(rest), generator: generator as Generator | undefined };
    const resolved = resolveOptions('randperm', options, 'int64', 'cpu', ['generator']);
    const out = allocateArray(resolved.dtype, count);
    out.set(fillRandperm(readGenerator('randperm', generator), count));
    return withGrad(fromHost(out, [count], resolved.dtype, resolved.device), resolved.requires_grad);
  },
);
