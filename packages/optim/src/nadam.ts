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

export interface NAdamOptions extends ImplementationOptions {
  /** Learning rate γ. */
  lr: number;
  /** Decay of the averages of the gradient and of its square, β₁ and β₂. */
  betas: [number, number];
  /** Keeps the denominator away from zero, ε. */
  eps: number;
  /** L2 penalty λ; decay proper with `decoupled_weight_decay`. */
  weight_decay: number;
  /** How fast the momentum warms up, ψ. */
  momentum_decay: number;
  /** Shrink the parameter itself instead of adding to its gradient, as AdamW does. */
  decoupled_weight_decay: boolean;
  /** Climb instead of descending. */
  maximize: boolean;
  capturable: boolean;
}

/** The 0-dim tensors are float32 and on the cpu, as in PyTorch. */
export interface NAdamState {
  /** Number of steps, 0-dim. */
  step: Tensor;
  /** Product of all momenta so far, Πμ, 0-dim. */
  mu_product: Tensor;
  /** Average of the gradients, m. */
  exp_avg: Tensor;
  /** Average of their squares, v. */
  exp_avg_sq: Tensor;
}

const DEFAULTS: NAdamOptions = {
  lr: 2e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weight_decay: 0,
  momentum_decay: 4e-3,
  decoupled_weight_decay: false,
  maximize: false,
  foreach: null,
  capturable: false,
  differentiable: false,
};

const nadam = defineUpdate({
  name: 'nadam',
  writes: ['param', 'exp_avg', 'exp_avg_sq'],
  reads: ['grad'],
  values: ['lr', 'weight_decay', 'decoupled_weight_decay', 'beta1', 'beta2', 'rate_g', 'rate_m', 'eps_t', 'maximize'],
  each: `
    let g = maximize ? -grad : grad;
    if (weight_decay !== 0) {
      if (decoupled_weight_decay) param *= 1 - lr * weight_decay;
      else g += weight_decay * param;
    }
    exp_avg = ${decayed('beta1', 'exp_avg')} + (1 - beta1) * g;
    exp_avg_sq = ${decayedSquare('beta2', 'exp_avg_sq', 'eps_t')} + (1 - beta2) * g * g;
    param -= (rate_g * g + rate_m * exp_avg) / (Math.sqrt(exp_avg_sq) + eps_t);
  `,
});

/**
 * Adam with Nesterov's momentum: the step already applies the momentum of the next one, which grows from β₁/2 to β₁.
 *
 * https://pytorch.org/docs/stable/generated/torch.optim.NAdam.html, Dozat 2016, "Incorporating Nesterov momentum into
 * Adam", https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ
 */
export class NAdam extends Optimizer<NAdamOptions, NAdamState> {
  override readonly formula: string = [
    'g ← ∇f(θ) + λθ, or decoupled θ ← θ − γλθ',
    'μₜ = β₁(1 − 0.96^(tψ) / 2)',
    'm ← β₁m + (1 − β₁)g',
    'v ← β₂v + (1 − β₂)g²',
    'm̂ = (1 − μₜ)g / (1 − μ₁…μₜ) + μₜ₊₁m / (1 − μ₁…μₜ₊₁)',
    'θ ← θ − γm̂ / (√(v / (1 − β₂ᵗ)) + ε)',
  ].join('\n');

  /** @throws ValueError in PyTorch's words. */
  constructor(params: ParamsInput<NAdamOptions>, options?: Partial<NAdamOptions>) {
    super(params, withDefaults('NAdam', DEFAULTS, options));
  }

  protected override checkOptions(options: NAdamOptions): void {
    checkLearningRate('NAdam', options.lr);
    checkRange('epsilon value', options.eps);
    checkBetas(options.betas);
    checkRange('weight_decay value', options.weight_decay);
    checkRange('momentum_decay value', options.momentum_decay);
    checkBoolean('NAdam', 'decoupled_weight_decay', options.decoupled_weight_decay);
    checkBoolean('NAdam', 'maximize', options.maximize);
    checkImplementation('NAdam', options);
  }

  protected override stateShapes({ shape }: Tensor): Readonly<Record<string, Shape>> {
    return { step: [], mu_product: [], exp_avg: shape, exp_avg_sq: shape };
  }

  protected override laterOptions(): Readonly<Record<string, unknown>> {
    return { ...super.laterOptions(), decoupled_weight_decay: false };
  }

  protected override init_state(param: Tensor): NAdamState {
    return { step: tensor(0), mu_product: tensor(1), exp_avg: zeros_like(param), exp_avg_sq: zeros_like(param) };
  }

  protected override update(param: Tensor, grad: Tensor, state: NAdamState, group: ParamGroup<NAdamOptions>): void {
    const { lr, weight_decay, momentum_decay, decoupled_weight_decay, maximize } = group;
    const [beta1, beta2] = group.betas;
    const { exp_avg, exp_avg_sq } = state;
    const t = Number(state.step.add_(1).item());
    const momentum = (step: number): number => beta1 * (1 - 0.5 * 0.96 ** (step * momentum_decay));
    const [mu, next] = [momentum(t), momentum(t + 1)];
    const product = Number(state.mu_product.mul_(mu).item());
    // as in Adam, the correction of v goes into the rates and ε
    const root = Math.sqrt(1 - beta2 ** t);
    const rate_g = (lr * root * (1 - mu)) / (1 - product);
    const rate_m = (lr * root * next) / (1 - product * next);
    nadam(
      { param, exp_avg, exp_avg_sq, grad },
      { lr, weight_decay, decoupled_weight_decay, beta1, beta2, rate_g, rate_m, eps_t: group.eps * root, maximize },
    );
  }

  static {
    keepsNoGradient(NAdam.prototype.update);
  }
}
