import { ValueError } from '@torchlet/tensor';
import type { Optimizer } from '../optimizer.js';
import { show } from '../options.js';
import { CompositeScheduler, checkSchedulers } from './composite.js';
import { checkOptimizer, type LRScheduler, printChange } from './lr-scheduler.js';
import { COMMON, checkCommon, type LRSchedulerOptions, readOptions } from './options.js';

export interface SequentialLROptions extends LRSchedulerOptions {
  /** One after the other, all of the optimizer. */
  schedulers: readonly LRScheduler[];
  /** The epoch at which each but the first begins, in rising order. */
  milestones: readonly number[];
}

/**
 * One scheduler after another: from a milestone on the next one runs, from its own epoch 0. It goes on from the initial
 * learning rate where it has a closed form, otherwise from the present one.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.SequentialLR.html
 */
export class SequentialLR extends CompositeScheduler {
  declare _milestones: number[];

  /** @throws ValueError in PyTorch's words for schedulers of other optimizers, and for too few or too many milestones. */
  constructor(optimizer: Optimizer, options: SequentialLROptions) {
    const { schedulers, milestones, ...rest } = readOptions('SequentialLR', options, COMMON, [
      'schedulers',
      'milestones',
    ]);
    checkOptimizer(optimizer);
    checkCommon('SequentialLR', rest);
    for (const [key, list] of Object.entries({ schedulers, milestones })) {
      if (!Array.isArray(list)) throw new ValueError(`SequentialLR(): ${key} must be an array, got ${show(list)}`);
    }
    if (schedulers.length === 0) {
      throw new ValueError('SequentialLR expects at least one scheduler, but got no scheduler.');
    }
    checkSchedulers('SequentialLR', schedulers, optimizer);
    checkMilestones(milestones, schedulers.length);
    super(optimizer, rest, { _schedulers: schedulers, _milestones: milestones });
  }

  protected override start(last_epoch: number): void {
    this.last_epoch = last_epoch + 1;
    for (const group of this.optimizer.param_groups) group.lr = group.initial_lr ?? group.lr;
    // each has made its first step on its own
    for (const scheduler of this._schedulers) undoStep(scheduler);
    const first = this._schedulers[this.index(0)];
    first._initial_step();
    this._last_lr = first.get_last_lr();
  }

  /** Which scheduler an epoch belongs to. */
  private index(epoch: number): number {
    const next = this._milestones.findIndex((milestone) => milestone > epoch);
    return next < 0 ? this._milestones.length : next;
  }

  override step(...none: []): void {
    this.checkNoEpoch(none);
    this.last_epoch++;
    const index = this.index(this.last_epoch);
    const scheduler = this._schedulers[index];
    if (index > 0 && this._milestones[index - 1] === this.last_epoch) scheduler._update_lr(0);
    else scheduler.step();
    this._last_lr = scheduler.get_last_lr();
    if (!this.verbose) return;
    this._last_lr.forEach((lr, i) => {
      printChange(i, lr, null);
    });
  }
}

function undoStep(scheduler: LRScheduler): void {
  if (scheduler instanceof CompositeScheduler) for (const inner of scheduler._schedulers) undoStep(inner);
  else scheduler.last_epoch--;
}

function checkMilestones(milestones: readonly number[], schedulers: number): void {
  if (milestones.length !== schedulers - 1) {
    throw new ValueError(
      'Sequential Schedulers expects number of schedulers provided to be one more than the number of milestone points, ' +
        `but got number of schedulers ${schedulers} and the number of milestones to be equal to ${milestones.length}`,
    );
  }
  milestones.forEach((milestone, i) => {
    if (!Number.isSafeInteger(milestone) || (i > 0 && milestone < milestones[i - 1])) {
      throw new ValueError(
        `SequentialLR(): milestones must be integers in rising order, got [${milestones.join(', ')}]`,
      );
    }
  });
}
