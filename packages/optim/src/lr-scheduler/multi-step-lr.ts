import { ValueError } from '@torchlet/tensor';
import { integerKeyed } from '@torchlet/tensor/internal';
import type { Optimizer } from '../optimizer.js';
import { show } from '../options.js';
import { LRScheduler } from './lr-scheduler.js';
import { COMMON, checkNumbers, type LRSchedulerOptions, readOptions } from './options.js';

export interface MultiStepLROptions extends LRSchedulerOptions {
  /** The epochs of the decays, in any order; one that is named twice counts twice. */
  milestones: Iterable<number>;
  /** Factor of a decay. */
  gamma?: number;
}

/**
 * Multiplies the learning rate by γ at each milestone: lr = lr₀ · γ^(milestones passed).
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiStepLR.html
 */
export class MultiStepLR extends LRScheduler {
  /** How often each milestone was named, as Python's `Counter` has it. */
  declare milestones: Readonly<Record<number, number>>;
  declare gamma: number;

  /** @throws ValueError for milestones that are no integers, or a gamma that is no number. */
  constructor(optimizer: Optimizer, options: MultiStepLROptions) {
    const { milestones, gamma, ...rest } = readOptions('MultiStepLR', options, { gamma: 0.1, ...COMMON }, [
      'milestones',
    ]);
    checkNumbers({ gamma });
    super(optimizer, rest, { milestones: count(milestones), gamma });
  }

  override get_lr(): number[] {
    this.warnOutsideStep();
    const decays = this.milestones[this.last_epoch];
    return this.currentRates().map((lr) => (decays === undefined ? lr : lr * this.gamma ** decays));
  }

  override _get_closed_form_lr(): number[] {
    const passed = Object.entries(this.milestones).filter(([milestone]) => Number(milestone) <= this.last_epoch);
    const decays = passed.reduce((sum, [, times]) => sum + times, 0);
    return this.base_lrs.map((lr) => lr * this.gamma ** decays);
  }

  /** A state from a text format has lost the brand of its integer keys. */
  protected override unpack(key: string, saved: unknown): unknown {
    return key === 'milestones' ? integerKeyed({ ...(saved as Record<number, number>) }) : saved;
  }
}

function count(milestones: Iterable<number>): Record<number, number> {
  if (typeof milestones !== 'object' || typeof milestones?.[Symbol.iterator] !== 'function') {
    throw new ValueError(`MultiStepLR(): milestones must be an iterable of integers, got ${show(milestones)}`);
  }
  const counts: Record<number, number> = integerKeyed({});
  for (const milestone of milestones) {
    if (!Number.isSafeInteger(milestone)) {
      throw new ValueError(`MultiStepLR(): milestones must be integers, got ${show(milestone)}`);
    }
    counts[milestone] = (counts[milestone] ?? 0) + 1;
  }
  return counts;
}
