import type { Optimizer } from '../optimizer.js';
import { type LambdaOptions, LambdaScheduler } from './lambdas.js';

/**
 * Multiplies the present learning rate by a function of the epoch: lr = lr₀ · λ(1) · λ(2) · … · λ(epoch).
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiplicativeLR.html
 */
export class MultiplicativeLR extends LambdaScheduler {
  constructor(optimizer: Optimizer, options: LambdaOptions) {
    super('MultiplicativeLR', optimizer, options);
  }

  override get_lr(): number[] {
    this.warnOutsideStep();
    const current = this.currentRates();
    if (this._is_initial) return current;
    return this.lr_lambdas.map((lr_lambda, i) => current[i] * lr_lambda(this.last_epoch));
  }
}
