import { ValueError } from '@torchlet/tensor';
import { checkBoolean, isOptions } from '@torchlet/tensor/internal';
import type { Optimizer } from '../optimizer.js';
import { show } from '../options.js';
import { savedFunction } from './lambdas.js';
import { checkOptimizer, LRScheduler } from './lr-scheduler.js';
import { setMomentum, startMomentum, usesBeta1 } from './momentum-cycle.js';
import { COMMON, checkNumbers, type LRSchedulerOptions, type PerGroup, perGroup, readOptions } from './options.js';

export type CyclicMode = 'triangular' | 'triangular2' | 'exp_range';
export type ScaleFn = (x: number) => number;

export interface CyclicLROptions extends LRSchedulerOptions {
  /** The lower bound, which is the learning rate of the start. */
  base_lr: PerGroup<number>;
  /** The upper bound, before scaling. */
  max_lr: PerGroup<number>;
  /** Batches from the lower bound to the upper one. */
  step_size_up?: number;
  /** Batches back; null means as many. */
  step_size_down?: number | null;
  /** How cycles shrink: not at all, by half each, or by `gamma` each batch. */
  mode?: CyclicMode;
  gamma?: number;
  /** A scaling of one's own in place of `mode`. */
  scale_fn?: ScaleFn | null;
  /** What `scale_fn` is a function of: the cycle, counted from 1, or the batches so far. */
  scale_mode?: 'cycle' | 'iterations';
  /** Moves the momentum from `max_momentum` to `base_momentum` and back, against the learning rate. */
  cycle_momentum?: boolean;
  base_momentum?: PerGroup<number>;
  max_momentum?: PerGroup<number>;
}

/** The three modes: a scale, and what it is a function of. */
const MODES = {
  triangular: { scale: () => 1, scale_mode: 'cycle' },
  triangular2: { scale: (cycle) => 1 / 2 ** (cycle - 1), scale_mode: 'cycle' },
  exp_range: { scale: (batches, gamma) => gamma ** batches, scale_mode: 'iterations' },
} as const satisfies Record<CyclicMode, { scale: (x: number, gamma: number) => number; scale_mode: string }>;

const DEFAULTS = {
  step_size_up: 2000,
  step_size_down: null,
  mode: 'triangular',
  gamma: 1,
  scale_fn: null,
  scale_mode: 'cycle',
  cycle_momentum: true,
  base_momentum: 0.8,
  max_momentum: 0.9,
  ...COMMON,
} as const;

/**
 * Up and down between two bounds along straight lines, a step per batch: lr = base + (max − base) · triangle · scale.
 * Cyclical Learning Rates for Training Neural Networks, https://arxiv.org/abs/1506.01186.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CyclicLR.html
 */
export class CyclicLR extends LRScheduler {
  declare max_lrs: number[];
  declare total_size: number;
  declare step_ratio: number;
  declare mode: CyclicMode;
  declare gamma: number;
  declare scale_mode: 'cycle' | 'iterations';
  declare _scale_fn_custom: ScaleFn | null;
  declare cycle_momentum: boolean;
  declare use_beta1: boolean;
  declare base_momentums: number[];
  declare max_momentums: number[];

  /** @throws ValueError in PyTorch's words for lists of a wrong length, an unknown mode, an optimizer without momentum. */
  constructor(optimizer: Optimizer, options: CyclicLROptions) {
    const read = readOptions<CyclicLROptions, 'base_lr' | 'max_lr'>('CyclicLR', options, DEFAULTS, [
      'base_lr',
      'max_lr',
    ]);
    checkOptimizer(optimizer);
    const base_lrs = perGroup('base_lr', optimizer, read.base_lr);
    const max_lrs = perGroup('max_lr', optimizer, read.max_lr);
    const shape = readShape(read);
    checkBoolean('CyclicLR', 'cycle_momentum', read.cycle_momentum);
    const momentum = read.cycle_momentum ? readMomentum(optimizer, read) : {};
    const { last_epoch, verbose, cycle_momentum } = read;
    super(optimizer, { last_epoch, verbose }, { max_lrs, ...shape, cycle_momentum, ...momentum, base_lrs });
  }

  protected override start(last_epoch: number): void {
    const { base_lrs, optimizer } = this;
    if (last_epoch === -1) {
      optimizer.param_groups.forEach((group, i) => {
        group.lr = base_lrs[i];
      });
      if (this.cycle_momentum) startMomentum(optimizer, this.use_beta1, this.max_momentums, this.base_momentums);
    }
    super.start(last_epoch);
    // not the groups' `initial_lr`, which may be another scheduler's
    this.base_lrs = base_lrs;
  }

  /** How high a cycle reaches, as a fraction of the way to `max_lr`. */
  scale_fn(x: number): number {
    return this._scale_fn_custom === null ? MODES[this.mode].scale(x, this.gamma) : this._scale_fn_custom(x);
  }

  /** Also moves the momentum. */
  override get_lr(): number[] {
    this.warnOutsideStep();
    const cycle = Math.floor(1 + this.last_epoch / this.total_size);
    const x = 1 + this.last_epoch / this.total_size - cycle;
    const triangle = x <= this.step_ratio ? x / this.step_ratio : (x - 1) / (this.step_ratio - 1);
    const argument = this.scale_mode === 'cycle' ? cycle : this.last_epoch;
    const height = (low: number, high: number): number => (high - low) * triangle * this.scale_fn(argument);
    if (this.cycle_momentum) {
      this.optimizer.param_groups.slice(0, this.max_momentums.length).forEach((group, i) => {
        const [low, high] = [this.base_momentums[i], this.max_momentums[i]];
        setMomentum(group, this.use_beta1, high - height(low, high));
      });
    }
    return this.base_lrs.map((base_lr, i) => base_lr + height(base_lr, this.max_lrs[i]));
  }

  protected override pack(key: string, value: unknown): unknown {
    return key === '_scale_fn_custom' && value !== null ? savedFunction(value as ScaleFn) : value;
  }

  protected override unpack(key: string, saved: unknown): unknown {
    if (key !== '_scale_fn_custom') return saved;
    if (isOptions(saved) && this._scale_fn_custom !== null) Object.assign(this._scale_fn_custom, saved);
    return this._scale_fn_custom;
  }
}

/** The triangle and its scaling. */
function readShape(options: Required<CyclicLROptions>): object {
  const { step_size_up, mode, gamma, scale_fn } = options;
  const step_size_down = options.step_size_down ?? step_size_up;
  for (const [key, size] of Object.entries({ step_size_up, step_size_down })) {
    if (typeof size !== 'number' || !(size > 0)) {
      throw new ValueError(`CyclicLR(): ${key} must be a positive number, got ${show(size)}`);
    }
  }
  if (scale_fn !== null && typeof scale_fn !== 'function') {
    throw new ValueError(`CyclicLR(): scale_fn must be a function or null, got ${show(scale_fn)}`);
  }
  if (scale_fn === null && !Object.hasOwn(MODES, mode)) throw new ValueError('mode is invalid and scale_fn is None');
  checkNumbers({ gamma });
  if (options.scale_mode !== 'cycle' && options.scale_mode !== 'iterations') {
    throw new ValueError(`CyclicLR(): scale_mode must be 'cycle' or 'iterations', got ${show(options.scale_mode)}`);
  }
  const scale_mode = scale_fn === null ? MODES[mode].scale_mode : options.scale_mode;
  const total_size = step_size_up + step_size_down;
  return { total_size, step_ratio: step_size_up / total_size, mode, gamma, _scale_fn_custom: scale_fn, scale_mode };
}

function readMomentum(optimizer: Optimizer, options: Required<CyclicLROptions>): object {
  return {
    use_beta1: usesBeta1(optimizer),
    base_momentums: perGroup('base_momentum', optimizer, options.base_momentum),
    max_momentums: perGroup('max_momentum', optimizer, options.max_momentum),
  };
}
