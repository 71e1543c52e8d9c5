/** Instance normalization: batch normalization in which every image is a batch of its own. */
import { checkBoolean } from '../arguments.js';
import { no_grad } from '../autograd/grad-mode.js';
import { ShapeError, ValueError } from '../errors.js';
import { numelOf, showShape } from '../shape.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { checkTensor } from './kernel.js';
import { batch_norm } from './normalization.js';

export interface InstanceNormOptions {
  readonly running_mean?: Tensor | null;
  readonly running_var?: Tensor | null;
  readonly weight?: Tensor | null;
  readonly bias?: Tensor | null;
  readonly use_input_stats?: boolean;
  readonly momentum?: number;
  readonly eps?: number;
}

/**
 * Standardizes each channel of each element of `[N, C, …]`: by its own mean and variance, whose means over the batch are mixed
 * into the running ones, or by the running ones.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.instance_norm.html
 * @throws ValueError for one value per channel, or without running statistics where they are used.
 */
export const instance_norm: (
  input: Tensor,
  running_mean?: Tensor | null | InstanceNormOptions,
  running_var?: Tensor | null | InstanceNormOptions,
  weight?: Tensor | null | InstanceNormOptions,
  bias?: Tensor | null | InstanceNormOptions,
  use_input_stats?: boolean | InstanceNormOptions,
  momentum?: number | InstanceNormOptions,
  eps?: number | InstanceNormOptions,
) => Tensor = signature(
  'instance_norm(input, running_mean?, running_var?, weight?, bias?, use_input_stats?, momentum?, eps?)',
  (input, mean, variance, weight, bias, own = true, momentum = 0.1, eps = 1e-5) => {
    const op = 'instance_norm';
    if (checkTensor(op, 'input', input).ndim < 3) {
      throw new ShapeError(`${op}(): expected at least 3D input (got ${input.ndim}D input)`);
    }
    const [n, c, ...spatial] = input.shape;
    if (checkBoolean(op, 'use_input_stats', own)) {
      if (numelOf(spatial) === 1) {
        throw new ValueError(
          `Expected more than 1 spatial element when training, got input size torch.Size(${showShape(input.shape)})`,
        );
      }
    } else if ((mean ?? null) === null || (variance ?? null) === null) {
      throw new ValueError('Expected running_mean and running_var to be defined when use_input_stats is false');
    }
    // each channel of each element of the batch is a channel
    const all = (name: string, t: unknown): Tensor | null =>
      t === undefined || t === null ? null : checkTensor(op, name, t as Tensor).repeat(n);
    const running = [all('running_mean', mean), all('running_var', variance)];
    const y = batch_norm(
      input.reshape([1, n * c, ...spatial]),
      running[0],
      running[1],
      all('weight', weight),
      all('bias', bias),
      own,
      momentum as number,
      eps as number,
    );
    if (own) for (const [i, t] of [mean, variance].entries()) keep(t as Tensor | null, running[i], [n, c]);
    return y.reshape(input.shape);
  },
);

/** The running statistics become the means of those that each element of the batch has left. */
function keep(statistic: Tensor | null | undefined, each: Tensor | null, sizes: number[]): void {
  if (each !== null) no_grad(() => statistic?.copy_(each.view(sizes).mean(0)));
}
