/** Normalization. https://pytorch.org/docs/stable/nn.functional.html#normalization-functions */
import { checkBoolean, checkInteger, checkNumber } from '../arguments.js';
import { cName, isFloating } from '../dtype.js';
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { numelOf, type Shape, sameShape, showShape } from '../shape.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { checkSameDevice, checkTensor } from './kernel.js';
import { type Plan, standardize, standardizeBy } from './standardize.js';

/** A tensor argument that may be null. */
const optional = (op: string, name: string, value: unknown): Tensor | null =>
  value === undefined || value === null ? null : checkTensor(op, name, value);

export function checkFloatingNorm(op: string, input: Tensor, ...others: (Tensor | null)[]): void {
  if (!isFloating(checkTensor(op, 'input', input).dtype)) {
    throw new DTypeError(`${op}(): not implemented for '${cName(input.dtype)}', expected a floating point input`);
  }
  checkSameDevice(op, input, ...others);
  for (const t of others) {
    if (t !== null && t.dtype !== input.dtype) {
      throw new DTypeError(`${op}(): expected scalar type ${cName(input.dtype)} but found ${cName(t.dtype)}`);
    }
  }
}

/** @throws ShapeError when a tensor does not have one element for each channel. */
function checkChannels(op: string, name: string, t: Tensor | null, channels: number): void {
  if (t === null || (t.ndim === 1 && t.shape[0] === channels)) return;
  throw new ShapeError(`${op}(): ${name} should contain ${channels} elements not ${t.numel()}`);
}

/** `[1, C, 1, …]`. */
const besideChannels = (x: Shape): number[] => x.map((size, d) => (d === 1 ? size : 1));

export interface BatchNormOptions {
  readonly running_mean?: Tensor | null;
  readonly running_var?: Tensor | null;
  readonly weight?: Tensor | null;
  readonly bias?: Tensor | null;
  readonly training?: boolean;
  readonly momentum?: number;
  readonly eps?: number;
}

const BATCH_TENSORS = ['running_mean', 'running_var', 'weight', 'bias'];

/**
 * Standardizes each channel of `[N, C, …]` over all others: in training by its own mean and (biased) variance, which are
 * mixed into the running ones (the variance unbiased) with weight `momentum`; otherwise by the running ones.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.batch_norm.html
 * @throws ValueError for one value per channel in training; ShapeError for tensors that do not have C elements.
 */
export const batch_norm: (
  input: Tensor,
  running_mean: Tensor | null | BatchNormOptions,
  running_var?: Tensor | null | BatchNormOptions,
  weight?: Tensor | null | BatchNormOptions,
  bias?: Tensor | null | BatchNormOptions,
  training?: boolean | BatchNormOptions,
  momentum?: number | BatchNormOptions,
  eps?: number | BatchNormOptions,
) => Tensor = signature(
  'batch_norm(input, running_mean, running_var, weight?, bias?, training?, momentum?, eps?)',
  (input, running_mean, running_var, weight, bias, training = false, momentum = 0.1, eps = 1e-5) => {
    const op = 'batch_norm';
    const given = [running_mean, running_var, weight, bias];
    const [mean, variance, w, b] = given.map((t, i) => optional(op, BATCH_TENSORS[i], t));
    checkFloatingNorm(op, input, mean, variance, w, b);
    if (input.ndim < 2) throw new ShapeError(`${op}(): expected at least 2D input (got ${input.ndim}D input)`);
    const train = checkBoolean(op, 'training', training);
    const rate = checkNumber(op, 'momentum', momentum);
    const plan: Plan = {
      groups: input.shape,
      dims: input.shape.map((_, d) => d).filter((d) => d !== 1),
      affine: besideChannels(input.shape),
      parameters: [input.shape[1]],
      eps: checkNumber(op, 'eps', eps),
      gradName: 'NativeBatchNormBackward0',
    };
    for (const [i, t] of [mean, variance, w, b].entries()) checkChannels(op, BATCH_TENSORS[i], t, input.shape[1]);
    if (!train) {
      if (mean === null || variance === null) {
        throw new ValueError(`${op}(): Expected running_mean and running_var to be defined when training=False`);
      }
      return standardizeBy(input, w, b, mean, variance, plan);
    }
    const count = input.numel() / input.shape[1];
    if (count === 1) {
      throw new ValueError(
        `Expected more than 1 value per channel when training, got input size torch.Size(${showShape(input.shape)})`,
      );
    }
    const y = standardize(input, w, b, plan);
    updateRunning(input, mean, variance, rate, plan);
    return y;
  },
);

/** running ← (1 − rate) · running + rate · statistic, in no graph. */
function updateRunning(x: Tensor, mean: Tensor | null, variance: Tensor | null, rate: number, plan: Plan): void {
  if (mean === null && variance === null) return;
  const values = x.detach();
  const center = values.mean(plan.dims, true);
  const n = numelOf(plan.dims.map((d) => x.shape[d]));
  mean
    ?.detach()
    .mul_(1 - rate)
    .add_(center.reshape(-1), { alpha: rate });
  if (variance === null) return;
  const unbiased = values
    .sub(center)
    .pow(2)
    .sum(plan.dims)
    .div(n - 1);
  variance
    .detach()
    .mul_(1 - rate)
    .add_(unbiased, { alpha: rate });
}

export interface LayerNormOptions {
  readonly normalized_shape?: readonly number[];
  readonly weight?: Tensor | null;
  readonly bias?: Tensor | null;
  readonly eps?: number | null;
}

/** The sizes of the last dimensions. @throws ShapeError in PyTorch's words where they differ from the input's. */
export function readNormalizedShape(
  op: string,
  input: Tensor,
  value: unknown,
  weight: Tensor | null,
  bias: Tensor | null,
): number[] {
  if (!Array.isArray(value)) {
    throw new ValueError(`${op}(): argument 'normalized_shape' must be tuple of ints, got ${String(value)}`);
  }
  const shape = value.map((s) => checkInteger(op, 'normalized_shape', s, 0));
  if (shape.length === 0) {
    throw new ShapeError(
      `${op}(): Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got ` +
        'normalized_shape = []',
    );
  }
  for (const [name, t] of [
    ['weight', weight],
    ['bias', bias],
  ] as const) {
    if (t !== null && !sameShape(t.shape, shape)) {
      throw new ShapeError(
        `${op}(): Expected ${name} to be of same shape as normalized_shape, but got ${name} of shape ${showShape(t.shape)} ` +
          `and normalized_shape = ${showShape(shape)}`,
      );
    }
  }
  if (!sameShape(input.shape.slice(-shape.length), shape)) {
    throw new ShapeError(
      `${op}(): Given normalized_shape=${showShape(shape)}, expected input with shape [*, ${shape.join(', ')}], but got ` +
        `input of size${showShape(input.shape)}`,
    );
  }
  return shape;
}

export const lastDims = (x: Tensor, n: number): number[] => Array.from({ length: n }, (_, i) => x.ndim - n + i);

/**
 * Standardizes over the last dimensions, whose sizes are `normalized_shape`.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.layer_norm.html
 * @throws ShapeError when the sizes do not fit.
 */
export const layer_norm: (
  input: Tensor,
  normalized_shape: readonly number[] | LayerNormOptions,
  weight?: Tensor | null | LayerNormOptions,
  bias?: Tensor | null | LayerNormOptions,
  eps?: number | LayerNormOptions,
) => Tensor = signature(
  'layer_norm(input, normalized_shape, weight?, bias?, eps?)',
  (input, size, weight, bias, eps = 1e-5) => {
    const op = 'layer_norm';
    const [w, b] = [optional(op, 'weight', weight), optional(op, 'bias', bias)];
    checkFloatingNorm(op, input, w, b);
    const shape = readNormalizedShape(op, input, size, w, b);
    return standardize(input, w, b, {
      groups: input.shape,
      dims: lastDims(input, shape.length),
      affine: shape,
      parameters: shape,
      eps: checkNumber(op, 'eps', eps),
      gradName: 'NativeLayerNormBackward0',
    });
  },
);

export interface GroupNormOptions {
  readonly num_groups?: number;
  readonly weight?: Tensor | null;
  readonly bias?: Tensor | null;
  readonly eps?: number;
}

/**
 * Standardizes each of `num_groups` groups of channels of `[N, C, …]`.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.group_norm.html
 * @throws ShapeError when the groups do not divide C.
 */
export const group_norm: (
  input: Tensor,
  num_groups: number | GroupNormOptions,
  weight?: Tensor | null | GroupNormOptions,
  bias?: Tensor | null | GroupNormOptions,
  eps?: number | GroupNormOptions,
) => Tensor = signature(
  'group_norm(input, num_groups, weight?, bias?, eps?)',
  (input, num_groups, weight, bias, eps = 1e-5) => {
    const op = 'group_norm';
    const [w, b] = [optional(op, 'weight', weight), optional(op, 'bias', bias)];
    checkFloatingNorm(op, input, w, b);
    if (input.ndim < 2)
      throw new ShapeError(`Expected at least 2 dimensions for input tensor but received ${input.ndim}`);
    const groups = checkInteger(op, 'num_groups', num_groups, 1);
    const channels = input.shape[1];
    if (channels % groups !== 0) {
      throw new ShapeError(
        `Expected number of channels in input to be divisible by num_groups, but got input of shape ${showShape(input.shape)} ` +
          `and num_groups=${groups}`,
      );
    }
    checkChannels(op, 'weight', w, channels);
    checkChannels(op, 'bias', b, channels);
    const n = input.shape[0];
    const sizes = [Math.floor((n * channels) / groups), groups, ...input.shape.slice(2)];
    if (numelOf(sizes) === groups) {
      throw new ValueError(`Expected more than 1 value per channel when training, got input size ${showShape(sizes)}`);
    }
    return standardize(input, w, b, {
      groups: [n, groups, n === 0 ? numelOf(input.shape.slice(1)) / groups : input.numel() / (n * groups)],
      dims: [2],
      affine: besideChannels(input.shape),
      parameters: [input.shape[1]],
      eps: checkNumber(op, 'eps', eps),
      gradName: 'NativeGroupNormBackward0',
    });
  },
);
