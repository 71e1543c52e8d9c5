/** Dropout of whole channels, and the one for SELU networks. https://pytorch.org/docs/stable/nn.functional.html#dropout-functions */
import { checkBoolean, checkNumber } from '../arguments.js';
import { ShapeError, ValueError } from '../errors.js';
import { default_generator } from '../generator.js';
import { type Shape, showShape } from '../shape.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { drawn } from './draw-order.js';
import type { DropoutOptions } from './dropout.js';
import { checkTensor } from './kernel.js';

interface Read {
  readonly p: number;
  readonly training: boolean;
  readonly inplace: boolean;
}

function read(op: string, input: Tensor, args: readonly unknown[], trains: boolean): Read {
  checkTensor(op, 'input', input);
  const [p, training, inplace] = args;
  const probability = checkNumber(op, 'p', p ?? 0.5);
  if (probability < 0 || probability > 1) {
    throw new ValueError(`dropout probability has to be between 0 and 1, but got ${probability}`);
  }
  return {
    p: probability,
    training: checkBoolean(op, 'training', training ?? trains),
    inplace: checkBoolean(op, 'inplace', inplace ?? false),
  };
}

/** 1 with probability `keep`, else 0; drawn as PyTorch draws it. */
function mask(like: Tensor, shape: Shape, keep: number): Tensor {
  return drawn({ kind: 'bernoulli', p: keep, scale: 1 }, default_generator, shape, like.dtype, like.device);
}

/** `lead`: how many leading dimensions number the channels (two, or one without a batch), for a number of dimensions. */
function dropChannels(
  op: string,
  input: Tensor,
  args: readonly unknown[],
  lead: (rank: number, shape: Shape) => number,
): Tensor {
  const { p, training, inplace } = read(op, input, args, true);
  const channels = lead(input.ndim, input.shape);
  if (!training || p === 0 || input.numel() === 0) return input;
  const shape = input.shape.map((size, d) => (d < channels ? size : 1));
  const by = p === 1 ? 0 : mask(input, shape, 1 - p).div(1 - p);
  return inplace ? input.mul_(by) : input.mul(by);
}

function leadOf1d(rank: number, shape: Shape): number {
  if (rank === 2 || rank === 3) return rank - 1;
  throw new ShapeError(`dropout1d(): Expected 2D or 3D input, but received ${showShape(shape)}`);
}

/** As in PyTorch, whose warning says that `[N, C, L]` is read as dropout1d would. */
function leadOf2d(rank: number): number {
  if (rank >= 2) return 2;
  throw new ShapeError('Feature dropout requires at least 2 dimensions in the input');
}

/**
 * Whole channels of `[N, C, L]` or `[C, L]` become 0.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout1d.html
 */
export const dropout1d: (
  input: Tensor,
  p?: number | DropoutOptions,
  training?: boolean | DropoutOptions,
  inplace?: boolean | DropoutOptions,
) => Tensor = signature('dropout1d(input, p?, training?, inplace?)', (input, p, training, inplace) =>
  dropChannels('dropout1d', input, [p, training, inplace], leadOf1d),
);

/** Whole channels of `[N, C, H, W]` become 0. https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout2d.html */
export const dropout2d: (
  input: Tensor,
  p?: number | DropoutOptions,
  training?: boolean | DropoutOptions,
  inplace?: boolean | DropoutOptions,
) => Tensor = signature('dropout2d(input, p?, training?, inplace?)', (input, p, training, inplace) =>
  dropChannels('dropout2d', input, [p, training, inplace], leadOf2d),
);

/** Whole channels of `[N, C, D, H, W]` become 0. https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout3d.html */
export const dropout3d: (
  input: Tensor,
  p?: number | DropoutOptions,
  training?: boolean | DropoutOptions,
  inplace?: boolean | DropoutOptions,
) => Tensor = signature('dropout3d(input, p?, training?, inplace?)', (input, p, training, inplace) =>
  dropChannels('dropout3d', input, [p, training, inplace], (rank) => (rank === 5 ? 2 : 1)),
);

/** −scale · alpha of SELU: what it tends to. */
const SATURATION = 1.7580993408473766;

/**
 * Dropout that keeps mean and variance of normalized inputs: what is dropped becomes SELU's least value, and everything is
 * scaled and shifted. https://pytorch.org/docs/stable/generated/torch.nn.functional.alpha_dropout.html
 */
export const alpha_dropout: (
  input: Tensor,
  p?: number | DropoutOptions,
  training?: boolean | DropoutOptions,
  inplace?: boolean | DropoutOptions,
) => Tensor = signature('alpha_dropout(input, p?, training?, inplace?)', (input, p, training, inplace) => {
  const { p: rate, training: train, inplace: write } = read('alpha_dropout', input, [p, training, inplace], false);
  if (!train || rate === 0 || input.numel() === 0) return input;
  if (rate === 1) return write ? input.mul_(0) : input.mul(0);
  const a = 1 / Math.sqrt((SATURATION * SATURATION * rate + 1) * (1 - rate));
  const noise = mask(input, input.shape, 1 - rate);
  const shift = noise
    .sub(1)
    .mul(SATURATION * a)
    .add(SATURATION * a * rate);
  return write ? input.mul_(noise.mul(a)).add_(shift) : input.mul(noise.mul(a)).add(shift);
});
