import { ValueError } from '@torchlet/tensor';
import type { Optimizer } from '../optimizer.js';
import { LRScheduler } from './lr-scheduler.js';
import { COMMON, checkInteger, checkNumbers, type LRSchedulerOptions, readOptions } from './options.js';

export interface LinearLROptions extends LRSchedulerOptions {
  /** By which the learning rate is multiplied in the first epoch. */
  start_factor?: number;
  /** By which it is multiplied from `total_iters` on. */
  end_factor?: number;
  /** Epochs from one factor to the other. */
  total_iters?: number;
}

/**
 * A straight line from one factor to another, such as a warm-up:
 * lr = lr₀ · (start + (end − start) · min(epoch, total_iters) / total_iters).
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LinearLR.html
 */
export class LinearLR extends LRScheduler {
  declare start_factor: number;
  declare end_factor: number;
  declare total_iters: number;

  /** @throws ValueError for factors outside of their interval, in PyTorch's words. */
  constructor(optimizer: Optimizer, options: LinearLROptions = {}) {
    const defaults = { start_factor: 1 / 3, end_factor: 1, total_iters: 5, ...COMMON };
    const { start_factor, end_factor, total_iters, ...rest } = readOptions('LinearLR', options, defaults);
    if (!(start_factor > 0 && start_factor <= 1)) {
      throw new ValueError('Starting multiplicative factor expected to be greater than 0 and less or equal to 1.');
    }
    if (!(end_factor >= 0 && end_factor <= 1)) {
      throw new ValueError('Ending multiplicative factor expected to be between 0 and 1.');
    }
    checkNumbers({ start_factor, end_factor });
    checkInteger('LinearLR', 'total_iters', total_iters, 0);
    super(optimizer, rest, { start_factor, end_factor, total_iters });
  }

  override get_lr(): number[] {
    this.warnOutsideStep();
    if (this.last_epoch === 0) return this.currentRates().map((lr) => lr * this.start_factor);
    if (this._is_initial || this.last_epoch > this.total_iters) return this.currentRates();
    // the factor of this epoch over that of the one before
    const slope = this.end_factor - this.start_factor;
    const growth = 1 + slope / (this.total_iters * this.start_factor + (this.last_epoch - 1) * slope);
    return this.currentRates().map((lr) => lr * growth);
  }

  override _get_closed_form_lr(): number[] {
    const slope = this.end_factor - this.start_factor;
    const factor = this.start_factor + (slope * Math.min(this.total_iters, this.last_epoch)) / this.total_iters;
    return this.base_lrs.map((lr) => lr * factor);
  }
}
