/** Cross entropy. https://pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html */
import { checkNumber } from '../arguments.js';
import { isFloating } from '../dtype.js';
import { ShapeError, ValueError } from '../errors.js';
import { sameShape } from '../shape.js';
import { type Named, signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { checkTensor } from './kernel.js';
import { type Reduction, readReduction } from './loss.js';
import { checkWeight, type NllLossOptions, nllOf, readTargets, type Targets, totalWeight } from './nll-loss.js';

export interface CrossEntropyOptions extends NllLossOptions {
  /** In [0, 1]: how much of the target is spread over all classes. */
  readonly label_smoothing?: number;
}

/**
 * Cross entropy of logits `[N, C, …]` or `[C]` with classes (int64 `[N, …]`) or probabilities (the input's shape).
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
 */
export const cross_entropy: (
  input: Tensor,
  target: Named<'target', Tensor, CrossEntropyOptions>,
  weight?: Tensor | null | CrossEntropyOptions,
  size_average?: boolean | null | CrossEntropyOptions,
  ignore_index?: number | CrossEntropyOptions,
  reduce?: boolean | null | CrossEntropyOptions,
  reduction?: Reduction | CrossEntropyOptions,
  label_smoothing?: number | CrossEntropyOptions,
) => Tensor = signature(
  'cross_entropy(input, target, weight?, size_average?, ignore_index?, reduce?, reduction?, label_smoothing?)',
  (input, target, w, average, ignore, red, how, smooth) => {
    const op = 'cross_entropy';
    checkTensor(op, 'input', input);
    checkTensor(op, 'target', target);
    const mode = readReduction(op, average, red, how);
    const smoothing = checkNumber(op, 'label_smoothing', smooth ?? 0);
    if (smoothing < 0 || smoothing > 1)
      throw new ValueError(`${op}(): label_smoothing must be between 0.0 and 1.0. Got: ${smoothing}`);
    if (input.ndim === 0) throw new ShapeError(`${op}(): input tensor should be 1D or more, got a 0-dim tensor`);
    const classWeight = (w ?? null) as Tensor | null;
    const logs = input.log_softmax(input.ndim === 1 ? 0 : 1);
    if (sameShape(input.shape, target.shape) && isFloating(target.dtype)) {
      if (ignore !== undefined && ignore >= 0)
        throw new ValueError(`${op}(): ignore_index is not supported for floating point target`);
      return withProbabilities(logs, target, classWeight, mode, smoothing);
    }
    const targets = readTargets(op, logs, target, classWeight, ignore);
    const plain = nllOf(logs, targets, mode);
    return smoothing === 0 ? plain : plain.mul(1 - smoothing).add(smoothLoss(logs, targets, mode).mul(smoothing));
  },
);

/** Along the class dimension, a weight for each class. */
const alongClasses = (weight: Tensor, logs: Tensor): Tensor =>
  weight.reshape(logs.shape.map((_, d) => (d === (logs.ndim === 1 ? 0 : 1) ? -1 : 1)));

/** Mean over classes of the loss each class would give: what smoothing mixes in. */
function smoothLoss(logs: Tensor, targets: Targets, mode: Reduction): Tensor {
  const { target, weight, ignore_index, dim } = targets;
  const each = (weight === null ? logs : logs.mul(alongClasses(weight, logs)))
    .sum(dim)
    .neg()
    .masked_fill(target.to('int64').eq(ignore_index), 0);
  const scaled = each.div(logs.shape[dim]);
  if (mode === 'none') return scaled;
  return mode === 'sum' ? scaled.sum() : scaled.sum().div(totalWeight(targets, logs.dtype));
}

function withProbabilities(
  logs: Tensor,
  target: Tensor,
  weight: Tensor | null,
  mode: Reduction,
  smoothing: number,
): Tensor {
  const dim = logs.ndim === 1 ? 0 : 1;
  const classes = logs.shape[dim];
  checkWeight('cross_entropy', logs, weight, classes);
  const goal = smoothing === 0 ? target : target.mul(1 - smoothing).add(smoothing / classes);
  const weighted = weight === null ? logs : logs.mul(alongClasses(weight, logs));
  const each = weighted.mul(goal).sum(dim).neg();
  if (mode === 'none') return each;
  // the mean is over targets, and a batch of images has several each
  return mode === 'sum' ? each.sum() : each.sum().div(logs.numel() / classes);
}
