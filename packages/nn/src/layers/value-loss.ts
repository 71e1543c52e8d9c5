import { functional, type Tensor } from '@torchlet/tensor';
import {
  type Arguments,
  bindArguments,
  checkBoolean,
  checkNumber,
  type KlReduction,
  type Reduction,
} from '@torchlet/tensor/internal';
import { Module } from '../module.js';
import { type LossOptions, readReduction } from './loss.js';

/** |x − y|. https://pytorch.org/docs/stable/generated/torch.nn.L1Loss.html */
export class L1Loss extends Module<[input: Tensor, target: Tensor], Tensor> {
  reduction: Reduction;

  constructor(
    ...args: Arguments<[size_average: boolean | null, reduce: boolean | null, reduction: Reduction], LossOptions>
  ) {
    super();
    const names = ['size_average', 'reduce', 'reduction'];
    const given = bindArguments('L1Loss', names, args);
    this.reduction = readReduction(given[0], given[1], given[2]);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { reduction } = this;
    return functional.l1_loss(input, target, { reduction });
  }
}

export interface SmoothL1LossOptions extends LossOptions {
  readonly beta?: number;
}

/** (x − y)² / 2 beta where |x − y| < beta, else |x − y| − beta / 2. https://pytorch.org/docs/stable/generated/torch.nn.SmoothL1Loss.html */
export class SmoothL1Loss extends Module<[input: Tensor, target: Tensor], Tensor> {
  reduction: Reduction;
  beta: number;

  constructor(
    ...args: Arguments<
      [size_average: boolean | null, reduce: boolean | null, reduction: Reduction, beta: number],
      SmoothL1LossOptions
    >
  ) {
    super();
    const names = ['size_average', 'reduce', 'reduction', 'beta'];
    const given = bindArguments('SmoothL1Loss', names, args);
    this.reduction = readReduction(given[0], given[1], given[2]);
    this.beta = checkNumber('SmoothL1Loss', 'beta', given[3] ?? 1);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { reduction, beta } = this;
    return functional.smooth_l1_loss(input, target, { reduction, beta });
  }
}

export interface HuberLossOptions {
  readonly reduction?: Reduction;
  readonly delta?: number;
}

/** (x − y)² / 2 where |x − y| ≤ delta, else delta · (|x − y| − delta / 2). https://pytorch.org/docs/stable/generated/torch.nn.HuberLoss.html */
export class HuberLoss extends Module<[input: Tensor, target: Tensor], Tensor> {
  reduction: Reduction;
  delta: number;

  constructor(...args: Arguments<[reduction: Reduction, delta: number], HuberLossOptions>) {
    super();
    const names = ['reduction', 'delta'];
    const given = bindArguments('HuberLoss', names, args);
    this.reduction = readReduction(null, null, given[0]);
    this.delta = checkNumber('HuberLoss', 'delta', given[1] ?? 1);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { reduction, delta } = this;
    return functional.huber_loss(input, target, { reduction, delta });
  }
}

export interface BCELossOptions extends LossOptions {
  readonly weight?: Tensor | null;
}

/** −(y · ln x + (1 − y) · ln(1 − x)) for probabilities x. https://pytorch.org/docs/stable/generated/torch.nn.BCELoss.html */
export class BCELoss extends Module<[input: Tensor, target: Tensor], Tensor> {
  declare weight: Tensor | null;
  reduction: Reduction;

  constructor(
    ...args: Arguments<
      [weight: Tensor | null, size_average: boolean | null, reduce: boolean | null, reduction: Reduction],
      BCELossOptions
    >
  ) {
    super();
    const names = ['weight', 'size_average', 'reduce', 'reduction'];
    const given = bindArguments('BCELoss', names, args);
    this.register_buffer('weight', (given[0] ?? null) as Tensor | null);
    this.reduction = readReduction(given[1], given[2], given[3]);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, reduction } = this;
    return functional.binary_cross_entropy(input, target, { weight, reduction });
  }
}

export interface BCEWithLogitsLossOptions extends LossOptions {
  readonly weight?: Tensor | null;
  readonly pos_weight?: Tensor | null;
}

/** BCELoss of σ(x), without overflow. https://pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html */
export class BCEWithLogitsLoss extends Module<[input: Tensor, target: Tensor], Tensor> {
  declare weight: Tensor | null;
  reduction: Reduction;
  declare pos_weight: Tensor | null;

  constructor(
    ...args: Arguments<
      [
        weight: Tensor | null,
        size_average: boolean | null,
        reduce: boolean | null,
        reduction: Reduction,
        pos_weight: Tensor | null,
      ],
      BCEWithLogitsLossOptions
    >
  ) {
    super();
    const names = ['weight', 'size_average', 'reduce', 'reduction', 'pos_weight'];
    const given = bindArguments('BCEWithLogitsLoss', names, args);
    this.register_buffer('weight', (given[0] ?? null) as Tensor | null);
    this.reduction = readReduction(given[1], given[2], given[3]);
    this.register_buffer('pos_weight', (given[4] ?? null) as Tensor | null);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, reduction, pos_weight } = this;
    return functional.binary_cross_entropy_with_logits(input, target, { weight, reduction, pos_weight });
  }
}

export interface KLDivLossOptions {
  readonly size_average?: boolean | null;
  readonly reduce?: boolean | null;
  readonly reduction?: KlReduction;
  readonly log_target?: boolean;
}

/** y · (ln y − x), x being log-probabilities. https://pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html */
export class KLDivLoss extends Module<[input: Tensor, target: Tensor], Tensor> {
  reduction: KlReduction;
  log_target: boolean;

  constructor(
    ...args: Arguments<
      [size_average: boolean | null, reduce: boolean | null, reduction: KlReduction, log_target: boolean],
      KLDivLossOptions
    >
  ) {
    super();
    const names = ['size_average', 'reduce', 'reduction', 'log_target'];
    const given = bindArguments('KLDivLoss', names, args);
    this.reduction = readReduction(given[0], given[1], given[2]) as KlReduction;
    this.log_target = checkBoolean('KLDivLoss', 'log_target', given[3] ?? false);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { reduction, log_target } = this;
    return functional.kl_div(input, target, { reduction, log_target });
  }
}

export interface PoissonNLLLossOptions extends LossOptions {
  readonly log_input?: boolean;
  readonly full?: boolean;
  readonly eps?: number;
}

/** Negative log likelihood of counts under Poisson distributions. https://pytorch.org/docs/stable/generated/torch.nn.PoissonNLLLoss.html */
export class PoissonNLLLoss extends Module<[input: Tensor, target: Tensor], Tensor> {
  log_input: boolean;
  full: boolean;
  eps: number;
  reduction: Reduction;

  constructor(
    ...args: Arguments<
      [
        log_input: boolean,
        full: boolean,
        size_average: boolean | null,
        eps: number,
        reduce: boolean | null,
        reduction: Reduction,
      ],
      PoissonNLLLossOptions
    >
  ) {
    super();
    const names = ['log_input', 'full', 'size_average', 'eps', 'reduce', 'reduction'];
    const given = bindArguments('PoissonNLLLoss', names, args);
    this.log_input = checkBoolean('PoissonNLLLoss', 'log_input', given[0] ?? true);
    this.full = checkBoolean('PoissonNLLLoss', 'full', given[1] ?? false);
    this.eps = checkNumber('PoissonNLLLoss', 'eps', given[3] ?? 1e-8);
    this.reduction = readReduction(given[2], given[4], given[5]);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { log_input, full, eps, reduction } = this;
    return functional.poisson_nll_loss(input, target, { log_input, full, eps, reduction });
  }
}

export interface GaussianNLLLossOptions {
  readonly full?: boolean;
  readonly eps?: number;
  readonly reduction?: Reduction;
}

/**
 * Negative log likelihood under normal distributions with means `input` and variances `var`.
 * https://pytorch.org/docs/stable/generated/torch.nn.GaussianNLLLoss.html
 */
export class GaussianNLLLoss extends Module<[input: Tensor, target: Tensor, variance: Tensor], Tensor> {
  full: boolean;
  eps: number;
  reduction: Reduction;

  constructor(...args: [options?: GaussianNLLLossOptions]) {
    super();
    const [full, eps, reduction] = bindArguments('GaussianNLLLoss', ['full', 'eps', 'reduction'], args);
    this.full = checkBoolean('GaussianNLLLoss', 'full', full ?? false);
    this.eps = checkNumber('GaussianNLLLoss', 'eps', eps ?? 1e-6);
    this.reduction = readReduction(null, null, reduction);
  }

  override forward(input: Tensor, target: Tensor, variance: Tensor): Tensor {
    const { full, eps, reduction } = this;
    return functional.gaussian_nll_loss(input, target, variance, { full, eps, reduction });
  }
}
