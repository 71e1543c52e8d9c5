/** Losses of numbers. https://pytorch.org/docs/stable/nn.functional.html#loss-functions */
import { checkBoolean, checkNumber } from '../arguments.js';
import { no_grad } from '../autograd/grad-mode.js';
import { ShapeError, ValueError } from '../errors.js';
import { sameShape, showShape } from '../shape.js';
import { type Named, signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { where } from './comparison.js';
import { checkTensor } from './kernel.js';
import { type LossOptions, type Reduction, readReduction, reduceLoss } from './loss.js';
import { type Arguments, defineLoss, floatingPair, type LossOp, type Reducing } from './loss-op.js';

/** |x − y|. https://pytorch.org/docs/stable/generated/torch.nn.functional.l1_loss.html */
export const l1_loss: (
  input: Tensor,
  target: Named<'target', Tensor, LossOptions>,
  ...args: Arguments<Reducing, LossOptions>
) => Tensor = signature(
  'l1_loss(input, target, size_average?, reduce?, reduction?)',
  (input, target, average, reduce, how) => {
    const [x, y] = floatingPair('l1_loss', input, target);
    return reduceLoss(x.sub(y).abs(), readReduction('l1_loss', average, reduce, how));
  },
);

const smoothSlope = (x: Tensor, y: Tensor, beta: number): Tensor => {
  const d = x.sub(y);
  // PyTorch's choice between −1 and 1
  if (beta === 0) return where(d.le(0), d.new_tensor(-1), 1);
  return where(d.abs().ge(beta), d.sign(), d.div(beta)); // a corner has no second derivative
};

const smoothOp: LossOp<[beta: number]> = defineLoss('smooth_l1_loss', {
  each(x, y, beta) {
    const d = x.sub(y);
    const size = d.abs();
    return where(size.lt(beta), d.mul(d).mul(0.5 / beta), size.sub(0.5 * beta));
  },
  slopes: [smoothSlope, (x, y, beta) => smoothSlope(y, x, beta)],
  formula: ['dx = g · (d / beta if |d| < beta, else sign d), d = x − y', 'dy = −dx'],
});

export interface SmoothL1LossOptions extends LossOptions {
  readonly beta?: number;
}

/**
 * (x − y)² / 2 beta where |x − y| < beta, else |x − y| − beta / 2.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.smooth_l1_loss.html
 */
export const smooth_l1_loss: (
  input: Tensor,
  target: Named<'target', Tensor, SmoothL1LossOptions>,
  ...args: Arguments<[...Reducing, beta: number], SmoothL1LossOptions>
) => Tensor = signature(
  'smooth_l1_loss(input, target, size_average?, reduce?, reduction?, beta?)',
  (input, target, average, reduce, how, width = 1) => {
    const op = 'smooth_l1_loss';
    const [x, y] = floatingPair(op, input, target);
    const reduction = readReduction(op, average, reduce, how);
    const beta = checkNumber(op, 'beta', width);
    if (beta < 0) throw new ValueError(`${op} does not support negative values for beta.`);
    return smoothOp(x, y, reduction, [beta]);
  },
);

const huberSlope = (x: Tensor, y: Tensor, delta: number): Tensor => {
  const d = x.sub(y);
  return where(d.abs().ge(delta), d.sign().mul(delta), d);
};

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
export const huber_loss: (
  input: Tensor,
  target: Named<'target', Tensor, HuberLossOptions>,
  ...args: Arguments<[reduction: Reduction, delta: number], HuberLossOptions>
) => Tensor = signature('huber_loss(input, target, reduction?, delta?)', (input, target, reduction, d) => {
  const op = 'huber_loss';
  const [x, y] = floatingPair(op, input, target);
  const delta = checkNumber(op, 'delta', d ?? 1);
  if (delta <= 0) throw new ValueError(`${op} does not support non-positive values for delta.`);
  return huberOp(x, y, readReduction(op, null, null, reduction), [delta]);
});

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
export const gaussian_nll_loss: (
  input: Tensor,
  target: Tensor,
  variance: Tensor,
  ...args: Arguments<[full: boolean, eps: number, reduction: Reduction], GaussianNllLossOptions>
) => Tensor = signature(
  'gaussian_nll_loss(input, target, var, full?, eps?, reduction?)',
  (input, target, variance, full, e, how) => {
    const op = 'gaussian_nll_loss';
    const [x, y] = floatingPair(op, input, target);
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
    return reduceLoss(
      checkBoolean(op, 'full', full ?? false) ? loss.add(0.5 * Math.log(2 * Math.PI)) : loss,
      reduction,
    );
  },
);

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
export const poisson_nll_loss: (
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
) => Tensor = signature(
  'poisson_nll_loss(input, target, log_input?, full?, size_average?, eps?, reduce?, reduction?)',
  (input, target, log = true, full = false, average, least = 1e-8, reduce, how) => {
    const op = 'poisson_nll_loss';
    const [x, y] = floatingPair(op, input, target);
    const reduction = readReduction(op, average, reduce, how);
    const eps = checkNumber(op, 'eps', least);
    const logInput = checkBoolean(op, 'log_input', log);
    const loss = logInput ? x.exp().sub(y.mul(x)) : x.sub(y.mul(x.add(eps).log()));
    if (!checkBoolean(op, 'full', full)) return reduceLoss(loss, reduction);
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
  },
);
