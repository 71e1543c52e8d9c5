import { ValueError } from '@torchlet/tensor';
import type { Optimizer } from '../optimizer.js';
import { show, withDefaults } from '../options.js';
import { CompositeScheduler, checkSchedulers } from './composite.js';
import { LRScheduler } from './lr-scheduler.js';

export interface ChainedSchedulerOptions {
  /** The optimizer of them all; null means the first scheduler's. */
  optimizer?: Optimizer | null;
}

/**
 * All of its schedulers step in each epoch, each going on from the rates that the one before left. They must be of the
 * recursive kind: one that computes its rates from the initial ones, such as LambdaLR, undoes what came before it.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ChainedScheduler.html
 */
export class ChainedScheduler extends CompositeScheduler {
  /** @throws ValueError in PyTorch's words for no schedulers, and for schedulers of several optimizers. */
  constructor(schedulers: readonly LRScheduler[], options?: ChainedSchedulerOptions) {
    const { optimizer } = withDefaults<Required<ChainedSchedulerOptions>>(
      'ChainedScheduler',
      { optimizer: null },
      options,
    );
    if (!Array.isArray(schedulers)) {
      throw new ValueError(`ChainedScheduler(): schedulers must be an array, got ${show(schedulers)}`);
    }
    if (schedulers.length === 0) {
      throw new ValueError('ChainedScheduler expects at least one scheduler to be chained, but got no scheduler.');
    }
    const first: unknown = schedulers[0];
    const subject = optimizer ?? (first instanceof LRScheduler ? first.optimizer : null);
    checkSchedulers('ChainedScheduler', schedulers, subject as Optimizer);
    super(subject as Optimizer, {}, { _schedulers: [...schedulers] });
  }

  protected override start(): void {
    this._last_lr = this.currentRates();
  }

  override step(...none: []): void {
    this.checkNoEpoch(none);
    for (const scheduler of this._schedulers) scheduler.step();
    this._last_lr = this.currentRates();
  }
}
