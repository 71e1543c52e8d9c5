/** Tensors of random numbers, draw for draw as PyTorch makes them. https://pytorch.org/docs/stable/torch.html#random-sampling */
import { checkInteger } from './arguments.js';
import { allocateArray, type DType, isFloating, type TypedArray } from './dtype.js';
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
import { type Draw, drawLike } from './ops/draw-order.js';
import { checkTensor, fromHost } from './ops/kernel.js';
import { type GeneratorOptions, readGenerator } from './ops/random.js';
import {
  normal as fillNormal,
  randint as fillRandint,
  randperm as fillRandperm,
  uniform as fillUniform,
} from './random/distributions.js';
import { checkSizes, numelOf, type Shape } from './shape.js';
import { signature } from './signature.js';
import type { Tensor } from './tensor.js';

/** Options of a random factory. */
export interface RandomTensorOptions extends TensorOptions, GeneratorOptions {}

type Fill = (generator: Generator, out: TypedArray, dtype: DType, blocks: boolean) => void;

function draw(op: string, shape: Shape, options: RandomTensorOptions | undefined, dtype: DType, fill: Fill): Tensor {
  const resolved = resolveOptions(op, options, dtype, 'cpu', ['generator']);
  const generator = readGenerator(op, options?.generator);
  const out = allocateArray(resolved.dtype, numelOf(shape));
  fill(generator, out, resolved.dtype, true);
  return withGrad(fromHost(out, shape, resolved.dtype, resolved.device), resolved.requires_grad);
}

const floating =
  (op: string, fill: (generator: Generator, out: Float32Array | Float64Array, blocks: boolean) => void): Fill =>
  (generator, out, dtype, blocks) => {
    if (!isFloating(dtype))
      throw new DTypeError(`${op}(): not implemented for dtype ${dtype}, expected float32 or float64`);
    fill(generator, out as Float32Array | Float64Array, blocks);
  };

/** Uniform on [0, 1). https://pytorch.org/docs/stable/generated/torch.rand.html */
export function rand(...args: SizeArguments<RandomTensorOptions>): Tensor {
  const [shape, options] = splitSizes('rand', args);
  return draw(
    'rand',
    shape,
    options,
    'float32',
    floating('rand', (generator, out) => fillUniform(generator, out)),
  );
}

/** Standard normal. https://pytorch.org/docs/stable/generated/torch.randn.html */
export function randn(...args: SizeArguments<RandomTensorOptions>): Tensor {
  const [shape, options] = splitSizes('randn', args);
  return draw(
    'randn',
    shape,
    options,
    'float32',
    floating('randn', (generator, out) => fillNormal(generator, out)),
  );
}

/** Draws in the order in which the input lies in memory. */
function drawLikeInput(op: string, input: Tensor, rest: readonly unknown[], fill: Fill): Tensor {
  checkTensor(op, 'input', input);
  const { dtype, device, requires_grad } = resolveOptions(op, optionsLike(input, toOptions(rest)), input.dtype);
  const fillHost: Draw = (out, blocks) => fill(default_generator, out, dtype, blocks);
  return withGrad(drawLike(input, dtype, device, fillHost), requires_grad);
}

const likeOf = (op: string, fill: Fill): ((input: Tensor, options?: TensorOptions) => Tensor) =>
  signature(`${op}(input, *, ${TENSOR_KEYWORDS})`, (input, ...rest: unknown[]) => drawLikeInput(op, input, rest, fill));

/** https://pytorch.org/docs/stable/generated/torch.rand_like.html */
export const rand_like: (input: Tensor, options?: TensorOptions) => Tensor = likeOf(
  'rand_like',
  floating('rand_like', (generator, out) => fillUniform(generator, out)),
);

/** https://pytorch.org/docs/stable/generated/torch.randn_like.html */
export const randn_like: (input: Tensor, options?: TensorOptions) => Tensor = likeOf(
  'randn_like',
  floating('randn_like', (generator, out, blocks) => fillNormal(generator, out, 0, 1, blocks)),
);

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
    return draw('randint', checkSizes('randint', size), options, 'int64', (g, out, type) =>
      fillRandint(g, out, from, to, type),
    );
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
    return drawLikeInput(op, input, rest, (g, out, type) => fillRandint(g, out, bounds[0], bounds[1], type));
  },
);

/** A random permutation of 0 … n − 1, int64. https://pytorch.org/docs/stable/generated/torch.randperm.html */
export const randperm: (n: number, options?: RandomTensorOptions) => Tensor = signature(
  `randperm(n, *, generator?, ${TENSOR_KEYWORDS})`,
  (n, generator, ...rest: unknown[]) => {
    const count = checkInteger('randperm', 'n', n, 0);
    const options = { ...toOptions(rest), generator: generator as Generator | undefined };
    return draw('randperm', [count], options, 'int64', (g, out) => out.set(fillRandperm(g, count)));
  },
);
