import type { Optimizer } from '../optimizer.js';
import { type LambdaOptions, LambdaScheduler } from './lambdas.js';

/**
 * Multiplies the initial learning rate by a function of the epoch: lr = lr₀ · λ(epoch).
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LambdaLR.html
 */
export class LambdaLR extends LambdaScheduler {
  constructor(optimizer: Optimizer, options: LambdaOptions) {
    super('LambdaLR', optimizer, options);
  }

  override get_lr(): number[] {
    this.warnOutsideStep();
    return this.base_lrs.map((base_lr, i) => base_lr * this.lr_lambdas[i](this.last_epoch));
  }
}
