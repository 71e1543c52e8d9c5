import { Adam, type AdamOptions } from './adam.js';
import { withDefaults } from './options.js';
import type { ParamsInput } from './param-groups.js';
import type { OptimizerStateDict } from './state-dict.js';

/** Adam's, with a weight decay that shrinks the parameter itself. */
export type AdamWOptions = Omit<AdamOptions, 'decoupled_weight_decay'>;

const DEFAULTS: AdamWOptions = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weight_decay: 1e-2,
  amsgrad: false,
  maximize: false,
  foreach: null,
  capturable: false,
  differentiable: false,
  fused: null,
};

/**
 * Adam with decoupled weight decay: θ ← θ − γλθ before Adam's own step, so that the decay is not divided by the average
 * squared gradient.
 *
 * https://pytorch.org/docs/stable/generated/torch.optim.AdamW.html, Loshchilov and Hutter 2017, "Decoupled weight decay
 * regularization", https://arxiv.org/abs/1711.05101
 */
export class AdamW extends Adam {
  /** @throws ValueError in PyTorch's words. */
  constructor(params: ParamsInput<AdamOptions>, options?: Partial<AdamWOptions>) {
    super(params, { ...withDefaults('AdamW', DEFAULTS, options), decoupled_weight_decay: true });
  }

  /** The decay stays decoupled, whatever the file says: those of PyTorch before 2.7 and of Adam do not say it. */
  override load_state_dict(state_dict: OptimizerStateDict): void {
    super.load_state_dict(state_dict);
    for (const group of this.param_groups) group.decoupled_weight_decay = true;
  }
}
