import { ValueError } from '@torchlet/tensor';
import type { Optimizer } from '../optimizer.js';
import { show } from '../options.js';
import { LRScheduler } from './lr-scheduler.js';
import { COMMON, checkNumbers, type LRSchedulerOptions, readOptions } from './options.js';

export interface CosineAnnealingLROptions extends LRSchedulerOptions {
  /** Epochs of half a cosine, down from the start to `eta_min`. */
  T_max: number;
  /** The least learning rate. */
  eta_min?: number;
}

/**
 * Along a cosine: lr = η_min + (lr₀ − η_min) · (1 + cos(π · epoch / T_max)) / 2. Beyond `T_max` it rises again.
 * SGDR: Stochastic Gradient Descent with Warm Restarts, https://arxiv.org/abs/1608.03983 (without the restarts).
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html
 */
export class CosineAnnealingLR extends LRScheduler {
  declare T_max: number;
  declare eta_min: number;

  /** @throws ValueError for options that are no numbers of their domain. */
  constructor(optimizer: Optimizer, options: CosineAnnealingLROptions) {
    const defaults = { eta_min: 0, ...COMMON };
    const { T_max, eta_min, ...rest } = readOptions('CosineAnnealingLR', options, defaults, ['T_max']);
    if (!(T_max > 0)) throw new ValueError(`CosineAnnealingLR(): T_max must be a positive number, got ${show(T_max)}`);
    checkNumbers({ eta_min });
    super(optimizer, rest, { T_max, eta_min });
  }

  override get_lr(): number[] {
    this.warnOutsideStep();
    const { last_epoch, T_max, eta_min } = this;
    if (this._is_initial) return this.currentRates();
    // the first step after a jump has no epoch before it to go on from
    if (this._step_count === 1 && last_epoch > 0) return this._get_closed_form_lr();
    const current = this.currentRates();
    // from the lowest point, where the ratio of cosines below would be 0 / 0
    if ((last_epoch - 1 - T_max) % (2 * T_max) === 0) {
      const rise = (1 - Math.cos(Math.PI / T_max)) / 2;
      return this.base_lrs.map((base_lr, i) => current[i] + (base_lr - eta_min) * rise);
    }
    const height = (epoch: number): number => 1 + Math.cos((Math.PI * epoch) / T_max);
    const ratio = height(last_epoch) / height(last_epoch - 1);
    return current.map((lr) => ratio * (lr - eta_min) + eta_min);
  }

  override _get_closed_form_lr(): number[] {
    const height = (1 + Math.cos((Math.PI * this.last_epoch) / this.T_max)) / 2;
    return this.base_lrs.map((base_lr) => this.eta_min + (base_lr - this.eta_min) * height);
  }
}
