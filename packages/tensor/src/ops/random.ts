/** Tensors filled with draws, in place. https://pytorch.org/docs/stable/torch.html#random-sampling */
import { checkNumber } from '../arguments.js';
import { gradMode } from '../autograd/grad-mode.js';
import { checkInplace, requiresGrad } from '../autograd/history.js';
import { checkWritable } from '../autograd/inplace-checks.js';
import { defineOp } from '../autograd/op.js';
import { cName, isFloating } from '../dtype.js';
import { DTypeError, ValueError } from '../errors.js';
import { default_generator, Generator } from '../generator.js';
import { signature } from '../signature.js';
import { Tensor } from '../tensor.js';
import { type Distribution, drawLike } from './draw-order.js';
import { backend, checkTensor } from './kernel.js';

export interface GeneratorOptions {
  /** Where the draws come from; the default generator unless given. */
  readonly generator?: Generator | null;
}

/** @throws ValueError for anything but a generator. */
export function readGenerator(op: string, generator: unknown): Generator {
  if (generator === undefined || generator === null) return default_generator;
  if (generator instanceof Generator) return generator;
  throw new ValueError(`${op}(): argument 'generator' must be a Generator, got ${typeof generator}`);
}

/** Draws, then copies into the tensor. */
function drawInto(op: string, x: Tensor, draw: Distribution, generator: Generator): Tensor {
  checkTensor(op, 'input', x);
  checkInplace(x, requiresGrad(x));
  checkWritable(op, x);
  const source = drawLike(x, x.dtype, x.device, draw, generator, true);
  if (x.grad_fn !== null && gradMode.enabled) return x.copy_(source); // the old value's gradient is 0
  backend(x).copy(source, x);
  x.versionCounter.version++;
  return x;
}

/** @throws DTypeError for integers. */
function floats(op: string, x: Tensor, draw: Distribution, generator: Generator): Tensor {
  if (!isFloating(checkTensor(op, 'input', x).dtype))
    throw new DTypeError(`"${op}" not implemented for '${cName(x.dtype)}'`);
  return drawInto(op, x, draw, generator);
}

export interface NormalOptions extends GeneratorOptions {
  readonly mean?: number;
  readonly std?: number;
}

/** Normal draws. https://pytorch.org/docs/stable/generated/torch.Tensor.normal_.html */
export const normal_: (
  input: Tensor,
  mean?: number | NormalOptions,
  std?: number | NormalOptions,
  options?: NormalOptions,
) => Tensor = signature('normal_(input, mean?, std?, *, generator?)', (input, m, s, g) => {
  const generator = readGenerator('normal_', g);
  const [mean, std] = [checkNumber('normal_', 'mean', m ?? 0), checkNumber('normal_', 'std', s ?? 1)];
  return floats('normal_', input, { kind: 'normal', mean, std }, generator);
});

export interface UniformOptions extends GeneratorOptions {
  readonly from?: number;
  readonly to?: number;
}

/** Uniform draws on [from, to). https://pytorch.org/docs/stable/generated/torch.Tensor.uniform_.html */
export const uniform_: (
  input: Tensor,
  from?: number | UniformOptions,
  to?: number | UniformOptions,
  options?: UniformOptions,
) => Tensor = signature('uniform_(input, from?, to?, *, generator?)', (input, a, b, g) => {
  const generator = readGenerator('uniform_', g);
  const [from, to] = [checkNumber('uniform_', 'from', a ?? 0), checkNumber('uniform_', 'to', b ?? 1)];
  return floats('uniform_', input, { kind: 'uniform', from, to }, generator);
});

export interface BernoulliOptions extends GeneratorOptions {
  readonly p?: number | Tensor;
}

type Probability = number | Tensor | BernoulliOptions;

/** The draws, of which the probabilities' gradient is 0. */
const drawnFrom = defineOp<[Tensor, Tensor], Tensor>('bernoulli', {
  forward: (_ctx, _p, draws) => draws.clone(),
  backward: (_ctx, g) => [g.mul(0)],
  formula: ['dp = 0'],
  grad_name: 'BernoulliBackward1',
});

/** Each element with its own probability, of the same shape as `x` or smaller. */
function bernoulliEach(x: Tensor, p: Tensor, generator: Generator): Tensor {
  if (!isFloating(p.dtype)) throw new DTypeError(`"bernoulli_tensor_cpu_p_" not implemented for '${cName(p.dtype)}'`);
  const each = p.expand(checkTensor('bernoulli_', 'input', x).shape);
  const draw: Distribution = { kind: 'bernoulli', p: each.detach(), scale: 1 };
  if (!requiresGrad(p)) return drawInto('bernoulli_', x, draw, generator);
  checkInplace(x, requiresGrad(x));
  return x.copy_(drawnFrom(each, drawLike(x, x.dtype, x.device, draw, generator, true)));
}

/** 1 with probability `p`, which may be a tensor, else 0. https://pytorch.org/docs/stable/generated/torch.Tensor.bernoulli_.html */
export const bernoulli_: (input: Tensor, p?: Probability, options?: BernoulliOptions) => Tensor = signature(
  'bernoulli_(input, p?, *, generator?)',
  (input, probability, g) => {
    const generator = readGenerator('bernoulli_', g);
    if (probability instanceof Tensor) return bernoulliEach(input, probability, generator);
    const p = checkNumber('bernoulli_', 'p', probability ?? 0.5);
    return drawInto('bernoulli_', input, { kind: 'bernoulli', p, scale: 1 }, generator);
  },
);

export interface ExponentialOptions extends GeneratorOptions {
  readonly lambd?: number;
}

/** Exponential draws with rate `lambd`. https://pytorch.org/docs/stable/generated/torch.Tensor.exponential_.html */
export const exponential_: (
  input: Tensor,
  lambd?: number | ExponentialOptions,
  options?: ExponentialOptions,
) => Tensor = signature('exponential_(input, lambd?, *, generator?)', (input, rate, g) => {
  const generator = readGenerator('exponential_', g);
  const lambd = checkNumber('exponential_', 'lambd', rate ?? 1);
  return floats('exponential_', input, { kind: 'exponential', lambd }, generator);
});

export interface RandomOptions extends GeneratorOptions {
  readonly from?: number;
  readonly to?: number;
}

/** Integers in [from, to). https://pytorch.org/docs/stable/generated/torch.Tensor.random_.html */
export const random_: (
  input: Tensor,
  from: number | RandomOptions,
  to?: number | RandomOptions,
  options?: RandomOptions,
) => Tensor = signature('random_(input, from, to?, *, generator?)', (input, a, b, g) => {
  // one bound alone is the upper one
  const [low, high] = b === undefined ? [0, a] : [a ?? 0, b];
  const generator = readGenerator('random_', g);
  const [from, to] = [checkNumber('random_', 'from', low), checkNumber('random_', 'to', high)];
  return drawInto('random_', input, { kind: 'integer', low: from, high: to }, generator);
});
