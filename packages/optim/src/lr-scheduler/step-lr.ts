import type { Optimizer } from '../optimizer.js';
import { LRScheduler } from './lr-scheduler.js';
import { COMMON, checkInteger, checkNumbers, type LRSchedulerOptions, readOptions } from './options.js';

export interface StepLROptions extends LRSchedulerOptions {
  /** Epochs between two decays. */
  step_size: number;
  /** Factor of a decay. */
  gamma?: number;
}

/**
 * Multiplies the learning rate by γ every `step_size` epochs: lr = lr₀ · γ^⌊epoch / step_size⌋.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html
 */
export class StepLR extends LRScheduler {
  declare step_size: number;
  declare gamma: number;

  /** @throws ValueError for options that are no numbers of their domain. */
  constructor(optimizer: Optimizer, options: StepLROptions) {
    const { step_size, gamma, ...rest } = readOptions('StepLR', options, { gamma: 0.1, ...COMMON }, ['step_size']);
    checkInteger('StepLR', 'step_size', step_size, 1);
    checkNumbers({ gamma });
    super(optimizer, rest, { step_size, gamma });
  }

  override get_lr(): number[] {
    this.warnOutsideStep();
    const decays = this.last_epoch !== 0 && this.last_epoch % this.step_size === 0;
    return this.currentRates().map((lr) => (decays ? lr * this.gamma : lr));
  }

  override _get_closed_form_lr(): number[] {
    const decays = Math.floor(this.last_epoch / this.step_size);
    return this.base_lrs.map((lr) => lr * this.gamma ** decays);
  }
}
