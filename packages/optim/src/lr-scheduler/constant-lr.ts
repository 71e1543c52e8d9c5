import { ValueError } from '@torchlet/tensor';
import type { Optimizer } from '../optimizer.js';
import { LRScheduler } from './lr-scheduler.js';
import { COMMON, checkInteger, checkNumbers, type LRSchedulerOptions, readOptions } from './options.js';

export interface ConstantLROptions extends LRSchedulerOptions {
  /** By which the learning rate is multiplied until `total_iters`. */
  factor?: number;
  /** Epochs until the learning rate is itself again. */
  total_iters?: number;
}

/**
 * A smaller learning rate for the first epochs: lr = lr₀ · factor before `total_iters`, lr₀ from then on.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ConstantLR.html
 */
export class ConstantLR extends LRScheduler {
  declare factor: number;
  declare total_iters: number;

  /** @throws ValueError for a factor outside of [0, 1], in PyTorch's words. */
  constructor(optimizer: Optimizer, options: ConstantLROptions = {}) {
    const defaults = { factor: 1 / 3, total_iters: 5, ...COMMON };
    const { factor, total_iters, ...rest } = readOptions('ConstantLR', options, defaults);
    if (!(factor >= 0 && factor <= 1)) {
      throw new ValueError('Constant multiplicative factor expected to be between 0 and 1.');
    }
    checkNumbers({ factor });
    checkInteger('ConstantLR', 'total_iters', total_iters, 0);
    super(optimizer, rest, { factor, total_iters });
  }

  override get_lr(): number[] {
    this.warnOutsideStep();
    if (this.last_epoch === 0) return this.currentRates().map((lr) => lr * this.factor);
    if (this.last_epoch !== this.total_iters) return this.currentRates();
    return this.currentRates().map((lr) => lr * (1 / this.factor));
  }

  override _get_closed_form_lr(): number[] {
    const factor = this.factor + (this.last_epoch >= this.total_iters ? 1 - this.factor : 0);
    return this.base_lrs.map((lr) => lr * factor);
  }
}
