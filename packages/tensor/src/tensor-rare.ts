import type { AccumulateGrad } from './autograd/accumulate-grad.js';
import type { VersionCounter } from './storage.js';
import type { Tensor } from './tensor.js';

/** What few tensors have: leaves that a gradient arrives at, views, and one of several results. */
export class Rare {
  /** The flag of a leaf. */
  leafRequiresGrad = false;
  /** Which of its node's outputs the tensor is. */
  outputNr = 0;
  /** What counts in-place changes, where that is not the storage itself: `.data` made this tensor. */
  counter: VersionCounter | null = null;
  /** Where gradients of a leaf arrive, made on first use. */
  accumulator: AccumulateGrad | null = null;
  /** The tensor of which this one is a differentiable view. */
  base: Tensor | null = null;
  /** The version at which `gradFn` was right, for a view. */
  viewVersion = 0;
  /** How the view was taken, if in a way that forbids recording in-place changes of what it shows. */
  viewOrigin: 'no_grad' | 'inference' | 'list' | null = null;
  /** Set by `retain_grad()`. */
  retainsGrad = false;
  gradient: Tensor | null = null;
}

/** What all other tensors share. Never written. */
export const NOTHING_RARE: Rare = new Rare();
