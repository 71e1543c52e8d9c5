import { Tensor, ValueError } from '@torchlet/tensor';
import type { Optimizer } from '../optimizer.js';
import { show } from '../options.js';
import { checkOptimizer, LRScheduler, printChange } from './lr-scheduler.js';
import { checkNumbers, type PerGroup, readOptions } from './options.js';

export interface ReduceLROnPlateauOptions {
  /** Whether the metric is to fall or to rise. */
  mode?: 'min' | 'max';
  /** By which the learning rate is multiplied when the metric no longer improves. */
  factor?: number;
  /** Epochs without improvement that are borne; the next one reduces. */
  patience?: number;
  /** What counts as an improvement. */
  threshold?: number;
  /** Whether `threshold` is a fraction of the best value, or added to it. */
  threshold_mode?: 'rel' | 'abs';
  /** Epochs after a reduction in which nothing counts as bad. */
  cooldown?: number;
  /** The least learning rate. */
  min_lr?: PerGroup<number>;
  /** A smaller reduction is not made. */
  eps?: number;
  /** Prints every reduction. PyTorch dropped it. */
  verbose?: boolean;
}

const DEFAULTS = {
  mode: 'min',
  factor: 0.1,
  patience: 10,
  threshold: 1e-4,
  threshold_mode: 'rel',
  cooldown: 0,
  min_lr: 0,
  eps: 1e-8,
  verbose: false,
} as const;

/**
 * Multiplies the learning rate by `factor` when a metric, such as the loss on held-out data, stops improving.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html
 */
export class ReduceLROnPlateau extends LRScheduler<[metrics: number | Tensor, epoch?: number | null]> {
  declare mode: 'min' | 'max';
  declare factor: number;
  declare patience: number;
  declare threshold: number;
  declare threshold_mode: 'rel' | 'abs';
  declare cooldown: number;
  /** `min_lr` where it is one for all groups, also for those to come; else null. */
  declare default_min_lr: number | null;
  declare min_lrs: number[];
  declare eps: number;
  declare best: number;
  declare mode_worse: number;
  declare cooldown_counter: number;
  declare num_bad_epochs: number;

  /** @throws ValueError in PyTorch's words for an unknown mode, a factor of 1 or more, a list of a wrong length. */
  constructor(optimizer: Optimizer, options: ReduceLROnPlateauOptions = {}) {
    const read = readOptions<ReduceLROnPlateauOptions>('ReduceLROnPlateau', options, DEFAULTS);
    const { mode, factor, patience, threshold, threshold_mode, cooldown, min_lr, eps, verbose } = read;
    if (!(factor < 1)) throw new ValueError('Factor should be < 1.0.');
    checkOptimizer(optimizer);
    const rates = minLrs(optimizer, min_lr);
    if (mode !== 'min' && mode !== 'max') throw new ValueError(`mode ${String(mode)} is unknown!`);
    if (threshold_mode !== 'rel' && threshold_mode !== 'abs') {
      throw new ValueError(`threshold mode ${String(threshold_mode)} is unknown!`);
    }
    checkNumbers({ factor, patience, threshold, cooldown, eps });
    const now = { last_epoch: 0, _last_lr: optimizer.param_groups.map(({ lr }) => lr), mode_worse: worst(mode) };
    const fields = { factor, ...rates, patience, cooldown, eps, ...now, mode, threshold, threshold_mode };
    super(optimizer, { verbose }, fields);
  }

  protected override start(): void {
    this._reset();
  }

  /** Forgets the best value and all counts. */
  _reset(): void {
    this.best = this.mode_worse;
    this.cooldown_counter = 0;
    this.num_bad_epochs = 0;
  }

  /** Whether bad epochs are not counted at present. */
  get in_cooldown(): boolean {
    return this.cooldown_counter > 0;
  }

  /**
   * Takes the metric of an epoch and reduces the rates if it is time; call it after the epoch's validation.
   * @param epoch the epoch's number; deprecated in PyTorch
   * @throws ValueError unless the metric is a number or a tensor of one element.
   */
  override step(metrics: number | Tensor, epoch: number | null = null): void {
    const current = metrics instanceof Tensor ? Number(metrics.item()) : metrics;
    if (typeof current !== 'number') {
      throw new ValueError(`ReduceLROnPlateau.step(): metrics must be a number or a Tensor, got ${show(metrics)}`);
    }
    if (epoch !== null) this.warnOfEpoch();
    this.last_epoch = epoch ?? this.last_epoch + 1;
    if (this._is_better(current, this.best)) {
      this.best = current;
      this.num_bad_epochs = 0;
    } else this.num_bad_epochs++;
    if (this.in_cooldown) {
      this.cooldown_counter--;
      this.num_bad_epochs = 0;
    }
    if (this.num_bad_epochs > this.patience) {
      this.reduce();
      this.cooldown_counter = this.cooldown;
      this.num_bad_epochs = 0;
    }
    this._last_lr = this.currentRates();
  }

  /** Whether `a` improves on `best` by more than the threshold; NaN never does. */
  _is_better(a: number, best: number): boolean {
    const { mode, threshold, threshold_mode } = this;
    if (mode === 'min') return a < (threshold_mode === 'rel' ? best * (1 - threshold) : best - threshold);
    return a > (threshold_mode === 'rel' ? best * (threshold + 1) : best + threshold);
  }

  private reduce(): void {
    const groups = this.optimizer.param_groups;
    if (groups.length !== this.min_lrs.length) {
      if (this.default_min_lr === null) {
        throw new ValueError(
          `The number of param groups in the \`optimizer\` (${groups.length}) differs from when \`ReduceLROnPlateau\` ` +
            `was initialized (${this.min_lrs.length}), usually due to a new param group being added to the optimizer. ` +
            'Please modify the `min_lrs` field to match the length of the `optimizer` param groups.',
        );
      }
      this.min_lrs = Array<number>(groups.length).fill(this.default_min_lr);
    }
    groups.forEach((group, i) => {
      const lr = Math.max(group.lr * this.factor, this.min_lrs[i]);
      if (!(group.lr - lr > this.eps)) return;
      group.lr = lr;
      if (this.verbose) printChange(i, lr, this.last_epoch, 'reducing');
    });
  }

  /** JSON has no infinity: a `best` of null is that of a scheduler that has seen no metric. */
  override load_state_dict(state_dict: Record<string, unknown>): void {
    super.load_state_dict(state_dict);
    this.mode_worse = worst(this.mode);
    this.best ??= this.mode_worse;
  }
}

const worst = (mode: 'min' | 'max'): number => (mode === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY);

function minLrs(optimizer: Optimizer, min_lr: PerGroup<number>): { default_min_lr: number | null; min_lrs: number[] } {
  const groups = optimizer.param_groups.length;
  const list = Array.isArray(min_lr) ? [...(min_lr as readonly number[])] : null;
  if (list !== null && list.length !== groups) {
    throw new ValueError(`expected ${groups} min_lrs, got ${list.length}`);
  }
  const min_lrs = list ?? Array<number>(groups).fill(min_lr as number);
  for (const each of min_lrs) checkNumbers({ min_lr: each });
  return { default_min_lr: list === null ? (min_lr as number) : null, min_lrs };
}
