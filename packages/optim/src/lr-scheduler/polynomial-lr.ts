import type { Optimizer } from '../optimizer.js';
import { LRScheduler } from './lr-scheduler.js';
import { COMMON, checkInteger, checkNumbers, type LRSchedulerOptions, readOptions } from './options.js';

export interface PolynomialLROptions extends LRSchedulerOptions {
  /** Epochs until the learning rate is 0. */
  total_iters?: number;
  /** Power of the polynomial; 1 is a straight line. */
  power?: number;
}

/**
 * Down to 0 along a polynomial: lr = lr₀ · (1 − min(epoch, total_iters) / total_iters)^power.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.PolynomialLR.html
 */
export class PolynomialLR extends LRScheduler {
  declare total_iters: number;
  declare power: number;

  /** @throws ValueError for options that are no numbers of their domain. */
  constructor(optimizer: Optimizer, options: PolynomialLROptions = {}) {
    const defaults = { total_iters: 5, power: 1, ...COMMON };
    const { total_iters, power, ...rest } = readOptions('PolynomialLR', options, defaults);
    checkInteger('PolynomialLR', 'total_iters', total_iters, 0);
    checkNumbers({ power });
    super(optimizer, rest, { total_iters, power });
  }

  override get_lr(): number[] {
    this.warnOutsideStep();
    if (this._is_initial || this.last_epoch > this.total_iters) return this.currentRates();
    const left = (epoch: number): number => 1 - epoch / this.total_iters;
    const decay = (left(this.last_epoch) / left(this.last_epoch - 1)) ** this.power;
    return this.currentRates().map((lr) => lr * decay);
  }

  override _get_closed_form_lr(): number[] {
    const left = 1 - Math.min(this.total_iters, this.last_epoch) / this.total_iters;
    return this.base_lrs.map((lr) => lr * left ** this.power);
  }
}
