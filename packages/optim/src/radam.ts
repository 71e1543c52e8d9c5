import { type Tensor, tensor, zeros_like } from '@torchlet/tensor';
import { checkBoolean, defineUpdate, type Shape } from '@torchlet/tensor/internal';
import { decayed, decayedSquare } from './decay.js';
import { keepsNoGradient, Optimizer } from './optimizer.js';
import {
  checkBetas,
  checkImplementation,
  checkLearningRate,
  checkRange,
  type ImplementationOptions,
  withDefaults,
} from './options.js';
import type { ParamGroup, ParamsInput } from './param-groups.js';

export interface RAdamOptions extends ImplementationOptions {
  /** Learning rate γ. */
  lr: number;
  /** Decay of the averages of the gradient and of its square, β₁ and β₂. */
  betas: [number, number];
  /** Keeps the denominator away from zero, ε. */
  eps: number;
  /** L2 penalty λ; decay proper with `decoupled_weight_decay`. */
  weight_decay: number;
  /** Climb instead of descending. */
  maximize: boolean;
  capturable: boolean;
  /** Shrink the parameter itself instead of adding to its gradient, as AdamW does. */
  decoupled_weight_decay: boolean;
}

export interface RAdamState {
  /** Number of steps: float32, 0-dim, on the cpu, as in PyTorch. */
  step: Tensor;
  /** Average of the gradients, m. */
  exp_avg: Tensor;
  /** Average of their squares, v. */
  exp_avg_sq: Tensor;
}

const DEFAULTS: RAdamOptions = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weight_decay: 0,
  maximize: false,
  foreach: null,
  capturable: false,
  decoupled_weight_decay: false,
  differentiable: false,
};

const radam = defineUpdate({
  name: 'radam',
  writes: ['param', 'exp_avg', 'exp_avg_sq'],
  reads: ['grad'],
  values: ['lr', 'weight_decay', 'decoupled_weight_decay', 'beta1', 'beta2', 'lr_t', 'eps', 'adaptive', 'maximize'],
  each: `
    let g = maximize ? -grad : grad;
    if (weight_decay !== 0) {
      if (decoupled_weight_decay) param *= 1 - lr * weight_decay;
      else g += weight_decay * param;
    }
    exp_avg = ${decayed('beta1', 'exp_avg')} + (1 - beta1) * g;
    exp_avg_sq = ${decayedSquare('beta2', 'exp_avg_sq', 'eps')} + (1 - beta2) * g * g;
    param -= adaptive ? lr_t * exp_avg / (Math.sqrt(exp_avg_sq) + eps) : lr_t * exp_avg;
  `,
});

/**
 * Rectified Adam: while too few gradients have been seen for a trustworthy average square (ρ ≤ 5), momentum alone; then
 * Adam, its step scaled by how much that average can be trusted, r. So it needs no warm-up.
 *
 * https://pytorch.org/docs/stable/generated/torch.optim.RAdam.html, Liu et al. 2019, "On the variance of the adaptive
 * learning rate and beyond", https://arxiv.org/abs/1908.03265
 */
export class RAdam extends Optimizer<RAdamOptions, RAdamState> {
  override readonly formula: string = [
    'g ← ∇f(θ) + λθ, or decoupled θ ← θ − γλθ',
    'm ← β₁m + (1 − β₁)g',
    'v ← β₂v + (1 − β₂)g²',
    'ρ = ρ∞ − 2tβ₂ᵗ / (1 − β₂ᵗ), ρ∞ = 2 / (1 − β₂) − 1',
    'r = √((ρ − 4)(ρ − 2)ρ∞ / ((ρ∞ − 4)(ρ∞ − 2)ρ))',
    'l = √(1 − β₂ᵗ) / (√v + ε)',
    'θ ← θ − γ · m / (1 − β₁ᵗ) · (rl where ρ > 5, else 1)',
  ].join('\n');

  /** @throws ValueError in PyTorch's words. */
  constructor(params: ParamsInput<RAdamOptions>, options?: Partial<RAdamOptions>) {
    super(params, withDefaults('RAdam', DEFAULTS, options));
  }

  protected override checkOptions(options: RAdamOptions): void {
    checkLearningRate('RAdam', options.lr);
    checkRange('epsilon value', options.eps);
    checkBetas(options.betas);
    checkRange('weight_decay value', options.weight_decay);
    checkBoolean('RAdam', 'maximize', options.maximize);
    checkBoolean('RAdam', 'decoupled_weight_decay', options.decoupled_weight_decay);
    checkImplementation('RAdam', options);
  }

  protected override stateShapes({ shape }: Tensor): Readonly<Record<string, Shape>> {
    return { step: [], exp_avg: shape, exp_avg_sq: shape };
  }

  protected override laterOptions(): Readonly<Record<string, unknown>> {
    return { ...super.laterOptions(), decoupled_weight_decay: false };
  }

  protected override init_state(param: Tensor): RAdamState {
    return { step: tensor(0), exp_avg: zeros_like(param), exp_avg_sq: zeros_like(param) };
  }

  protected override update(param: Tensor, grad: Tensor, state: RAdamState, group: ParamGroup<RAdamOptions>): void {
    const { lr, eps, weight_decay, decoupled_weight_decay, maximize } = group;
    const [beta1, beta2] = group.betas;
    const { exp_avg, exp_avg_sq } = state;
    const t = Number(state.step.add_(1).item());
    const trust = rectification(t, beta2);
    const lr_t = (lr * (trust ?? 1)) / (1 - beta1 ** t);
    radam(
      { param, exp_avg, exp_avg_sq, grad },
      { lr, weight_decay, decoupled_weight_decay, beta1, beta2, lr_t, eps, adaptive: trust !== null, maximize },
    );
  }

  static {
    keepsNoGradient(RAdam.prototype.update);
  }
}

/** r√(1 − β₂ᵗ); null while the average square is not to be trusted at all. */
function rectification(t: number, beta2: number): number | null {
  const correction = 1 - beta2 ** t;
  const longest = 2 / (1 - beta2) - 1;
  const length = longest - (2 * t * beta2 ** t) / correction;
  if (length <= 5) return null;
  const numerator = (length - 4) * (length - 2) * longest;
  const denominator = (longest - 4) * (longest - 2) * length;
  return Math.sqrt(numerator / denominator) * Math.sqrt(correction);
}
