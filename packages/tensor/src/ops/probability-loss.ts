/** Losses of probabilities. https://pytorch.org/docs/stable/nn.functional.html#loss-functions */
import { checkBoolean } from '../arguments.js';
import { ShapeError, ValueError } from '../errors.js';
import { sameShape } from '../shape.js';
import { type Named, signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { where } from './comparison.js';
import { checkTensor, knownElements } from './kernel.js';
import { type LossOptions, type Reduction, readReduction, reduceLoss } from './loss.js';
import { type Arguments, defineLoss, floatingPair, type LossOp, type Reducing } from './loss-op.js';
import { logsigmoid } from './smooth-activation.js';

/** A factor that may be absent. */
const scaled = (x: Tensor, factor: Tensor | null): Tensor => (factor === null ? x : x.mul(factor));

/** A logarithm that is −100 at least, so that a probability of 0 has a finite loss. */
const clampedLog = (x: Tensor): Tensor => x.log().clamp(-100);
const not = (x: Tensor): Tensor => x.neg().add(1);

const bceOp: LossOp<[weight: Tensor | null]> = defineLoss('binary_cross_entropy', {
  each: (x, y, weight) =>
    scaled(
      y
        .sub(1)
        .mul(clampedLog(not(x)))
        .sub(y.mul(clampedLog(x))),
      weight,
    ),
  slopes: [
    (x, y, weight) => scaled(x.sub(y).div(not(x).mul(x).clamp(1e-12)), weight),
    (x, _y, weight) => scaled(clampedLog(not(x)).sub(clampedLog(x)), weight),
  ],
  formula: ['dx = g · weight · (x − y) / (x · (1 − x))', 'dy = g · weight · (ln(1 − x) − ln x)'],
});

export interface BinaryCrossEntropyOptions extends LossOptions {
  readonly weight?: Tensor | null;
}

const optional = (op: string, name: string, value: unknown): Tensor | null =>
  value === undefined || value === null ? null : checkTensor(op, name, value).detach();

const sizeOf = (x: Tensor): string => `torch.Size([${x.shape.join(', ')}])`;

/**
 * −(y · ln x + (1 − y) · ln(1 − x)) for probabilities x, times `weight`; a logarithm counts as −100 at least.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy.html
 * @throws ShapeError when the sizes differ, ValueError for an input outside of [0, 1].
 */
export const binary_cross_entropy: (
  input: Tensor,
  target: Named<'target', Tensor, BinaryCrossEntropyOptions>,
  ...args: Arguments<[weight: Tensor | null, ...Reducing], BinaryCrossEntropyOptions>
) => Tensor = signature(
  'binary_cross_entropy(input, target, weight?, size_average?, reduce?, reduction?)',
  (input, target, weight, average, reduce, how) => {
    const op = 'binary_cross_entropy';
    const [x, y] = floatingPair(op, input, target);
    const reduction = readReduction(op, average, reduce, how);
    if (!sameShape(x.shape, y.shape)) {
      throw new ShapeError(
        `Using a target size (${sizeOf(y)}) that is different to the input size (${sizeOf(x)}) is deprecated. Please ensure ` +
          'they have the same size.',
      );
    }
    if (knownElements(x)?.some((p) => p < 0 || p > 1))
      throw new ValueError('all elements of input should be between 0 and 1');
    return bceOp(x, y, reduction, [optional(op, 'weight', weight)]);
  },
);

/** 1 + (pos_weight − 1) · y. */
const positive = (y: Tensor, weight: Tensor | null): Tensor | null =>
  weight === null ? null : weight.sub(1).mul(y).add(1);

const bceLogitsOp: LossOp<[weight: Tensor | null, posWeight: Tensor | null]> = defineLoss(
  'binary_cross_entropy_with_logits',
  {
    each: (x, y, weight, posWeight) =>
      scaled(
        not(y)
          .mul(x)
          .sub(scaled(logsigmoid(x), positive(y, posWeight))),
        weight,
      ),
    slopes: [
      (x, y, weight, posWeight) => scaled(not(y).sub(scaled(x.neg().sigmoid(), positive(y, posWeight))), weight),
      (x, _y, weight, posWeight) =>
        scaled(posWeight === null ? x.neg() : x.neg().sub(posWeight.sub(1).mul(logsigmoid(x))), weight),
    ],
    formula: [
      'dx = g · weight · (1 − y − p · σ(−x)), p = 1 + (pos_weight − 1) · y',
      'dy = −g · weight · (x + (pos_weight − 1) · ln σ(x))',
    ],
  },
);

export interface BinaryCrossEntropyWithLogitsOptions extends BinaryCrossEntropyOptions {
  /** A factor for the positive targets. */
  readonly pos_weight?: Tensor | null;
}

/**
 * {@link binary_cross_entropy} of σ(input), without overflow.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy_with_logits.html
 * @throws ShapeError when the sizes differ.
 */
export const binary_cross_entropy_with_logits: (
  input: Tensor,
  target: Tensor,
  ...args: Arguments<
    [weight: Tensor | null, ...Reducing, pos_weight: Tensor | null],
    BinaryCrossEntropyWithLogitsOptions
  >
) => Tensor = signature(
  'binary_cross_entropy_with_logits(input, target, weight?, size_average?, reduce?, reduction?, pos_weight?)',
  (input, target, weight, average, reduce, how, positiveWeight) => {
    const op = 'binary_cross_entropy_with_logits';
    const [x, y] = floatingPair(op, input, target);
    const reduction = readReduction(op, average, reduce, how);
    if (!sameShape(x.shape, y.shape)) {
      throw new ShapeError(`Target size (${sizeOf(y)}) must be the same as input size (${sizeOf(x)})`);
    }
    return bceLogitsOp(x, y, reduction, [optional(op, 'weight', weight), optional(op, 'pos_weight', positiveWeight)]);
  },
);

/** `'batchmean'`: the sum divided by the first size. */
export type KlReduction = Reduction | 'batchmean';

export interface KlDivOptions {
  readonly size_average?: boolean | null;
  readonly reduce?: boolean | null;
  readonly reduction?: KlReduction;
  /** Whether the target is a logarithm as the input is. */
  readonly log_target?: boolean;
}

/**
 * The Kullback-Leibler divergence y · (ln y − x) of probabilities y from log-probabilities x.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.kl_div.html
 */
export const kl_div: (
  input: Tensor,
  target: Tensor,
  ...args: Arguments<
    [size_average: boolean | null, reduce: boolean | null, reduction: KlReduction, log_target: boolean],
    KlDivOptions
  >
) => Tensor = signature(
  'kl_div(input, target, size_average?, reduce?, reduction?, log_target?)',
  (input, target, average, reduce, how, log) => {
    const op = 'kl_div';
    const [x, y] = floatingPair(op, input, target);
    const batch = how === 'batchmean' && (average ?? null) === null && (reduce ?? null) === null;
    const reduction = batch ? 'sum' : readReduction(op, average, reduce, how);
    // 0 · ln 0 is 0; its derivative is NaN, as in PyTorch
    const entropy = (t: Tensor): Tensor => where(t.eq(0), 0, t.mul(t.log()));
    const each = checkBoolean(op, 'log_target', log ?? false) ? y.exp().mul(y.sub(x)) : entropy(y).sub(y.mul(x));
    const loss = reduceLoss(each, reduction);
    return batch && x.ndim !== 0 ? loss.div(x.shape[0]) : loss;
  },
);
