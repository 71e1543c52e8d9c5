import type { Optimizer } from '../optimizer.js';
import { LRScheduler } from './lr-scheduler.js';
import { COMMON, checkNumbers, type LRSchedulerOptions, readOptions } from './options.js';

export interface ExponentialLROptions extends LRSchedulerOptions {
  /** Factor of every epoch. */
  gamma: number;
}

/**
 * Multiplies the learning rate by γ every epoch: lr = lr₀ · γ^epoch.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ExponentialLR.html
 */
export class ExponentialLR extends LRScheduler {
  declare gamma: number;

  /** @throws ValueError for a gamma that is no number. */
  constructor(optimizer: Optimizer, options: ExponentialLROptions) {
    const { gamma, ...rest } = readOptions('ExponentialLR', options, COMMON, ['gamma']);
    checkNumbers({ gamma });
    super(optimizer, rest, { gamma });
  }

  override get_lr(): number[] {
    this.warnOutsideStep();
    if (this._is_initial) return this.currentRates();
    return this.currentRates().map((lr) => lr * this.gamma);
  }

  override _get_closed_form_lr(): number[] {
    return this.base_lrs.map((lr) => lr * this.gamma ** this.last_epoch);
  }
}
