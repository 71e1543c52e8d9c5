/** Losses. https://pytorch.org/docs/stable/nn.functional.html#loss-functions */
import { checkBoolean, checkNumber } from '../arguments.js';
import { gradMode } from '../autograd/grad-mode.js';
import { defineOp, type Op } from '../autograd/op.js';
import { cName, isFloating, promote_types } from '../dtype.js';
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { broadcastShapes, numelOf, sameShape, showShape } from '../shape.js';
import { type Named, signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { binary, checkSameDevice, checkTensor, elementwise, knownElements } from './kernel.js';

export type Reduction = 'mean' | 'sum' | 'none';

/** Options that all losses share; `size_average` and `reduce` are PyTorch's old spelling of `reduction`. */
export interface LossOptions {
  readonly size_average?: boolean | null;
  readonly reduce?: boolean | null;
  readonly reduction?: Reduction;
}

/** @throws ValueError for an unknown reduction. */
export function readReduction(op: string, sizeAverage: unknown, reduce: unknown, reduction: unknown): Reduction {
  const given = (x: unknown): boolean => x !== undefined && x !== null;
  if (given(sizeAverage) || given(reduce)) {
    if (!checkBoolean(op, 'reduce', reduce ?? true)) return 'none';
    return checkBoolean(op, 'size_average', sizeAverage ?? true) ? 'mean' : 'sum';
  }
  const r = reduction ?? 'mean';
  if (r !== 'mean' && r !== 'sum' && r !== 'none')
    throw new ValueError(`${op}(): ${String(r)} is not a valid value for reduction`);
  return r;
}

export function reduceLoss(loss: Tensor, reduction: Reduction): Tensor {
  return reduction === 'none' ? loss : reduction === 'sum' ? loss.sum() : loss.mean();
}

const mseOp: Op<[input: Tensor, target: Tensor, reduction: Reduction], Tensor> = defineOp<
  [Tensor, Tensor, Reduction],
  Tensor,
  Reduction
>('mse_loss', {
  forward(ctx, x, y, reduction) {
    ctx.state = reduction;
    ctx.save_for_backward(x, y);
    return reduceLoss(binary('mse_loss', 'squared_difference', x, y), reduction);
  },
  backward(ctx, g) {
    const [x, y] = ctx.saved_tensors;
    const n = numelOf(broadcastShapes('mse_loss', x.shape, y.shape));
    // of no elements there is no gradient, whatever the factor; an infinite one would spoil the second derivative
    const factor = g.mul(ctx.state === 'mean' && n > 0 ? 2 / n : 2);
    const dx = gradMode.enabled
      ? x.sub(y).mul(factor)
      : elementwise('mse_loss', 'scaled_difference', [x, y, factor], x.dtype);
    return [dx, ctx.needs_input_grad[1] ? dx.neg() : null];
  },
  formula: ['dx = 2 · g · (x − y) (/ n for the mean)', 'dy = −2 · g · (x − y) (/ n for the mean)'],
});

/**
 * (x − y)², then its mean, sum or neither. https://pytorch.org/docs/stable/generated/torch.nn.functional.mse_loss.html
 */
export const mse_loss: (
  input: Tensor,
  target: Named<'target', Tensor, LossOptions>,
  size_average?: boolean | null | LossOptions,
  reduce?: boolean | null | LossOptions,
  reduction?: Reduction | LossOptions,
) => Tensor = signature(
  'mse_loss(input, target, size_average?, reduce?, reduction?)',
  (input, target, average, red, how) => {
    checkTensor('mse_loss', 'input', input);
    checkTensor('mse_loss', 'target', target);
    const mode = readReduction('mse_loss', average, red, how);
    const dtype = promote_types(input.dtype, target.dtype);
    if (!isFloating(dtype)) throw new DTypeError(`mse_loss(): "mse_cpu" not implemented for '${cName(dtype)}'`);
    return mseOp(input.to(dtype), target.to(dtype), mode);
  },
);

export interface NllLossOptions extends LossOptions {
  readonly weight?: Tensor | null;
  readonly ignore_index?: number;
}

interface NllState {
  /** The input's dimensions. */
  readonly rank: number;
  readonly dim: number;
  readonly reduction: Reduction;
}

/** What a mean is divided by. */
const weightOf = (index: Tensor, factor: Tensor | null): Tensor | number =>
  factor === null ? index.numel() : factor.sum();

/** `each` times the factors; what is ignored is 0, also where it was infinite or all factors add up to 0. */
const weighted = (each: Tensor, factor: Tensor | null): Tensor =>
  factor === null ? each : factor.mul(each).masked_fill(factor.eq(0), 0);

/** `index` [N, 1, …] and `factor` [N, 1, …] hold each target's class and weight (0 where it is ignored); null: all of them 1. */
const nllOp: Op<[input: Tensor, index: Tensor, factor: Tensor | null, state: NllState], Tensor> = defineOp<
  [Tensor, Tensor, Tensor | null, NllState],
  Tensor,
  NllState
>('nll_loss', {
  forward(ctx, x, index, factor, state) {
    ctx.state = state;
    ctx.save_for_backward(x, index);
    if (factor !== null) ctx.save_for_backward(factor);
    const each = weighted(x.gather(state.dim, index).neg(), factor);
    if (state.reduction === 'none') return each.squeeze(state.dim);
    return state.reduction === 'sum' ? each.sum() : each.sum().div(weightOf(index, factor));
  },
  backward(ctx, g) {
    const [x, index, factor = null] = ctx.saved_tensors;
    const { dim, reduction } = ctx.state;
    const scale = reduction === 'none' ? g.unsqueeze(dim) : reduction === 'sum' ? g : g.div(weightOf(index, factor));
    const each = weighted(scale.neg(), factor).expand(index.shape);
    return [x.new_zeros(x.shape).scatter_add(dim, index, each)];
  },
  formula: ['dx[target] = −g · weight (/ Σ weights for the mean)'],
  grad_name: (ctx) => (ctx.state.rank > 2 ? 'NllLoss2DBackward0' : 'NllLossBackward0'),
});

/**
 * Negative log likelihood: input (log-probabilities) `[N, C, …]` or `[C]`, target (int64 classes) `[N, …]` or `[]`.
 * Targets equal to `ignore_index` do not count. https://pytorch.org/docs/stable/generated/torch.nn.functional.nll_loss.html
 */
export const nll_loss: (
  input: Tensor,
  target: Named<'target', Tensor, NllLossOptions>,
  weight?: Tensor | null | NllLossOptions,
  size_average?: boolean | null | NllLossOptions,
  ignore_index?: number | NllLossOptions,
  reduce?: boolean | null | NllLossOptions,
  reduction?: Reduction | NllLossOptions,
) => Tensor = signature(
  'nll_loss(input, target, weight?, size_average?, ignore_index?, reduce?, reduction?)',
  (input, target, w, average, ignore, red, how) => {
    checkTensor('nll_loss', 'input', input);
    checkTensor('nll_loss', 'target', target);
    const mode = readReduction('nll_loss', average, red, how);
    const { index, factor, dim } = readTargets(
      'nll_loss',
      input,
      target,
      (w ?? null) as Tensor | null,
      readIgnore(ignore),
    );
    return nllOp(input, index, factor, { rank: input.ndim, dim, reduction: mode });
  },
);

const readIgnore = (value: unknown): number => checkNumber('nll_loss', 'ignore_index', value ?? -100);

interface Targets {
  readonly index: Tensor;
  readonly factor: Tensor | null;
  readonly dim: number;
}

function readTargets(op: string, input: Tensor, target: Tensor, weight: Tensor | null, ignore: number): Targets {
  if (input.ndim === 0) throw new ShapeError(`${op}(): input tensor should be 1D or more, got a 0-dim tensor`);
  checkSameDevice(op, input, target, weight);
  const dim = input.ndim === 1 ? 0 : 1;
  const classes = input.shape[dim];
  if (!isFloating(input.dtype))
    throw new DTypeError(`${op}(): "nll_loss_out_frame" not implemented for '${cName(input.dtype)}'`);
  if (target.dtype !== 'int64' && target.dtype !== 'uint8') {
    throw new DTypeError(`${op}(): expected scalar type Long but found ${cName(target.dtype)}`);
  }
  if (input.ndim > 1 && input.shape[0] !== target.shape[0]) {
    throw new ShapeError(
      `${op}(): Expected input batch_size (${input.shape[0]}) to match target batch_size (${target.shape[0] ?? 1}).`,
    );
  }
  const expected = input.shape.toSpliced(dim, 1);
  if (!sameShape(expected, target.shape)) {
    throw new ShapeError(`${op}(): Expected target size ${showShape(expected)}, got ${showShape(target.shape)}`);
  }
  checkWeight(op, input, weight, classes);
  const classIds = target.detach().to('int64').unsqueeze(dim);
  const all = everyTargetCounts(op, target, classes, ignore);
  const ignored = all ? null : classIds.eq(ignore);
  const index = ignored === null ? classIds : classIds.masked_fill(ignored, 0); // reads class 0, with weight 0
  const counts = ignored?.logical_not().to(input.dtype) ?? null;
  if (weight === null) return { index, factor: counts, dim };
  const weights = weight.detach().index_select(0, index.reshape(-1)).reshape(index.shape);
  return { index, factor: counts === null ? weights : weights.mul(counts), dim };
}

/**
 * Whether no target is known to be ignored. What only a gpu knows is not waited for, and not checked either.
 * @throws ValueError for a class that does not exist.
 */
function everyTargetCounts(op: string, target: Tensor, classes: number, ignore: number): boolean {
  const ids = knownElements(target);
  if (ids === null) return false;
  let all = true;
  for (const c of ids) {
    if (c === ignore) all = false;
    else if (c < 0 || c >= classes) throw new ValueError(`${op}(): Target ${c} is out of bounds.`);
  }
  return all;
}

function checkWeight(op: string, input: Tensor, weight: Tensor | null, classes: number): void {
  if (weight === null) return;
  checkTensor(op, 'weight', weight);
  if (weight.ndim !== 1 || weight.shape[0] !== classes) {
    throw new ShapeError(
      `${op}(): weight tensor should be defined either for all ${classes} classes or no classes but got weight tensor of shape: ${showShape(weight.shape)}`,
    );
  }
  if (weight.dtype !== input.dtype)
    throw new DTypeError(`${op}(): expected scalar type ${cName(input.dtype)} but found ${cName(weight.dtype)}`);
}

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
    const { index, factor, dim } = readTargets(op, logs, target, classWeight, readIgnore(ignore));
    const plain = nllOp(logs, index, factor, { rank: logs.ndim, dim, reduction: mode });
    return smoothing === 0
      ? plain
      : plain
          .mul(1 - smoothing)
          .add(smoothLoss(logs, index, factor, dim, classWeight, target.ne(readIgnore(ignore)), mode).mul(smoothing));
  },
);

/** Along the class dimension, a weight for each class. */
const alongClasses = (weight: Tensor, logs: Tensor): Tensor =>
  weight.reshape(logs.shape.map((_, d) => (d === (logs.ndim === 1 ? 0 : 1) ? -1 : 1)));

/** Mean over classes of the loss each class would give: what smoothing mixes in. */
function smoothLoss(
  logs: Tensor,
  index: Tensor,
  factor: Tensor | null,
  dim: number,
  weight: Tensor | null,
  counts: Tensor,
  mode: Reduction,
): Tensor {
  const each = (weight === null ? logs : logs.mul(alongClasses(weight, logs)))
    .sum(dim)
    .neg()
    .masked_fill(counts.logical_not(), 0);
  const scaled = each.div(logs.shape[dim]);
  if (mode === 'none') return scaled;
  return mode === 'sum' ? scaled.sum() : scaled.sum().div(weightOf(index, factor));
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
