import { ValueError } from '@torchlet/tensor';
import type { Optimizer } from '../optimizer.js';
import { show } from '../options.js';
import { LRScheduler } from './lr-scheduler.js';
import { COMMON, checkCount, type LRSchedulerOptions, readOptions } from './options.js';

export interface CosineAnnealingWarmRestartsOptions extends LRSchedulerOptions {
  /** Epochs until the first restart. */
  T_0: number;
  /** Each period is this many times as long as the one before. */
  T_mult?: number;
  /** The least learning rate. */
  eta_min?: number;
}

/**
 * Half a cosine, again and again: lr = η_min + (lr₀ − η_min) · (1 + cos(π · T_cur / T_i)) / 2, with T_cur the epochs
 * since the last restart and T_i the epochs from it to the next.
 * SGDR: Stochastic Gradient Descent with Warm Restarts, https://arxiv.org/abs/1608.03983.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.html
 */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  declare T_0: number;
  declare T_i: number;
  declare T_mult: number;
  declare eta_min: number;
  declare T_cur: number;

  /** @throws ValueError in PyTorch's words for periods that are no positive integers. */
  constructor(optimizer: Optimizer, options: CosineAnnealingWarmRestartsOptions) {
    const defaults = { T_mult: 1, eta_min: 0, ...COMMON };
    const name = 'CosineAnnealingWarmRestarts';
    const { T_0, T_mult, eta_min, ...rest } = readOptions(name, options, defaults, ['T_0']);
    checkCount('T_0', T_0);
    if (!Number.isSafeInteger(T_mult) || T_mult < 1) {
      throw new ValueError(`Expected integer T_mult >= 1, but got ${show(T_mult)}`);
    }
    if (typeof eta_min !== 'number' || Number.isNaN(eta_min)) {
      throw new ValueError(`Expected float or int eta_min, but got ${String(eta_min)} of type ${typeof eta_min}`);
    }
    super(optimizer, rest, { T_0, T_i: T_0, T_mult, eta_min, T_cur: rest.last_epoch });
  }

  override get_lr(): number[] {
    this.warnOutsideStep();
    const height = (1 + Math.cos((Math.PI * this.T_cur) / this.T_i)) / 2;
    return this.base_lrs.map((base_lr) => this.eta_min + (base_lr - this.eta_min) * height);
  }

  /**
   * Goes on to the next epoch, or to any, which may be a fraction: `step(epoch + batch / batches)` after each batch.
   * @throws ValueError for an epoch below 0.
   */
  override step(epoch: number | null = null): void {
    let now = epoch;
    if (now === null && this.last_epoch < 0) now = 0;
    if (now !== null && !(now >= 0)) throw new ValueError(`Expected non-negative epoch, but got ${show(now)}`);
    if (now === null) {
      now = this.last_epoch + 1;
      this.T_cur++;
      if (this.T_cur >= this.T_i) {
        this.T_cur %= this.T_i;
        this.T_i *= this.T_mult;
      }
    } else this.jump(now);
    this.last_epoch = Math.floor(now);
    this.setRates(() => this.get_lr(), now);
  }

  /** Finds the period that an epoch lies in. */
  private jump(epoch: number): void {
    const { T_0, T_mult } = this;
    if (epoch < T_0) {
      this.T_i = T_0;
      this.T_cur = epoch;
    } else if (T_mult === 1) this.T_cur = epoch % T_0;
    else {
      // n periods before this one, which last T_0 · (T_multⁿ − 1) / (T_mult − 1) epochs together. As in PyTorch, a
      // logarithm rounded down takes the first epoch of a period for the last of the one before (T_mult = 10, epoch 111).
      const n = Math.floor(Math.log((epoch / T_0) * (T_mult - 1) + 1) / Math.log(T_mult));
      this.T_cur = epoch - (T_0 * (T_mult ** n - 1)) / (T_mult - 1);
      this.T_i = T_0 * T_mult ** n;
    }
  }
}
