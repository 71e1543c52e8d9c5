import { ValueError } from '@torchlet/tensor';
import { checkBoolean } from '@torchlet/tensor/internal';
import type { Optimizer } from '../optimizer.js';
import { show } from '../options.js';
import { checkOptimizer, LRScheduler } from './lr-scheduler.js';
import { type CycledGroup, setMomentum, startMomentum, usesBeta1 } from './momentum-cycle.js';
import {
  COMMON,
  checkCommon,
  checkCount,
  type LRSchedulerOptions,
  type PerGroup,
  perGroup,
  readOptions,
} from './options.js';

export type AnnealStrategy = 'cos' | 'linear';

export interface OneCycleLROptions extends LRSchedulerOptions {
  /** The peak. */
  max_lr: PerGroup<number>;
  /** Steps of the whole cycle. */
  total_steps?: number | null;
  /** Where `total_steps` is not given, it is `epochs` · `steps_per_epoch`. */
  epochs?: number | null;
  steps_per_epoch?: number | null;
  /** The fraction of the cycle in which the learning rate rises. */
  pct_start?: number;
  anneal_strategy?: AnnealStrategy;
  /** Moves the momentum from `max_momentum` to `base_momentum` and back, against the learning rate. */
  cycle_momentum?: boolean;
  base_momentum?: PerGroup<number>;
  max_momentum?: PerGroup<number>;
  /** The cycle starts at `max_lr / div_factor`. */
  div_factor?: number;
  /** The cycle ends at its start `/ final_div_factor`. */
  final_div_factor?: number;
  /** Goes down in two phases: back to the start as fast as up, then to the end. */
  three_phase?: boolean;
}

type Rate = 'initial_lr' | 'max_lr' | 'min_lr';
type Momentum = 'max_momentum' | 'base_momentum';

/** A part of the cycle: from one of a group's values to another, up to a step. */
interface Phase {
  readonly end_step: number;
  readonly start_lr: Rate;
  readonly end_lr: Rate;
  readonly start_momentum: Momentum;
  readonly end_momentum: Momentum;
}

const ANNEAL = {
  cos: (start, end, pct) => end + ((start - end) / 2) * (Math.cos(Math.PI * pct) + 1),
  linear: (start, end, pct) => (end - start) * pct + start,
} as const satisfies Record<AnnealStrategy, (start: number, end: number, pct: number) => number>;

const DEFAULTS = {
  total_steps: null,
  epochs: null,
  steps_per_epoch: null,
  pct_start: 0.3,
  anneal_strategy: 'cos',
  cycle_momentum: true,
  base_momentum: 0.85,
  max_momentum: 0.95,
  div_factor: 25,
  final_div_factor: 1e4,
  three_phase: false,
  ...COMMON,
} as const;

/**
 * One rise to a peak and one long fall far below the start, a step per batch, the momentum moving against it.
 * Super-Convergence, https://arxiv.org/abs/1708.07120.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html
 */
export class OneCycleLR extends LRScheduler {
  declare total_steps: number;
  declare _schedule_phases: Phase[];
  declare _anneal_func_type: AnnealStrategy;
  declare cycle_momentum: boolean;
  declare use_beta1: boolean;

  /** @throws ValueError in PyTorch's words for options out of their domain, an optimizer without momentum. */
  constructor(optimizer: Optimizer, options: OneCycleLROptions) {
    const read = readOptions<OneCycleLROptions, 'max_lr'>('OneCycleLR', options, DEFAULTS, ['max_lr']);
    const { cycle_momentum, div_factor, final_div_factor, last_epoch, verbose } = read;
    checkOptimizer(optimizer);
    const total_steps = readTotalSteps(read);
    checkShape(read);
    const _anneal_func_type = read.anneal_strategy;
    const _schedule_phases = phases(total_steps, read.pct_start, read.three_phase);
    const max_lrs = perGroup('max_lr', optimizer, read.max_lr);
    const momentum = cycle_momentum ? readMomentum(optimizer, read) : null;
    checkCommon('OneCycleLR', { last_epoch, verbose });
    position(_schedule_phases, last_epoch + 1);
    if (last_epoch === -1) {
      startRates(optimizer, max_lrs, div_factor, final_div_factor);
      if (momentum !== null) startMomentum(optimizer, momentum.use_beta1, momentum.max, momentum.base);
    }
    const fields = { total_steps, _schedule_phases, _anneal_func_type, cycle_momentum };
    const use_beta1 = momentum === null ? {} : { use_beta1: momentum.use_beta1 };
    super(optimizer, { last_epoch, verbose }, { ...fields, ...use_beta1 });
  }

  /**
   * Also moves the momentum.
   * @throws ValueError in PyTorch's words beyond the last step.
   */
  override get_lr(): number[] {
    this.warnOutsideStep();
    const step = this.last_epoch;
    if (step > this.total_steps) {
      throw new ValueError(`Tried to step ${step} times. The specified number of total steps is ${this.total_steps}`);
    }
    const { phase, pct } = position(this._schedule_phases, step);
    const anneal = (from: number, to: number): number => ANNEAL[this._anneal_func_type](from, to, pct);
    const groups: CycledGroup[] = this.optimizer.param_groups;
    const lrs = groups.map((group, i) => anneal(bound(group, phase.start_lr, i), bound(group, phase.end_lr, i)));
    if (this.cycle_momentum) {
      groups.forEach((group, i) => {
        const [from, to] = [bound(group, phase.start_momentum, i), bound(group, phase.end_momentum, i)];
        setMomentum(group, this.use_beta1, anneal(from, to));
      });
    }
    return lrs;
  }
}

/**
 * The phase that a step lies in, and which fraction of it has passed. The last one goes on beyond its end.
 * @throws ValueError where a phase has no steps, for which PyTorch divides by zero.
 */
function position(phases: readonly Phase[], step: number): { phase: Phase; pct: number } {
  const found = phases.findIndex(({ end_step }) => step <= end_step);
  const index = found < 0 ? phases.length - 1 : found;
  const phase = phases[index];
  const start_step = index === 0 ? 0 : phases[index - 1].end_step;
  const steps = phase.end_step - start_step;
  if (steps === 0) {
    throw new ValueError(
      `OneCycleLR: phase ${index} has no steps: pct_start is too small or too large for total_steps`,
    );
  }
  return { phase, pct: (step - start_step) / steps };
}

/** One of the bounds that the start noted in a group. */
function bound(group: CycledGroup, key: Rate | Momentum, index: number): number {
  const value = group[key];
  if (value !== undefined) return value;
  throw new ValueError(
    `OneCycleLR: param_groups[${index}] has no '${key}': the scheduler did not start with this group, and no state of it was loaded`,
  );
}

function readTotalSteps({ total_steps, epochs, steps_per_epoch }: Required<OneCycleLROptions>): number {
  if (total_steps !== null) {
    checkCount('total_steps', total_steps);
    return total_steps;
  }
  if (epochs === null || steps_per_epoch === null) {
    throw new ValueError('You must define either total_steps OR (epochs AND steps_per_epoch)');
  }
  checkCount('epochs', epochs);
  checkCount('steps_per_epoch', steps_per_epoch);
  return epochs * steps_per_epoch;
}

/** The options that say how the cycle runs. */
function checkShape(options: Required<OneCycleLROptions>): void {
  const { pct_start, anneal_strategy, cycle_momentum, div_factor, final_div_factor, three_phase } = options;
  if (typeof pct_start !== 'number' || !(pct_start >= 0 && pct_start <= 1)) {
    throw new ValueError(`Expected float between 0 and 1 pct_start, but got ${show(pct_start)}`);
  }
  if (!Object.hasOwn(ANNEAL, anneal_strategy)) {
    throw new ValueError(`anneal_strategy must be one of 'cos' or 'linear', instead got ${String(anneal_strategy)}`);
  }
  checkBoolean('OneCycleLR', 'cycle_momentum', cycle_momentum);
  checkBoolean('OneCycleLR', 'three_phase', three_phase);
  for (const [key, factor] of Object.entries({ div_factor, final_div_factor })) {
    if (typeof factor === 'number' && factor !== 0 && !Number.isNaN(factor)) continue;
    throw new ValueError(`OneCycleLR(): ${key} must be a number other than 0, got ${show(factor)}`);
  }
}

function phases(total_steps: number, pct_start: number, three_phase: boolean): Phase[] {
  const up: Phase = {
    end_step: pct_start * total_steps - 1,
    start_lr: 'initial_lr',
    end_lr: 'max_lr',
    start_momentum: 'max_momentum',
    end_momentum: 'base_momentum',
  };
  const down: Phase = {
    end_step: total_steps - 1,
    start_lr: 'max_lr',
    end_lr: 'min_lr',
    start_momentum: 'base_momentum',
    end_momentum: 'max_momentum',
  };
  if (!three_phase) return [up, down];
  const back: Phase = { ...down, end_step: 2 * pct_start * total_steps - 2, end_lr: 'initial_lr' };
  return [up, back, { ...down, start_lr: 'initial_lr', start_momentum: 'max_momentum' }];
}

function readMomentum(
  optimizer: Optimizer,
  options: Required<OneCycleLROptions>,
): { use_beta1: boolean; max: number[]; base: number[] } {
  return {
    use_beta1: usesBeta1(optimizer),
    max: perGroup('max_momentum', optimizer, options.max_momentum),
    base: perGroup('base_momentum', optimizer, options.base_momentum),
  };
}

/** Notes the three rates of the cycle in the groups, as PyTorch does. */
function startRates(optimizer: Optimizer, max_lrs: readonly number[], div: number, final_div: number): void {
  optimizer.param_groups.forEach((group: CycledGroup, i) => {
    group.initial_lr = max_lrs[i] / div;
    group.max_lr = max_lrs[i];
    group.min_lr = group.initial_lr / final_div;
  });
}
