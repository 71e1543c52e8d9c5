import { ValueError } from '@torchlet/tensor';
import type { Optimizer } from '../optimizer.js';
import { checkRange, withDefaults } from '../options.js';
import { currentRates, LRScheduler, type LRSchedulerOptions } from './lr-scheduler.js';

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
    const defaults = { step_size: Number.NaN, gamma: 0.1, last_epoch: -1, verbose: false };
    const { step_size, gamma, ...rest } = withDefaults<Required<StepLROptions>>('StepLR', defaults, options);
    if (options?.step_size === undefined) throw new ValueError("StepLR() missing 1 required argument: 'step_size'");
    if (!Number.isSafeInteger(step_size) || step_size < 1) {
      throw new ValueError(`StepLR(): step_size must be a positive integer, got ${String(step_size)}`);
    }
    checkRange('gamma value', gamma, Number.NEGATIVE_INFINITY);
    super(optimizer, rest, { step_size, gamma });
  }

  override get_lr(): number[] {
    const decays = this.last_epoch !== 0 && this.last_epoch % this.step_size === 0;
    return currentRates(this.optimizer).map((lr) => (decays ? lr * this.gamma : lr));
  }

  override _get_closed_form_lr(): number[] {
    const decays = Math.floor(this.last_epoch / this.step_size);
    return this.base_lrs.map((lr) => lr * this.gamma ** decays);
  }
}
