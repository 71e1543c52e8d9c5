import { ValueError } from '@torchlet/tensor';
import { checkOptimizer, LRScheduler } from '../lr-scheduler/lr-scheduler.js';
import {
  COMMON,
  checkCommon,
  type LRSchedulerOptions,
  type PerGroup,
  perGroup,
  readOptions,
} from '../lr-scheduler/options.js';
import type { Optimizer } from '../optimizer.js';
import type { ParamGroup } from '../param-groups.js';

export interface SWALROptions extends Pick<LRSchedulerOptions, 'last_epoch'> {
  /** The learning rate to which all groups, or each group, are annealed. */
  swa_lr: PerGroup<number>;
  /** Epochs that the annealing takes; 0 sets `swa_lr` at once. */
  anneal_epochs?: number;
  anneal_strategy?: 'cos' | 'linear';
}

/** A group under SWALR. */
type Group = ParamGroup<{ lr: number }> & { swa_lr?: number };

/**
 * Anneals the learning rate from where another scheduler has left it to a constant one, `swa_lr`, at which weights are
 * averaged: lr = α · swa_lr + (1 − α) · lr₀, where α rises from 0 to 1 over `anneal_epochs`, t straight or (1 − cos πt) / 2.
 * https://pytorch.org/docs/stable/generated/torch.optim.swa_utils.SWALR.html
 */
export class SWALR extends LRScheduler {
  declare anneal_epochs: number;
  declare _anneal_strategy: 'cos' | 'linear';

  /** @throws ValueError in PyTorch's words; the groups are unchanged then. */
  constructor(optimizer: Optimizer, options: SWALROptions) {
    const defaults = { anneal_epochs: 10, anneal_strategy: 'cos', last_epoch: COMMON.last_epoch } as const;
    const read = readOptions<SWALROptions, 'swa_lr'>('SWALR', options, defaults, ['swa_lr']);
    const { anneal_epochs, anneal_strategy: _anneal_strategy, last_epoch } = read;
    checkOptimizer(optimizer);
    const rates = perGroup('swa_lr', optimizer, read.swa_lr);
    checkAnnealing(anneal_epochs, _anneal_strategy);
    checkCommon('SWALR', { last_epoch, verbose: false });
    const groups: Group[] = optimizer.param_groups;
    // otherwise the base class refuses
    const starts = last_epoch === -1 || groups.every(({ initial_lr }) => initial_lr !== undefined);
    if (starts) for (const [i, group] of groups.entries()) group.swa_lr = rates[i];
    super(optimizer, { last_epoch }, { _anneal_strategy, anneal_epochs });
  }

  /** How far the annealing is after the share t of its epochs. */
  anneal_func(t: number): number {
    return this._anneal_strategy === 'cos' ? (1 - Math.cos(Math.PI * t)) / 2 : t;
  }

  /** From the present rates: what they were before the annealing follows from them and the last α. */
  override get_lr(): number[] {
    this.warnOutsideStep();
    const epochs = Math.max(1, this.anneal_epochs);
    const step = this.anneal_epochs === 0 ? Math.max(1, this._step_count - 1) : this._step_count - 1;
    const share = (steps: number): number => this.anneal_func(Math.max(0, Math.min(1, steps / epochs)));
    const [last, alpha] = [share(step - 1), share(step)];
    return this.optimizer.param_groups.map((group: Group, i) => {
      const { lr, swa_lr } = group;
      if (swa_lr === undefined) throw new ValueError(`SWALR: param_groups[${i}] has no 'swa_lr'`);
      const start = last === 1 ? swa_lr : (lr - last * swa_lr) / (1 - last);
      return swa_lr * alpha + start * (1 - alpha);
    });
  }
}

function checkAnnealing(epochs: unknown, strategy: unknown): void {
  if (strategy !== 'cos' && strategy !== 'linear') {
    throw new ValueError(`anneal_strategy must be one of 'cos' or 'linear', instead got ${String(strategy)}`);
  }
  if (!Number.isSafeInteger(epochs) || (epochs as number) < 0) {
    throw new ValueError(`anneal_epochs must be equal or greater than 0, got ${String(epochs)}`);
  }
}
