import type { AccumulateGrad } from './autograd/node.js';
import type { Tensor } from './tensor.js';

/** What few tensors have: leaves that a gradient arrives at, and views. */
export class Rare {
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
