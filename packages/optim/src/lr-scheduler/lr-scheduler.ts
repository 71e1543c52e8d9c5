import { ValueError } from '@torchlet/tensor';
import { checkBoolean, isOptions } from '@torchlet/tensor/internal';
import { type GroupOptions, Optimizer } from '../optimizer.js';
import { typename } from '../options.js';

/** Options of every scheduler. */
export interface LRSchedulerOptions {
  /** The epoch to resume after; −1 starts afresh. */
  last_epoch?: number;
  /** Prints every change of the learning rate. Deprecated in PyTorch. */
  verbose?: boolean;
}

const STEP_ORDER =
  'UserWarning: Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, you ' +
  'should call them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`.  Failure to do this will ' +
  'result in PyTorch skipping the first value of the learning rate schedule. See more details at ' +
  'https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate';

const EPOCH_DEPRECATED =
  'UserWarning: The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. ' +
  'Please use `scheduler.step()` to step the scheduler. During the deprecation, if epoch is different from None, the ' +
  'closed form is used instead of the new chainable form, where available.';

/** Schedulers that have warned of `step(epoch)`; once each is enough. */
const warnedOfEpoch = new WeakSet<LRScheduler>();

/**
 * The base of all schedulers. A scheduler adds `get_lr`, the next learning rates computed from the groups' present ones
 * (so that schedulers can be chained), and, where there is one, `_get_closed_form_lr`, the same from `last_epoch` alone.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LRScheduler.html
 */
export class LRScheduler {
  declare readonly optimizer: Optimizer;
  /** Learning rates at the start, one for each group. */
  declare base_lrs: number[];
  /** The epoch whose learning rates are set now. */
  declare last_epoch: number;
  declare verbose: boolean;
  declare _step_count: number;
  declare _last_lr: number[];

  /**
   * @param fields a scheduler's own fields, which `get_lr` needs before the constructor of a subclass could set them
   * @throws ValueError, also when resuming although the groups have no `initial_lr`, in PyTorch's words.
   */
  constructor(optimizer: Optimizer, options: LRSchedulerOptions = {}, fields: object = {}) {
    const name = this.constructor.name;
    if (!(optimizer instanceof Optimizer)) throw new ValueError(`${typename(optimizer)} is not an Optimizer`);
    const { last_epoch = -1, verbose = false } = options;
    if (!Number.isSafeInteger(last_epoch) || last_epoch < -1) {
      throw new ValueError(`${name}(): last_epoch must be an integer of at least -1, got ${String(last_epoch)}`);
    }
    checkBoolean(name, 'verbose', verbose);
    // not enumerable, because it belongs to no state dict
    Object.defineProperty(this, 'optimizer', { value: optimizer });
    Object.assign(this, fields);
    this.base_lrs = initialRates(optimizer, last_epoch);
    this.last_epoch = last_epoch;
    this.verbose = verbose;
    this._step_count = 0;
    this.step();
  }

  /** The learning rates of `last_epoch`, one for each group, from those that the groups have. */
  get_lr(): number[] {
    throw new ValueError(`${this.constructor.name} has no get_lr(): a scheduler overrides it`);
  }

  /** The learning rates of `last_epoch` from `base_lrs`; null where a scheduler has no closed form. */
  _get_closed_form_lr(): number[] | null {
    return null;
  }

  /** The learning rates that the last step set. */
  get_last_lr(): number[] {
    return this._last_lr;
  }

  /**
   * Goes on to the next epoch; call it after the optimizer's steps.
   * @param epoch jump to this epoch instead, by the closed form where there is one. Deprecated in PyTorch.
   */
  step(epoch: number | null = null): void {
    if (epoch !== null && (typeof epoch !== 'number' || Number.isNaN(epoch))) {
      throw new ValueError(`${this.constructor.name}.step(): epoch must be a number, got ${String(epoch)}`);
    }
    // an optimizer with a step of its own is not counted
    const counted = this.optimizer.step === Optimizer.prototype.step;
    if (this._step_count === 1 && counted && this.optimizer.stepsTaken === 0) console.warn(STEP_ORDER);
    if (epoch !== null && !warnedOfEpoch.has(this)) {
      warnedOfEpoch.add(this);
      console.warn(EPOCH_DEPRECATED);
    }
    this._step_count++;
    this.last_epoch = epoch ?? this.last_epoch + 1;
    const values = (epoch === null ? null : this._get_closed_form_lr()) ?? this.get_lr();
    const groups = this.optimizer.param_groups;
    for (let i = 0; i < Math.min(groups.length, values.length); i++) {
      groups[i].lr = values[i];
      if (this.verbose) printChange(i, values[i], epoch);
    }
    this._last_lr = groups.map((group) => group.lr);
  }

  /**
   * Everything but the optimizer, under PyTorch's names.
   * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LRScheduler.html#torch.optim.lr_scheduler.LRScheduler.state_dict
   */
  state_dict(): Record<string, unknown> {
    return Object.fromEntries(Object.entries(this));
  }

  /**
   * Takes over what `state_dict` returned; the optimizer's own state dict has the groups' learning rates.
   * @throws ValueError for the state of another kind of scheduler; nothing is changed then.
   */
  load_state_dict(state_dict: Record<string, unknown>): void {
    if (!isOptions(state_dict)) {
      throw new ValueError(`load_state_dict(): expected state_dict to be dict-like, got ${typename(state_dict)}`);
    }
    const own = Object.keys(this);
    // what later or earlier versions lack says nothing about the kind
    const missing = own.filter((key) => key !== 'verbose' && !key.startsWith('_') && !Object.hasOwn(state_dict, key));
    if (missing.length > 0) {
      throw new ValueError(
        `loaded state dict is not one of ${this.constructor.name}: it lacks ${missing.map((key) => `'${key}'`).join(', ')}`,
      );
    }
    for (const key of own) if (Object.hasOwn(state_dict, key)) Object.assign(this, { [key]: state_dict[key] });
  }
}

function initialRates(optimizer: Optimizer, last_epoch: number): number[] {
  return optimizer.param_groups.map((group, i) => {
    if (last_epoch === -1) group.initial_lr ??= group.lr;
    if (group.initial_lr === undefined) {
      throw new ValueError(`param 'initial_lr' is not specified in param_groups[${i}] when resuming an optimizer`);
    }
    return group.initial_lr;
  });
}

/** As PyTorch prints it: `Adjusting learning rate of group 0 to 1.0000e-01.` */
function printChange(group: number, lr: number, epoch: number | null): void {
  const rate = lr.toExponential(4).replace(/e([+-])(\d)$/, 'e$10$2');
  const number = epoch !== null && Number.isInteger(epoch) ? String(epoch).padStart(5, '0') : epoch?.toFixed(2);
  const text = epoch === null ? 'Adjusting' : `Epoch ${number}: adjusting`;
  // biome-ignore lint/suspicious/noConsole: the printout is what `verbose` asks for
  console.log(`${text} learning rate of group ${group} to ${rate}.`);
}

/** The groups' present learning rates. */
export const currentRates = (optimizer: Optimizer<GroupOptions>): number[] =>
  optimizer.param_groups.map(({ lr }) => lr);
