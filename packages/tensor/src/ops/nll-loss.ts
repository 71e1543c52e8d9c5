/** Losses over classes. https://pytorch.org/docs/stable/generated/torch.nn.functional.nll_loss.html */
import { checkNumber } from '../arguments.js';
import { gradMode } from '../autograd/grad-mode.js';
import { defineOp, type Op } from '../autograd/op.js';
import { cName, type DType, isFloating } from '../dtype.js';
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { sameShape, showShape } from '../shape.js';
import { type Named, signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { allocateOutput, backend, checkSameDevice, checkTensor, knownElements } from './kernel.js';
import { type LossOptions, type Reduction, readReduction } from './loss.js';

export interface NllLossOptions extends LossOptions {
  readonly weight?: Tensor | null;
  readonly ignore_index?: number;
}

/** The classes that inputs `[N, C, …]` or `[C]` should have been, and how much each class counts. */
export interface Targets {
  /** `[N, …]` or `[]`, in range or ignored. */
  readonly target: Tensor;
  /** `[C]`. */
  readonly weight: Tensor | null;
  readonly ignore_index: number;
  /** Whether no target is known to be ignored. */
  readonly allCount: boolean;
  /** The dimension of the classes. */
  readonly dim: number;
}

/** What formulas make of targets. */
interface Picks {
  /** `[N, 1, …]` int64: which class counts; the first one where the target is ignored. */
  readonly index: Tensor;
  /** The weight of each, 0 where it is ignored; null: 1. */
  readonly weights: Tensor | null;
  /** Where targets are ignored; null: nowhere. */
  readonly ignored: Tensor | null;
}

function picksOf({ target, weight, ignore_index, allCount, dim }: Targets): Picks {
  const classes = target.detach().to('int64').unsqueeze(dim);
  const ignored = allCount ? null : classes.eq(ignore_index);
  const index = ignored === null ? classes : classes.masked_fill(ignored, 0);
  if (weight === null) return { index, weights: null, ignored };
  const each = weight.detach().index_select(0, index.reshape(-1)).reshape(index.shape);
  return { index, weights: ignored === null ? each : each.masked_fill(ignored, 0), ignored };
}

/** `each` times the weights; what is ignored is 0, also where it was infinite. */
function weighted(each: Tensor, { weights, ignored }: Picks): Tensor {
  const all = weights === null ? each : weights.mul(each);
  return ignored === null ? all : all.masked_fill(ignored, 0);
}

/** What a mean is divided by. */
function totalOf({ index, weights, ignored }: Picks, dtype: DType): Tensor | number {
  if (weights !== null) return weights.sum();
  return ignored === null ? index.numel() : ignored.logical_not().to(dtype).sum();
}

/** What the mean of a loss of this dtype is divided by: the weights of the targets that count. */
export const totalWeight = (targets: Targets, dtype: DType): Tensor | number => totalOf(picksOf(targets), dtype);

interface NllState extends Omit<Targets, 'target' | 'weight'> {
  /** The input's dimensions. */
  readonly rank: number;
  readonly reduction: Reduction;
}

/** The targets stand in a box, because PyTorch's node does not list them. */
const nllOp: Op<[input: Tensor, targets: Targets, reduction: Reduction], Tensor> = defineOp<
  [Tensor, Targets, Reduction],
  Tensor,
  NllState
>('nll_loss', {
  forward(ctx, x, targets, reduction) {
    const { target, weight, ignore_index, allCount, dim } = targets;
    ctx.state = { rank: x.ndim, ignore_index, allCount, dim, reduction };
    ctx.save_for_backward(x, target);
    if (weight !== null) ctx.save_for_backward(weight);
    const kernels = backend(x).nllLoss;
    if (kernels === null) return composedLoss(x, targets, reduction);
    const out = allocateOutput(reduction === 'none' ? target.shape : [], x.dtype, x.device);
    kernels.forward(x, target, weight, ctx.state, out);
    return out;
  },
  backward(ctx, g) {
    const [x, target, weight = null] = ctx.saved_tensors;
    const kernels = gradMode.enabled ? null : backend(x).nllLoss;
    if (kernels === null) return [composedGradient(g, x, { ...ctx.state, target, weight }, ctx.state.reduction)];
    const dx = allocateOutput(x.shape, x.dtype, x.device);
    kernels.backward(g, target, weight, ctx.state, dx);
    return [dx];
  },
  formula: ['dx[target] = −g · weight (/ Σ weights for the mean)'],
  grad_name: (ctx) => (ctx.state.rank > 2 ? 'NllLoss2DBackward0' : 'NllLossBackward0'),
});

/** The loss on devices that have no kernel for it. */
function composedLoss(x: Tensor, targets: Targets, reduction: Reduction): Tensor {
  // without classes, all targets are ignored
  if (x.shape[targets.dim] === 0) {
    const none = x.new_zeros(targets.target.shape);
    return reduction === 'none' ? none : reduction === 'sum' ? none.sum() : none.sum().div(0);
  }
  const picks = picksOf(targets);
  const each = weighted(x.gather(targets.dim, picks.index).neg(), picks);
  if (reduction === 'none') return each.squeeze(targets.dim);
  return reduction === 'sum' ? each.sum() : each.sum().div(totalOf(picks, x.dtype));
}

/** The gradient of x there, and wherever it will be differentiated again. */
function composedGradient(g: Tensor, x: Tensor, targets: Targets, reduction: Reduction): Tensor {
  // a gradient of no elements, which depends on `g` as all others do
  if (x.shape[targets.dim] === 0) return g.sum().expand(x.shape);
  const picks = picksOf(targets);
  const { dim } = targets;
  const scale = reduction === 'none' ? g.unsqueeze(dim) : reduction === 'sum' ? g : g.div(totalOf(picks, x.dtype));
  const each = weighted(scale.neg(), picks).expand(picks.index.shape);
  return x.new_zeros(x.shape).scatter_add(dim, picks.index, each);
}

/** Negative log likelihood of log-probabilities, whose targets {@link readTargets} has read. */
export const nllOf: (input: Tensor, targets: Targets, reduction: Reduction) => Tensor = nllOp;

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
    return nllOp(input, readTargets('nll_loss', input, target, (w ?? null) as Tensor | null, ignore), mode);
  },
);

/** @throws ShapeError, DTypeError, DeviceError and ValueError for targets and weights that do not fit the input. */
export function readTargets(
  op: string,
  input: Tensor,
  target: Tensor,
  weight: Tensor | null,
  ignored: unknown,
): Targets {
  const ignore_index = checkNumber('nll_loss', 'ignore_index', ignored ?? -100);
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
  return { target, weight, ignore_index, allCount: everyTargetCounts(op, target, classes, ignore_index), dim };
}

/**
 * Whether no target is known to be ignored. What only a gpu knows is not waited for, and not checked either.
 * @throws ValueError for a class that does not exist.
 */
function everyTargetCounts(op: string, target: Tensor, classes: number, ignore: number): boolean {
  const ids = knownElements(target);
  if (ids === null) return false;
  let all = true;
  for (let i = 0; i < ids.length; i++) {
    const c = ids[i];
    if (c === ignore) all = false;
    else if (c < 0 || c >= classes) throw new ValueError(`${op}(): Target ${c} is out of bounds.`);
  }
  return all;
}

/** @throws ShapeError and DTypeError for weights of another number of classes or another type than the input's. */
export function checkWeight(op: string, input: Tensor, weight: Tensor | null, classes: number): void {
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
