/** How CyclicLR and OneCycleLR move the momentum of SGD, or the first beta of Adam and its kind, against the rate. */
import { ValueError } from '@torchlet/tensor';
import type { Optimizer } from '../optimizer.js';

/** What the cyclic schedulers read and write in a group, besides `lr`. */
export interface CycledGroup {
  lr: number;
  initial_lr?: number;
  max_lr?: number;
  min_lr?: number;
  momentum?: number;
  betas?: readonly number[];
  max_momentum?: number;
  base_momentum?: number;
}

/**
 * Whether the optimizer's momentum is the first of its betas.
 * @throws ValueError in PyTorch's words for an optimizer without momentum.
 */
export function usesBeta1(optimizer: Optimizer): boolean {
  if (!('momentum' in optimizer.defaults) && !('betas' in optimizer.defaults)) {
    throw new ValueError('optimizer must support momentum or beta1 with `cycle_momentum` option enabled');
  }
  return 'betas' in optimizer.defaults;
}

export function setMomentum(group: CycledGroup, use_beta1: boolean, momentum: number): void {
  if (use_beta1) group.betas = [momentum, ...(group.betas ?? []).slice(1)];
  else group.momentum = momentum;
}

/** Starts every group at its highest momentum, and notes the bounds in it as PyTorch does. */
export function startMomentum(
  optimizer: Optimizer,
  use_beta1: boolean,
  max_momentums: readonly number[],
  base_momentums: readonly number[],
): void {
  optimizer.param_groups.forEach((group: CycledGroup, i) => {
    setMomentum(group, use_beta1, max_momentums[i]);
    group.max_momentum = max_momentums[i];
    group.base_momentum = base_momentums[i];
  });
}
