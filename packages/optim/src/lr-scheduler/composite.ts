/** What SequentialLR and ChainedScheduler share: schedulers of one optimizer, saved and loaded together. */
import { ValueError } from '@torchlet/tensor';
import type { Optimizer } from '../optimizer.js';
import { LRScheduler } from './lr-scheduler.js';
import { ReduceLROnPlateau } from './reduce-lr-on-plateau.js';

export abstract class CompositeScheduler extends LRScheduler<[]> {
  declare _schedulers: LRScheduler[];

  protected checkNoEpoch(args: readonly unknown[]): void {
    if ((args[0] ?? null) === null) return;
    throw new ValueError(`${this.constructor.name}.step() takes no epoch, got ${String(args[0])}`);
  }

  protected override pack(key: string, value: unknown): unknown {
    return key === '_schedulers' ? this._schedulers.map((scheduler) => scheduler.state_dict()) : value;
  }

  protected override unpack(key: string, saved: unknown): unknown {
    if (key !== '_schedulers') return saved;
    this._schedulers.forEach((scheduler, i) => {
      scheduler.load_state_dict((saved as Record<string, unknown>[])[i]);
    });
    return this._schedulers;
  }

  override checkState(state_dict: Record<string, unknown>): void {
    super.checkState(state_dict);
    const saved = state_dict._schedulers;
    const count = this._schedulers.length;
    if (!Array.isArray(saved) || saved.length !== count) {
      throw new ValueError(`load_state_dict(): expected '_schedulers' to be a list of ${count} state dicts`);
    }
    this._schedulers.forEach((scheduler, i) => {
      scheduler.checkState(saved[i]);
    });
  }
}

/** @throws ValueError in PyTorch's words unless all are schedulers of this optimizer that step without an argument. */
export function checkSchedulers(name: string, schedulers: readonly unknown[], optimizer: Optimizer): void {
  schedulers.forEach((scheduler, i) => {
    if (!(scheduler instanceof LRScheduler)) {
      throw new ValueError(`${name} at index ${i} should have \`optimizer\` as its attribute.`);
    }
    if (scheduler instanceof ReduceLROnPlateau) {
      throw new ValueError(
        `${name} does not support \`ReduceLROnPlateau\` scheduler as it requires additional kwargs to be specified when ` +
          `calling \`step\`, but got one at index ${i} in the given schedulers sequence.`,
      );
    }
    if (scheduler.optimizer !== optimizer) {
      throw new ValueError(
        `${name} expects all schedulers to belong to the same optimizer, but got scheduler ` +
          `${scheduler.constructor.name} at index ${i} has ${scheduler.optimizer}, which is different from ` +
          `${optimizer.constructor.name}.`,
      );
    }
  });
}
