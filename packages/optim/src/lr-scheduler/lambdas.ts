/** What LambdaLR and MultiplicativeLR share: a function of the epoch for each group. */
import { ValueError } from '@torchlet/tensor';
import { isOptions } from '@torchlet/tensor/internal';
import type { Optimizer } from '../optimizer.js';
import { typename } from '../options.js';
import { checkOptimizer, LRScheduler } from './lr-scheduler.js';
import { COMMON, type LRSchedulerOptions, type PerGroup, readOptions } from './options.js';

/** The factor of an epoch. */
export type LRLambda = (epoch: number) => number;

export interface LambdaOptions extends LRSchedulerOptions {
  /** A factor for each epoch; a list has one for each group. */
  lr_lambda: PerGroup<LRLambda>;
}

/**
 * The fields of a callable object, which a state dict saves; null for a plain function, which it does not, as in
 * PyTorch. A callable object is a function whose prototype is a class's.
 */
export const savedFunction = (fn: object): object | null =>
  Object.getPrototypeOf(fn) === Function.prototype ? null : { ...fn };

export abstract class LambdaScheduler extends LRScheduler {
  declare lr_lambdas: LRLambda[];

  /** @throws ValueError for a list of another length than the groups', and for what is no function. */
  constructor(name: string, optimizer: Optimizer, options: LambdaOptions) {
    const { lr_lambda, ...rest } = readOptions(name, options, COMMON, ['lr_lambda']);
    checkOptimizer(optimizer);
    const groups = optimizer.param_groups.length;
    const lr_lambdas = Array.isArray(lr_lambda) ? lr_lambda : Array.from({ length: groups }, () => lr_lambda);
    if (lr_lambdas.length !== groups) {
      throw new ValueError(`Expected ${groups} lr_lambdas, but got ${lr_lambdas.length}`);
    }
    for (const each of lr_lambdas) {
      if (typeof each !== 'function') {
        throw new ValueError(`lr_lambda should be a function, but got ${typename(each)}`);
      }
    }
    super(optimizer, rest, { lr_lambdas });
  }

  protected override pack(key: string, value: unknown): unknown {
    return key === 'lr_lambdas' ? this.lr_lambdas.map(savedFunction) : value;
  }

  protected override unpack(key: string, saved: unknown): unknown {
    if (key !== 'lr_lambdas') return saved;
    (saved as (object | null)[]).forEach((fields, i) => {
      if (fields !== null) Object.assign(this.lr_lambdas[i], fields);
    });
    return this.lr_lambdas;
  }

  override checkState(state_dict: Record<string, unknown>): void {
    super.checkState(state_dict);
    const saved = state_dict.lr_lambdas;
    const groups = this.lr_lambdas.length;
    if (!Array.isArray(saved) || saved.length !== groups || !saved.every((fn) => fn === null || isOptions(fn))) {
      throw new ValueError(`load_state_dict(): expected 'lr_lambdas' to be a list of ${groups} dicts or nulls`);
    }
  }
}
