/**
 * `torch.nn.init`: fills a tensor in place, outside of the graph, and returns it. With the same seed the draws are
 * PyTorch's. https://pytorch.org/docs/stable/nn.init.html
 */
import { Generator, no_grad, randperm, ShapeError, Tensor, ValueError } from '@torchlet/tensor';
import { bindArguments, checkInteger, checkNumber } from '@torchlet/tensor/internal';
import { erfinv, normalCdf } from './erf.js';
import { calculate_gain, type FanMode, fanOf, fans, type Nonlinearity } from './init-fan.js';
import { typename } from './typename.js';

export { calculate_gain };

export interface InitOptions {
  /** Where the draws come from; the default generator unless given. */
  readonly generator?: Generator | null;
}

export interface UniformOptions extends InitOptions {
  readonly a?: number;
  readonly b?: number;
}

export interface NormalOptions extends InitOptions {
  readonly mean?: number;
  readonly std?: number;
}

export interface TruncNormalOptions extends NormalOptions, UniformOptions {}

export interface XavierOptions extends InitOptions {
  readonly gain?: number;
}

export interface KaimingOptions extends InitOptions {
  /** The slope of the leaky_relu after this layer. */
  readonly a?: number;
  readonly mode?: FanMode;
  readonly nonlinearity?: Nonlinearity;
}

function checkTensor(fn: string, tensor: unknown): Tensor {
  if (tensor instanceof Tensor) return tensor;
  throw new ValueError(`${fn}(): argument 'tensor' must be Tensor, not ${typename(tensor)}`);
}

function generatorOf(fn: string, value: unknown): Generator | null {
  if (value === undefined || value === null || value instanceof Generator) return value ?? null;
  throw new ValueError(`${fn}(): argument 'generator' must be a Generator, not ${typename(value)}`);
}

/** Draws from U(a, b), b excluded; U(0, 1) unless given. */
export function uniform_(
  tensor: Tensor,
  a?: number | UniformOptions,
  b?: number | UniformOptions,
  generator?: Generator | null | UniformOptions,
): Tensor {
  checkTensor('uniform_', tensor);
  const [from, to, source] = bindArguments('uniform_', ['a', 'b', 'generator'], [a, b, generator]);
  const low = checkNumber('uniform_', 'a', from ?? 0);
  const high = checkNumber('uniform_', 'b', to ?? 1);
  return no_grad(() => tensor.uniform_(low, high, { generator: generatorOf('uniform_', source) }));
}

/** Draws from N(mean, std²); N(0, 1) unless given. */
export function normal_(
  tensor: Tensor,
  mean?: number | NormalOptions,
  std?: number | NormalOptions,
  generator?: Generator | null | NormalOptions,
): Tensor {
  checkTensor('normal_', tensor);
  const [m, s, source] = bindArguments('normal_', ['mean', 'std', 'generator'], [mean, std, generator]);
  const center = checkNumber('normal_', 'mean', m ?? 0);
  const deviation = checkNumber('normal_', 'std', s ?? 1);
  return no_grad(() => tensor.normal_(center, deviation, { generator: generatorOf('normal_', source) }));
}

/**
 * Draws from N(mean, std²) within [a, b], by the inverse of the distribution function; a = −2, b = 2 unless given.
 * https://people.sc.fsu.edu/~jburkardt/presentations/truncated_normal.pdf
 */
export function trunc_normal_(
  tensor: Tensor,
  mean?: number | TruncNormalOptions,
  std?: number | TruncNormalOptions,
  a?: number | TruncNormalOptions,
  b?: number | TruncNormalOptions,
  generator?: Generator | null | TruncNormalOptions,
): Tensor {
  checkTensor('trunc_normal_', tensor);
  const names = ['mean', 'std', 'a', 'b'];
  const bound = bindArguments('trunc_normal_', [...names, 'generator'], [mean, std, a, b, generator]);
  const [center, deviation, low, high] = [0, 1, -2, 2].map((value, i) =>
    checkNumber('trunc_normal_', names[i], bound[i] ?? value),
  );
  if (center < low - 2 * deviation || center > high + 2 * deviation) {
    console.warn(
      'mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be incorrect.',
    );
  }
  const [from, to] = [low, high].map((bound) => 2 * normalCdf((bound - center) / deviation) - 1);
  return no_grad(() => {
    tensor.uniform_(from, to, { generator: generatorOf('trunc_normal_', bound[4]) });
    mapElements(tensor, erfinv);
    return tensor
      .mul_(deviation * Math.sqrt(2))
      .add_(center)
      .clamp_(low, high);
  });
}

/** Applies a function that is no tensor operation. */
function mapElements(tensor: Tensor, fn: (x: number) => number): void {
  const host = tensor.toArray().slice();
  for (let i = 0; i < host.length; i++) host[i] = fn(host[i]);
  tensor.copy_(tensor.new_tensor(host).view(tensor.shape));
}

/** Every element becomes `val`. */
export function constant_(tensor: Tensor, val: number): Tensor {
  checkTensor('constant_', tensor);
  checkNumber('constant_', 'val', val);
  return no_grad(() => tensor.fill_(val));
}

export const ones_ = (tensor: Tensor): Tensor => constant_(tensor, 1);

export const zeros_ = (tensor: Tensor): Tensor => constant_(tensor, 0);

/** Ones on the diagonal of a matrix, zeros elsewhere. @throws ShapeError for other than two dimensions. */
export function eye_(tensor: Tensor): Tensor {
  if (checkTensor('eye_', tensor).ndim !== 2) throw new ShapeError('Only tensors with 2 dimensions are supported');
  const [rows, columns] = tensor.shape;
  return no_grad(() => {
    tensor.zero_();
    for (let i = 0; i < Math.min(rows, columns); i++) tensor.select(0, i).select(0, i).fill_(1);
    return tensor;
  });
}

/** A convolution's weight `[out, in, …]` that passes its input channels through unchanged, in each of `groups`. */
export function dirac_(tensor: Tensor, groups: number | { readonly groups?: number } = 1): Tensor {
  checkTensor('dirac_', tensor);
  const [n] = bindArguments('dirac_', ['groups'], [groups]);
  const parts = checkInteger('dirac_', 'groups', n ?? 1, 1);
  if (tensor.ndim < 3 || tensor.ndim > 5) {
    throw new ShapeError('Only tensors with 3, 4, or 5 dimensions are supported');
  }
  const [out, into, ...field] = tensor.shape;
  if (out % parts !== 0) throw new ValueError('dim 0 must be divisible by groups');
  const perGroup = out / parts;
  return no_grad(() => {
    tensor.zero_();
    for (let g = 0; g < parts; g++) {
      for (let d = 0; d < Math.min(perGroup, into); d++) {
        const kernel = tensor.select(0, g * perGroup + d).select(0, d);
        field.reduce((rest, size) => rest.select(0, Math.floor(size / 2)), kernel).fill_(1);
      }
    }
    return tensor;
  });
}

/** U(−a, a) with a = gain · √(6 / (fan_in + fan_out)). Glorot and Bengio 2010. */
export function xavier_uniform_(
  tensor: Tensor,
  gain?: number | XavierOptions,
  generator?: Generator | null | XavierOptions,
): Tensor {
  const [std, source] = xavier('xavier_uniform_', tensor, gain, generator);
  const bound = Math.sqrt(3) * std;
  return uniform_(tensor, -bound, bound, source);
}

/** N(0, std²) with std = gain · √(2 / (fan_in + fan_out)). Glorot and Bengio 2010. */
export function xavier_normal_(
  tensor: Tensor,
  gain?: number | XavierOptions,
  generator?: Generator | null | XavierOptions,
): Tensor {
  const [std, source] = xavier('xavier_normal_', tensor, gain, generator);
  return normal_(tensor, 0, std, source);
}

function xavier(fn: string, tensor: Tensor, gain: unknown, generator: unknown): [number, Generator | null] {
  checkTensor(fn, tensor);
  const [g, source] = bindArguments(fn, ['gain', 'generator'], [gain, generator]);
  const { fan_in, fan_out } = fans(tensor);
  return [checkNumber(fn, 'gain', g ?? 1) * Math.sqrt(2 / (fan_in + fan_out)), generatorOf(fn, source)];
}

/** U(−b, b) with b = gain · √(3 / fan). He et al. 2015. */
export function kaiming_uniform_(
  tensor: Tensor,
  a?: number | KaimingOptions,
  mode?: FanMode | KaimingOptions,
  nonlinearity?: Nonlinearity | KaimingOptions,
  generator?: Generator | null | KaimingOptions,
): Tensor {
  const [std, source] = kaiming('kaiming_uniform_', tensor, [a, mode, nonlinearity, generator]);
  if (std === null) return tensor;
  const bound = Math.sqrt(3) * std;
  return uniform_(tensor, -bound, bound, source);
}

/** N(0, std²) with std = gain / √fan. He et al. 2015. */
export function kaiming_normal_(
  tensor: Tensor,
  a?: number | KaimingOptions,
  mode?: FanMode | KaimingOptions,
  nonlinearity?: Nonlinearity | KaimingOptions,
  generator?: Generator | null | KaimingOptions,
): Tensor {
  const [std, source] = kaiming('kaiming_normal_', tensor, [a, mode, nonlinearity, generator]);
  return std === null ? tensor : normal_(tensor, 0, std, source);
}

/** The standard deviation; null when there is nothing to fill. */
function kaiming(fn: string, tensor: Tensor, args: readonly unknown[]): [number | null, Generator | null] {
  checkTensor(fn, tensor);
  const [a, mode, nonlinearity, generator] = bindArguments(fn, ['a', 'mode', 'nonlinearity', 'generator'], args);
  const source = generatorOf(fn, generator);
  if (tensor.numel() === 0) {
    console.warn('Initializing zero-element tensors is a no-op');
    return [null, source];
  }
  const fan = fanOf(tensor, (mode ?? 'fan_in') as FanMode);
  const gain = calculate_gain((nonlinearity ?? 'leaky_relu') as Nonlinearity, checkNumber(fn, 'a', a ?? 0));
  return [gain / Math.sqrt(fan), source];
}

/** N(0, std²), with a share `sparsity` of each column of a matrix set to 0. Martens 2010. */
export function sparse_(
  tensor: Tensor,
  sparsity: number,
  std: number | NormalOptions = 0.01,
  generator?: Generator | null | NormalOptions,
): Tensor {
  if (checkTensor('sparse_', tensor).ndim !== 2) throw new ShapeError('Only tensors with 2 dimensions are supported');
  const [s, source] = bindArguments('sparse_', ['std', 'generator'], [std, generator]);
  const share = checkNumber('sparse_', 'sparsity', sparsity);
  const [rows, columns] = tensor.shape;
  const zeros = Math.ceil(share * rows);
  return no_grad(() => {
    normal_(tensor, 0, checkNumber('sparse_', 'std', s ?? 0.01), generatorOf('sparse_', source));
    for (let column = 0; column < columns; column++) {
      const chosen = randperm(rows).toArray();
      for (let i = 0; i < zeros; i++) tensor.select(1, column).select(0, chosen[i]).fill_(0);
    }
    return tensor;
  });
}
