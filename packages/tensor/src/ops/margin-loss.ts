/** Losses with a margin. https://pytorch.org/docs/stable/nn.functional.html#loss-functions */
import { checkBoolean, checkNumber } from '../arguments.js';
import { ShapeError, ValueError } from '../errors.js';
import { sameShape, showShape } from '../shape.js';
import { type Named, signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { minimum, where } from './comparison.js';
import { checkTensor } from './kernel.js';
import { type LossOptions, readReduction, reduceLoss } from './loss.js';
import { type Arguments, defineLoss, floatingPair, type LossOp, type Reducing } from './loss-op.js';
import { pairwise_distance } from './similarity.js';

export interface MarginOptions extends LossOptions {
  readonly margin?: number;
}

/**
 * 1 − cos for targets 1, max(0, cos − margin) for targets −1: inputs `[N, D]` and target `[N]`, or `[D]` and `[]`.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.cosine_embedding_loss.html
 * @throws ShapeError for other shapes.
 */
export const cosine_embedding_loss: (
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  ...args: Arguments<[margin: number, ...Reducing], MarginOptions>
) => Tensor = signature(
  'cosine_embedding_loss(input1, input2, target, margin?, size_average?, reduce?, reduction?)',
  (input1, input2, target, distance = 0, average, reduce, how) => {
    const op = 'cosine_embedding_loss';
    const [a, b] = floatingPair(op, input1, input2);
    const reduction = readReduction(op, average, reduce, how);
    const margin = checkNumber(op, 'margin', distance);
    const rank = checkTensor(op, 'target', target).ndim;
    if (rank > 1 || a.ndim !== rank + 1 || b.ndim !== rank + 1) {
      const [targets, inputs] = rank === 0 ? ['0D', '1D'] : ['1D', '2D'];
      throw new ShapeError(
        rank > 1
          ? `${op}(): 0D or 1D target tensor expected, multi-target not supported`
          : `${targets} target tensor expects ${inputs} input tensors, but found inputs with sizes ${showShape(a.shape)} and ${showShape(b.shape)}.`,
      );
    }
    const square = (x: Tensor): Tensor => x.mul(x).sum(-1).add(1e-12);
    const cosine = a
      .mul(b)
      .sum(-1)
      .div(square(a).mul(square(b)).sqrt());
    const alike = where(target.eq(1), cosine.neg().add(1), 0);
    return reduceLoss(alike.add(where(target.eq(-1), cosine.sub(margin).clamp(0), 0)), reduction);
  },
);

export interface TripletMarginOptions extends MarginOptions {
  readonly p?: number;
  readonly eps?: number;
  /** Uses the distance of positive and negative where it is the smaller one. */
  readonly swap?: boolean;
}

/**
 * max(0, margin + d(anchor, positive) − d(anchor, negative)) with d the p-norm of the difference.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.triplet_margin_loss.html
 */
export const triplet_margin_loss: (
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  ...args: Arguments<[margin: number, p: number, eps: number, swap: boolean, ...Reducing], TripletMarginOptions>
) => Tensor = signature(
  'triplet_margin_loss(anchor, positive, negative, margin?, p?, eps?, swap?, size_average?, reduce?, reduction?)',
  (anchor, positive, negative, distance = 1, power = 2, least = 1e-6, swap = false, average, reduce, how) => {
    const op = 'triplet_margin_loss';
    checkTensor(op, 'anchor', anchor);
    checkTensor(op, 'positive', positive);
    checkTensor(op, 'negative', negative);
    const reduction = readReduction(op, average, reduce, how);
    const margin = checkNumber(op, 'margin', distance);
    const p = checkNumber(op, 'p', power);
    const eps = checkNumber(op, 'eps', least);
    if (anchor.ndim !== positive.ndim || anchor.ndim !== negative.ndim) {
      throw new ShapeError(
        'The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: anchor ' +
          `${anchor.ndim}D, positive ${positive.ndim}D, and negative ${negative.ndim}D inputs`,
      );
    }
    const near = pairwise_distance(anchor, positive, p, eps);
    let far = pairwise_distance(anchor, negative, p, eps);
    if (checkBoolean(op, 'swap', swap)) far = minimum(far, pairwise_distance(positive, negative, p, eps));
    return reduceLoss(near.sub(far).add(margin).clamp(0), reduction);
  },
);

/**
 * max(0, −y · (x1 − x2) + margin) for y = ±1.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.margin_ranking_loss.html
 */
export const margin_ranking_loss: (
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  ...args: Arguments<[margin: number, ...Reducing], MarginOptions>
) => Tensor = signature(
  'margin_ranking_loss(input1, input2, target, margin?, size_average?, reduce?, reduction?)',
  (input1, input2, target, distance = 0, average, reduce, how) => {
    const op = 'margin_ranking_loss';
    const [a, b] = floatingPair(op, input1, input2);
    const reduction = readReduction(op, average, reduce, how);
    const margin = checkNumber(op, 'margin', distance);
    if (a.ndim !== b.ndim || a.ndim !== checkTensor(op, 'target', target).ndim) {
      throw new ShapeError(
        `margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: ${sizeOf(a)}, input2: ` +
          `${sizeOf(b)}, target: ${sizeOf(target)} `,
      );
    }
    return reduceLoss(target.neg().mul(a.sub(b)).add(margin).clamp(0), reduction);
  },
);

const sizeOf = (x: Tensor): string => `torch.Size([${x.shape.join(', ')}])`;

/**
 * x for targets 1, max(0, margin − x) for targets −1.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.hinge_embedding_loss.html
 */
export const hinge_embedding_loss: (
  input: Tensor,
  target: Named<'target', Tensor, MarginOptions>,
  ...args: Arguments<[margin: number, ...Reducing], MarginOptions>
) => Tensor = signature(
  'hinge_embedding_loss(input, target, margin?, size_average?, reduce?, reduction?)',
  (input, target, distance = 1, average, reduce, how) => {
    const op = 'hinge_embedding_loss';
    const [x] = floatingPair(op, input, target);
    const reduction = readReduction(op, average, reduce, how);
    const far = x
      .neg()
      .add(checkNumber(op, 'margin', distance))
      .clamp(0);
    return reduceLoss(where(target.eq(1), 0, far).add(where(target.eq(-1), 0, x)), reduction);
  },
);

const softMarginOp: LossOp<[]> = defineLoss('soft_margin_loss', {
  each: (x, y) => y.neg().mul(x).exp().add(1).log(),
  slopes: [(x, y) => y.neg().mul(y.neg().mul(x).sigmoid()), (x, y) => x.neg().mul(y.neg().mul(x).sigmoid())],
  formula: ['dx = −g · y · σ(−x · y)', 'dy = −g · x · σ(−x · y)'],
});

/** ln(1 + e^(−x · y)) for y = ±1. https://pytorch.org/docs/stable/generated/torch.nn.functional.soft_margin_loss.html */
export const soft_margin_loss: (
  input: Tensor,
  target: Named<'target', Tensor, LossOptions>,
  ...args: Arguments<Reducing, LossOptions>
) => Tensor = signature(
  'soft_margin_loss(input, target, size_average?, reduce?, reduction?)',
  (input, target, average, reduce, how) => {
    const [x, y] = floatingPair('soft_margin_loss', input, target);
    return softMarginOp(x, y, readReduction('soft_margin_loss', average, reduce, how), []);
  },
);

export interface MultiMarginOptions extends MarginOptions {
  /** 1 or 2. */
  readonly p?: 1 | 2;
  /** A factor for each class. */
  readonly weight?: Tensor | null;
}

/**
 * Σ over the other classes j of max(0, margin − x[y] + x[j])ᵖ / C: input `[N, C]` or `[C]`, target (int64) `[N]` or `[]`.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.multi_margin_loss.html
 * @throws ValueError for p other than 1 and 2, ShapeError for targets that do not fit.
 */
export const multi_margin_loss: (
  input: Tensor,
  target: Named<'target', Tensor, MultiMarginOptions>,
  ...args: Arguments<[p: 1 | 2, margin: number, weight: Tensor | null, ...Reducing], MultiMarginOptions>
) => Tensor = signature(
  'multi_margin_loss(input, target, p?, margin?, weight?, size_average?, reduce?, reduction?)',
  (input, target, p = 1, distance = 1, weight = null, average, reduce, how) => {
    const op = 'multi_margin_loss';
    checkTensor(op, 'input', input);
    checkTensor(op, 'target', target);
    const reduction = readReduction(op, average, reduce, how);
    if (p !== 1 && p !== 2) throw new ValueError(`${op}(): only p == 1 and p == 2 supported, got ${String(p)}`);
    const margin = checkNumber(op, 'margin', distance);
    if (input.ndim < 1 || input.ndim > 2 || !sameShape(input.shape.slice(0, -1), target.shape)) {
      throw new ShapeError(
        `${op}(): inconsistent target size, got: ${showShape(target.shape)} for input ${showShape(input.shape)}`,
      );
    }
    const x = input.ndim === 1 ? input.unsqueeze(0) : input;
    const index = target.reshape(-1, 1);
    const gap = x.sub(x.gather(1, index)).add(margin);
    const own = x.detach().new_zeros(x.shape).scatter_add(1, index, x.detach().new_ones(index.shape)).ne(0);
    const counted = where(gap.gt(0).mul(own.logical_not()), gap, 0);
    let each = p === 1 ? counted : counted.mul(counted);
    if (weight !== null) each = each.mul(weight.index_select(0, index.reshape(-1)).unsqueeze(1));
    const loss = each.sum(1).div(x.shape[1]);
    return reduceLoss(input.ndim === 1 ? loss.squeeze(0) : loss, reduction);
  },
);
