/** Losses. https://pytorch.org/docs/stable/nn.functional.html#loss-functions */
import { checkBoolean } from '../arguments.js';
import { gradMode } from '../autograd/grad-mode.js';
import { defineOp, type Op } from '../autograd/op.js';
import { cName, isFloating, promote_types } from '../dtype.js';
import { DTypeError, ValueError } from '../errors.js';
import { broadcastShapes, numelOf } from '../shape.js';
import { type Named, signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { binary, checkTensor, elementwise } from './kernel.js';

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
