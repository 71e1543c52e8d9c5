/** Losses of numbers. https://pytorch.org/docs/stable/nn.functional.html#loss-functions */
import { bindArguments, checkBoolean, checkNumber } from '../arguments.js';
import { no_grad } from '../autograd/grad-mode.js';
import { ShapeError, ValueError } from '../errors.js';
import { sameShape, showShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { where } from './comparison.js';
import { checkTensor } from './kernel.js';
import { type LossOptions, type Reduction, readReduction, reduceLoss } from './loss.js';
import { type Arguments, bindLoss, defineLoss, floatingPair, type LossOp, REDUCING, type Reducing } from './loss-op.js';

/** |x − y|. https://pytorch.org/docs/stable/generated/torch.nn.functional.l1_loss.html */
export function l1_loss(input: Tensor, target: Tensor, ...args: Arguments<Reducing, LossOptions>): Tensor {
  const [x, y] = floatingPair('l1_loss', input, target);
  return reduceLoss(x.sub(y).abs(), bindLoss('l1_loss', REDUCING, args)[0]);
}

const smoothSlope = (x: Tensor, y: Tensor, beta: number): Tensor => {
  const d = x.sub(y);
  return beta === 0 ? d.sign() : d.div(beta).clamp(-1, 1);
};

const smoothOp: LossOp<[beta: number]> = defineLoss('smooth_l1_loss', {
  each(x, y, beta) {
    const d = x.sub(y);
    const size = d.abs();
    return where(size.lt(beta), d.mul(d).mul(0.5 / beta), size.sub(0.5 * beta));
  },
  slopes: [smoothSlope, (x, y, beta) => smoothSlope(x, y, beta).neg()],
  formula: ['dx = g · (d / beta if |d| < beta, else sign d), d = x − y', 'dy = −dx'],
});

export interface SmoothL1LossOptions extends LossOptions {
  readonly beta?: number;
}

/**
 * (x − y)² / 2 beta where |x − y| < beta, else |x − y| − beta / 2.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.smooth_l1_loss.html
 */
export function smooth_l1_loss(
  input: Tensor,
  target: Tensor,
  ...args: Arguments<[...Reducing, beta: number], SmoothL1LossOptions>
): Tensor {
  const op = 'smooth_l1_loss';
  const [x, y] = floatingPair(op, input, target);
  const [reduction, bound] = bindLoss(op, [...REDUCING, 'beta'], args);
  const beta = checkNumber(op, 'beta', bound[3] ?? 1);
  if (beta < 0) throw new ValueError(`${op} does not support negative values for beta.`);
  return smoothOp(x, y, reduction, [beta]);
}

const huberSlope = (x: Tensor, y: Tensor, delta: number): Tensor => x.sub(y).clamp(-delta, delta);

const huberOp: LossOp<[delta: number]> = defineLoss('huber_loss', {
  each(x, y, delta) {
    const d = x.sub(y);
    const size = d.abs();
    return where(size.le(delta), d.mul(d).mul(0.5), size.sub(0.5 * delta).mul(delta));
  },
  slopes: [huberSlope, (x, y, delta) => huberSlope(x, y, delta).neg()],
  formula: ['dx = g · (d if |d| ≤ delta, else delta · sign d), d = x − y', 'dy = −dx'],
});

export interface HuberLossOptions {
  readonly reduction?: Reduction;
  readonly delta?: number;
}

/**
 * (x − y)² / 2 where |x − y| ≤ delta, else delta · (|x − y| − delta / 2).
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.huber_loss.html
 */
export function huber_loss(
  input: Tensor,
  target: Tensor,
  ...args: Arguments<[reduction: Reduction, delta: number], HuberLossOptions>
): Tensor {
  const op = 'huber_loss';
  const [x, y] = floatingPair(op, input, target);
  const [reduction, d] = bindArguments(op, ['reduction', 'delta'], args);
  const delta = checkNumber(op, 'delta', d ?? 1);
  if (delta <= 0) throw new ValueError(`${op} does not support non-positive values for delta.`);
  return huberOp(x, y, readReduction(op, null, null, reduction), [delta]);
}

export interface GaussianNllLossOptions {
  /** Adds the constant ln(2π) / 2. */
  readonly full?: boolean;
  /** What a variance counts as at least. */
  readonly eps?: number;
  readonly reduction?: Reduction;
}

/**
 * Negative log likelihood of targets under normal distributions with means `input` and variances `var`.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.gaussian_nll_loss.html
 * @throws ShapeError when the variances do not fit, ValueError when one is negative.
 */
export function gaussian_nll_loss(
  input: Tensor,
  target: Tensor,
  variance: Tensor,
  ...args: Arguments<[full: boolean, eps: number, reduction: Reduction], GaussianNllLossOptions>
): Tensor {
  const op = 'gaussian_nll_loss';
  const [x, y] = floatingPair(op, input, target);
  const [full, e, how] = bindArguments(op, ['full', 'eps', 'reduction'], args);
  const eps = checkNumber(op, 'eps', e ?? 1e-6);
  const reduction = readReduction(op, null, null, how);
  let v = checkTensor(op, 'var', variance);
  if (!sameShape(v.shape, x.shape)) {
    const batch = x.shape.slice(0, -1);
    if (sameShape(v.shape, batch)) v = v.unsqueeze(-1);
    else if (!sameShape(v.shape, [...batch, 1])) {
      throw new ShapeError(
        `${op}(): var is of incorrect size: got ${showShape(v.shape)} for input ${showShape(x.shape)}`,
      );
    }
  }
  if (v.lt(0).toArray().includes(1)) throw new ValueError(`${op}(): var has negative entry/entries`);
  // the gradient passes as if nothing had been clamped
  const safe = v.clone();
  no_grad(() => safe.clamp_(eps));
  const d = x.sub(y);
  const loss = safe.log().add(d.mul(d).div(safe)).mul(0.5);
  return reduceLoss(checkBoolean(op, 'full', full ?? false) ? loss.add(0.5 * Math.log(2 * Math.PI)) : loss, reduction);
}

export interface PoissonNllLossOptions extends LossOptions {
  /** Whether the input is the logarithm of the rate. */
  readonly log_input?: boolean;
  /** Adds Stirling's approximation of ln(y!). */
  readonly full?: boolean;
  readonly eps?: number;
}

/**
 * Negative log likelihood of counts under Poisson distributions.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.poisson_nll_loss.html
 */
export function poisson_nll_loss(
  input: Tensor,
  target: Tensor,
  ...args: Arguments<
    [
      log_input: boolean,
      full: boolean,
      size_average: boolean | null,
      eps: number,
      reduce: boolean | null,
      reduction: Reduction,
    ],
    PoissonNllLossOptions
  >
): Tensor {
  const op = 'poisson_nll_loss';
  const [x, y] = floatingPair(op, input, target);
  const names = ['log_input', 'full', 'size_average', 'eps', 'reduce', 'reduction'];
  const [reduction, bound] = bindLoss(op, names, args);
  const eps = checkNumber(op, 'eps', bound[3] ?? 1e-8);
  const logInput = checkBoolean(op, 'log_input', bound[0] ?? true);
  const loss = logInput ? x.exp().sub(y.mul(x)) : x.sub(y.mul(x.add(eps).log()));
  if (!checkBoolean(op, 'full', bound[1] ?? false)) return reduceLoss(loss, reduction);
  const counts = where(y.le(1), 1, y);
  const stirling = counts
    .mul(counts.log())
    .sub(counts)
    .add(
      counts
        .mul(2 * Math.PI)
        .log()
        .mul(0.5),
    );
  return reduceLoss(loss.add(stirling.masked_fill(y.le(1), 0)), reduction);
}
