import { ValueError } from '@torchlet/tensor';
import { isOptions } from '@torchlet/tensor/internal';
import { Optimizer } from '../optimizer.js';
import { typename } from '../options.js';
import { checkCommon, type LRSchedulerOptions } from './options.js';
import { warnOfStepOrder, watchSteps } from './step-order.js';

const EPOCH_DEPRECATED =
  'UserWarning: The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. ' +
  'Please use `scheduler.step()` to step the scheduler. During the deprecation, if epoch is different from None, the ' +
  'closed form is used instead of the new chainable form, where available.';

const OUTSIDE_STEP =
  'UserWarning: To get the last learning rate computed by the scheduler, please use `get_last_lr()`.';

/** Schedulers that have warned of `step(epoch)`; once each is enough. */
const warnedOfEpoch = new WeakSet<object>();

/** Fields that not every version of PyTorch saves: a state without them is no other scheduler's. */
const LATER_FIELDS: readonly string[] = ['default_min_lr', 'use_beta1'];

/** Fields that a state dict has in another form, behind all others. */
const PACKED: readonly string[] = ['lr_lambdas', '_scale_fn_custom', '_schedulers'];

/**
 * The base of all schedulers. A scheduler adds `get_lr`, the next learning rates computed from the groups' present ones
 * (so that schedulers can be chained), and, where there is one, `_get_closed_form_lr`, the same from `last_epoch` alone.
 * `Args` are the arguments of its `step`.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LRScheduler.html
 */
export class LRScheduler<Args extends unknown[] = [epoch?: number | null]> {
  declare readonly optimizer: Optimizer;
  /** Learning rates at the start, one for each group. */
  declare base_lrs: number[];
  /** The epoch whose learning rates are set now. */
  declare last_epoch: number;
  /** Not enumerable, as PyTorch's state dict has no such field. */
  declare verbose: boolean;
  declare _step_count: number;
  declare _last_lr: number[];
  /** Whether the constructor's step is running, in which a resumed scheduler leaves the rates alone. */
  declare _is_initial: boolean;
  declare _get_lr_called_within_step: boolean;

  static {
    // a scheduler that never stepped has neither in its state dict
    Object.assign(LRScheduler.prototype, { _is_initial: false, _get_lr_called_within_step: false });
  }

  /**
   * @param fields a scheduler's own fields, which `get_lr` needs before the constructor of a subclass could set them
   * @throws ValueError, also when resuming although the groups have no `initial_lr`, in PyTorch's words.
   */
  constructor(optimizer: Optimizer, options: LRSchedulerOptions = {}, fields: object = {}) {
    checkOptimizer(optimizer);
    const { last_epoch = -1, verbose = false } = options;
    checkCommon(this.constructor.name, { last_epoch, verbose });
    // not enumerable, because they belong to no state dict
    Object.defineProperty(this, 'optimizer', { value: optimizer });
    Object.defineProperty(this, 'verbose', { value: verbose, writable: true });
    Object.assign(this, fields);
    watchSteps(optimizer);
    this.start(last_epoch);
  }

  /** What the constructor does when all options are known to be good. */
  protected start(last_epoch: number): void {
    this.base_lrs = initialRates(this.optimizer, last_epoch);
    this.last_epoch = last_epoch;
    this._initial_step();
  }

  /** The step that sets the learning rates of the start. */
  _initial_step(): void {
    this._step_count = 0;
    this._is_initial = true;
    try {
      (this as unknown as LRScheduler).step();
    } finally {
      this._is_initial = false;
    }
  }

  /** The learning rates of `last_epoch`, one for each group, from those that the groups have. */
  get_lr(): number[] {
    throw new ValueError(`${this.constructor.name} has no get_lr(): a scheduler overrides it`);
  }

  /** The learning rates of `last_epoch` from `base_lrs`; null where a scheduler has no closed form. */
  _get_closed_form_lr(): number[] | null {
    return null;
  }

  /** Every `get_lr` begins with it: the rates it returns are of use to `step` only. */
  protected warnOutsideStep(): void {
    if (!this._get_lr_called_within_step) console.warn(OUTSIDE_STEP);
  }

  /** The groups' present learning rates. */
  protected currentRates(): number[] {
    return this.optimizer.param_groups.map(({ lr }) => lr);
  }

  /** The learning rates that the last step set. */
  get_last_lr(): number[] {
    return this._last_lr;
  }

  /**
   * Goes on to the next epoch; call it after the optimizer's steps.
   * @param args an epoch to jump to, by the closed form where there is one; deprecated in PyTorch
   */
  step(...args: Args): void {
    const epoch = (args[0] ?? null) as number | null;
    if (epoch !== null && (typeof epoch !== 'number' || Number.isNaN(epoch))) {
      throw new ValueError(`${this.constructor.name}.step(): epoch must be a number, got ${String(epoch)}`);
    }
    if (this._step_count === 1) warnOfStepOrder(this.optimizer);
    if (epoch !== null) this.warnOfEpoch();
    this._step_count++;
    this._update_lr(epoch);
  }

  protected warnOfEpoch(): void {
    if (warnedOfEpoch.has(this)) return;
    warnedOfEpoch.add(this);
    console.warn(EPOCH_DEPRECATED);
  }

  /** A step without its warnings. */
  _update_lr(epoch: number | null = null): void {
    this.last_epoch = epoch ?? this.last_epoch + 1;
    this.setRates(() => (epoch === null ? null : this._get_closed_form_lr()) ?? this.get_lr(), epoch);
  }

  /**
   * Gives the groups their rates. A group that was added after rates which follow from `base_lrs` keeps its own.
   * @throws ValueError for a rate that is no number; no group is changed then.
   */
  protected setRates(compute: () => number[], epoch: number | null): void {
    this._get_lr_called_within_step = true;
    let values: number[];
    try {
      values = compute();
    } finally {
      this._get_lr_called_within_step = false;
    }
    const bad = values.findIndex((value) => typeof value !== 'number' || Number.isNaN(value));
    if (bad >= 0) {
      throw new ValueError(
        `${this.constructor.name}: the learning rate of group ${bad} at epoch ${this.last_epoch} is no number: ` +
          String(values[bad]),
      );
    }
    this.optimizer.param_groups.slice(0, values.length).forEach((group, i) => {
      group.lr = values[i];
      if (this.verbose) printChange(i, values[i], epoch);
    });
    this._last_lr = this.currentRates();
  }

  /**
   * Everything but the optimizer, under PyTorch's names.
   * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LRScheduler.html#torch.optim.lr_scheduler.LRScheduler.state_dict
   */
  state_dict(): Record<string, unknown> {
    const keys = Object.keys(this);
    const order = [...keys.filter((key) => !PACKED.includes(key)), ...keys.filter((key) => PACKED.includes(key))];
    return Object.fromEntries(order.map((key) => [key, this.pack(key, this[key as keyof this])]));
  }

  /**
   * Takes over what `state_dict` returned; the optimizer's own state dict has the groups' learning rates.
   * @throws ValueError for the state of another kind of scheduler; nothing is changed then.
   */
  load_state_dict(state_dict: Record<string, unknown>): void {
    this.checkState(state_dict);
    for (const key of Object.keys(this)) {
      if (Object.hasOwn(state_dict, key)) Object.assign(this, { [key]: this.unpack(key, state_dict[key]) });
    }
  }

  /** A field as the state dict has it. */
  protected pack(_key: string, value: unknown): unknown {
    return value;
  }

  /** A field from what the state dict has of it. */
  protected unpack(_key: string, saved: unknown): unknown {
    return saved;
  }

  /** @internal Throws unless `load_state_dict` can take the state over. */
  checkState(state_dict: Record<string, unknown>): void {
    if (!isOptions(state_dict)) {
      throw new ValueError(`load_state_dict(): expected state_dict to be dict-like, got ${typename(state_dict)}`);
    }
    // what later or earlier versions lack says nothing about the kind
    const missing = Object.keys(this).filter(
      (key) => !key.startsWith('_') && !LATER_FIELDS.includes(key) && !Object.hasOwn(state_dict, key),
    );
    if (missing.length > 0) {
      throw new ValueError(
        `loaded state dict is not one of ${this.constructor.name}: it lacks ${missing.map((key) => `'${key}'`).join(', ')}`,
      );
    }
  }
}

/** PyTorch's former name of the base class. */
export class _LRScheduler extends LRScheduler {}

/** @throws ValueError in PyTorch's words. */
export function checkOptimizer(optimizer: unknown): asserts optimizer is Optimizer {
  if (!(optimizer instanceof Optimizer)) throw new ValueError(`${typename(optimizer)} is not an Optimizer`);
}

function initialRates(optimizer: Optimizer, last_epoch: number): number[] {
  return optimizer.param_groups.map((group, i) => {
    if (last_epoch === -1) group.initial_lr ??= group.lr;
    if (group.initial_lr === undefined) {
      throw new ValueError(
        `param 'initial_lr' is not specified in param_groups[${i}] when resuming scheduler with last_epoch >= 0.\n` +
          "This typically happens when:\n1. You're trying to resume training from a checkpoint but haven't properly loaded " +
          "the optimizer state\n2. You're using last_epoch >= 0 for a fresh training run (not recommended)",
      );
    }
    return group.initial_lr;
  });
}

/** As PyTorch prints it: `Adjusting learning rate of group 0 to 1.0000e-01.` */
export function printChange(group: number, lr: number, epoch: number | null, verb: string = 'adjusting'): void {
  const rate = lr.toExponential(4).replace(/e([+-])(\d)$/, 'e$10$2');
  const number = epoch !== null && Number.isInteger(epoch) ? String(epoch).padStart(5, '0') : epoch?.toFixed(2);
  const text = epoch === null ? 'Adjusting' : `Epoch ${number}: ${verb}`;
  // biome-ignore lint/suspicious/noConsole: the printout is what `verbose` asks for
  console.log(`${text} learning rate of group ${group} to ${rate}.`);
}
