/** Convolution along one dimension: that of images one row high. https://pytorch.org/docs/stable/nn.functional.html#convolution-functions */

import { checkInteger, shown } from '../arguments.js';
import { composed } from '../autograd/op.js';
import { ShapeError, ValueError } from '../errors.js';
import { showShape } from '../shape.js';
import { type Named, signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { conv2d } from './conv.js';
import { checkTensor } from './kernel.js';

/** A number, or an array of one. */
export type Single = number | readonly number[];
export type Padding1d = Single | 'same' | 'valid';

/** @throws ValueError in PyTorch's words for anything but one integer. */
export function singleOf(op: string, name: string, value: unknown): number {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.length !== 1 || !Number.isInteger(list[0])) {
    throw new ValueError(
      `${op}(): expected ${name} to be a single integer value or a list of 1 values to match the spatial dimensions, but got ` +
        `${name}=${shown(value)}`,
    );
  }
  return list[0] as number;
}

export interface Conv1dOptions {
  readonly bias?: Tensor | null;
  readonly stride?: Single;
  /** Zeros on each side, `'valid'` (none), or `'same'` (the output is as long as the input; stride 1 only). */
  readonly padding?: Padding1d;
  readonly dilation?: Single;
  readonly groups?: number;
}

/**
 * 1-D cross-correlation: input `[N, C, L]` or `[C, L]`, weight `[O, C / groups, k]`, bias `[O]`.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.conv1d.html
 * @throws ShapeError, DTypeError, ValueError in PyTorch's words.
 */
export const conv1d: (
  input: Tensor,
  weight: Named<'weight', Tensor, Conv1dOptions>,
  bias?: Tensor | null | Conv1dOptions,
  stride?: Single | Conv1dOptions,
  padding?: Padding1d | Conv1dOptions,
  dilation?: Single | Conv1dOptions,
  groups?: number | Conv1dOptions,
) => Tensor = signature(
  'conv1d(input, weight, bias?, stride?, padding?, dilation?, groups?)',
  (input, weight, b, s, p, d, n) => {
    const op = 'conv1d';
    checkTensor(op, 'input', input);
    checkTensor(op, 'weight', weight);
    if (input.ndim !== 2 && input.ndim !== 3) {
      throw new ShapeError(
        `Expected 2D (unbatched) or 3D (batched) input to conv1d, but got input of size: ${showShape(input.shape)}`,
      );
    }
    if (weight.ndim !== 3) {
      throw new ShapeError(
        `${op}(): expected 3-dimensional weight [out, in / groups, k], but got weight of size ${showShape(weight.shape)}`,
      );
    }
    const x = input.ndim === 2 ? input.unsqueeze(0) : input;
    const along = singleOf(op, 'dilation', d ?? 1);
    const sides = typeof p === 'string' ? p : singleOf(op, 'padding', p ?? 0);
    checkLength(x, weight, sides, along);
    const planes = conv2d(
      x.unsqueeze(2),
      weight.unsqueeze(2),
      (b ?? null) as Tensor | null,
      [1, singleOf(op, 'stride', s ?? 1)],
      typeof sides === 'string' ? (sides as 'same' | 'valid') : [0, sides],
      [1, along],
      checkInteger(op, 'groups', n ?? 1),
    );
    const y = composed('ConvolutionBackward0', planes.squeeze(2));
    return input.ndim === 2 ? composed('SqueezeBackward1', y.squeeze(0)) : y;
  },
);

function checkLength(x: Tensor, weight: Tensor, padding: number | string, dilation: number): void {
  const kernel = dilation * (weight.shape[2] - 1) + 1;
  const padded = x.shape[2] + (typeof padding === 'number' ? 2 * padding : padding === 'same' ? kernel - 1 : 0);
  if (padded >= kernel || dilation <= 0 || (typeof padding === 'number' && padding < 0)) return;
  throw new ShapeError(
    `Calculated padded input size per channel: (${padded}). Kernel size: (${kernel}). Kernel size can't be greater than ` +
      'actual input size',
  );
}
