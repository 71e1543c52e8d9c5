import { type Tensor, tensor, zeros_like } from '@torchlet/tensor';
import { checkBoolean, defineUpdate } from '@torchlet/tensor/internal';
import { Optimizer } from './optimizer.js';
import {
  checkImplementation,
  checkLearningRate,
  checkRange,
  type ImplementationOptions,
  withDefaults,
} from './options.js';
import type { ParamGroup, ParamsInput } from './param-groups.js';
import type { StateEntry } from './state-dict.js';

export interface AdamOptions extends ImplementationOptions {
  /** Learning rate γ. */
  lr: number;
  /** Decay of the averages of the gradient and of its square, β₁ and β₂. */
  betas: [number, number];
  /** Keeps the denominator away from zero, ε. */
  eps: number;
  /** L2 penalty λ; decay proper with `decoupled_weight_decay`. */
  weight_decay: number;
  /** Divide by the largest average square so far, v̂, instead of the present one. */
  amsgrad: boolean;
  /** Climb instead of descending. */
  maximize: boolean;
  capturable: boolean;
  /** Shrink the parameter itself instead of adding to its gradient, as AdamW does. */
  decoupled_weight_decay: boolean;
}

export interface AdamState {
  /** Number of steps: float32, 0-dim, on the cpu, as in PyTorch. */
  step: Tensor;
  /** Average of the gradients, m. */
  exp_avg: Tensor;
  /** Average of their squares, v. */
  exp_avg_sq: Tensor;
  /** Its maximum, with amsgrad. */
  max_exp_avg_sq?: Tensor;
}

const DEFAULTS: AdamOptions = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weight_decay: 0,
  amsgrad: false,
  maximize: false,
  foreach: null,
  capturable: false,
  differentiable: false,
  fused: null,
  decoupled_weight_decay: false,
};

const adam = defineUpdate({
  name: 'adam',
  writes: ['param', 'exp_avg', 'exp_avg_sq', 'max_exp_avg_sq'],
  reads: ['grad'],
  values: ['lr', 'beta1', 'beta2', 'weight_decay', 'amsgrad', 'maximize', 'decoupled_weight_decay', 'lr_t', 'eps_t'],
  each: `
    let g = maximize ? -grad : grad;
    if (weight_decay !== 0) {
      if (decoupled_weight_decay) param *= 1 - lr * weight_decay;
      else g += weight_decay * param;
    }
    exp_avg = beta1 * exp_avg + (1 - beta1) * g;
    exp_avg_sq = beta2 * exp_avg_sq + (1 - beta2) * g * g;
    if (amsgrad) max_exp_avg_sq = Math.max(max_exp_avg_sq, exp_avg_sq);
    const v = amsgrad ? max_exp_avg_sq : exp_avg_sq;
    param -= lr_t * exp_avg / (Math.sqrt(v) + eps_t);
  `,
});

/**
 * Adaptive moment estimation: steps along the averaged gradient, each element scaled by its averaged square.
 *
 * https://pytorch.org/docs/stable/generated/torch.optim.Adam.html, Kingma and Ba 2014, https://arxiv.org/abs/1412.6980;
 * amsgrad: Reddi et al. 2018, "On the convergence of Adam and beyond", https://openreview.net/forum?id=ryQu7f-RZ
 */
export class Adam extends Optimizer<AdamOptions, AdamState> {
  override readonly formula: string = [
    'g ← ∇f(θ) + λθ, or decoupled θ ← θ − γλθ',
    'm ← β₁m + (1 − β₁)g',
    'v ← β₂v + (1 − β₂)g²',
    'v̂ ← max(v̂, v) with amsgrad, else v',
    'θ ← θ − γ · m / (1 − β₁ᵗ) / (√(v̂ / (1 − β₂ᵗ)) + ε)',
  ].join('\n');

  /** @throws ValueError in PyTorch's words. */
  constructor(params: ParamsInput<AdamOptions>, options?: Partial<AdamOptions>) {
    super(params, withDefaults('Adam', DEFAULTS, options));
  }

  protected override checkOptions(options: AdamOptions): void {
    checkLearningRate('Adam', options.lr);
    checkRange('epsilon value', options.eps);
    const betas: readonly unknown[] = Array.isArray(options.betas) ? options.betas : [options.betas];
    for (const index of [0, 1]) checkRange(`beta parameter at index ${index}`, betas[index], 0, 1);
    checkRange('weight_decay value', options.weight_decay);
    checkBoolean('Adam', 'amsgrad', options.amsgrad);
    checkBoolean('Adam', 'maximize', options.maximize);
    checkBoolean('Adam', 'decoupled_weight_decay', options.decoupled_weight_decay);
    checkImplementation('Adam', options);
  }

  protected override stateKeys(group: ParamGroup<AdamOptions>): readonly string[] {
    return ['step', 'exp_avg', 'exp_avg_sq', ...(group.amsgrad ? ['max_exp_avg_sq'] : [])];
  }

  protected override laterOptions(): Readonly<Record<string, unknown>> {
    return { ...super.laterOptions(), decoupled_weight_decay: false };
  }

  /** Before PyTorch 1.12 the step count was a number. */
  protected override renewState(entry: StateEntry): StateEntry {
    return typeof entry.step === 'number' ? { ...entry, step: tensor(entry.step) } : entry;
  }

  protected override init_state(param: Tensor, group: ParamGroup<AdamOptions>): AdamState {
    const state: AdamState = { step: tensor(0), exp_avg: zeros_like(param), exp_avg_sq: zeros_like(param) };
    if (group.amsgrad) state.max_exp_avg_sq = zeros_like(param);
    return state;
  }

  protected override update(param: Tensor, grad: Tensor, state: AdamState, group: ParamGroup<AdamOptions>): void {
    const { lr, eps, weight_decay, amsgrad, maximize, decoupled_weight_decay } = group;
    const [beta1, beta2] = group.betas;
    const { exp_avg, exp_avg_sq } = state;
    const max_exp_avg_sq = amsgrad ? (state.max_exp_avg_sq ??= zeros_like(param)) : null;
    const t = Number(state.step.add_(1).item());
    // section 2 of the paper: both bias corrections go into the step and ε, which saves a division for each element
    const root = Math.sqrt(1 - beta2 ** t);
    const lr_t = (lr * root) / (1 - beta1 ** t);
    const eps_t = eps * root;
    adam(
      { param, exp_avg, exp_avg_sq, max_exp_avg_sq, grad },
      { lr, beta1, beta2, weight_decay, amsgrad, maximize, decoupled_weight_decay, lr_t, eps_t },
    );
  }
}
