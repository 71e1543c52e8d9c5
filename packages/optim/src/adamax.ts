import { type Tensor, tensor, zeros_like } from '@torchlet/tensor';
import { checkBoolean, defineUpdate, type Shape } from '@torchlet/tensor/internal';
import { decayed } from './decay.js';
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

export interface AdamaxOptions extends ImplementationOptions {
  /** Learning rate γ. */
  lr: number;
  /** Decay of the gradient's average and of its largest size, β₁ and β₂. */
  betas: [number, number];
  /** Keeps the denominator away from zero, ε. */
  eps: number;
  /** L2 penalty λ. */
  weight_decay: number;
  /** Climb instead of descending. */
  maximize: boolean;
  capturable: boolean;
}

export interface AdamaxState {
  /** Number of steps: float32, 0-dim, on the cpu, as in PyTorch. */
  step: Tensor;
  /** Average of the gradients, m. */
  exp_avg: Tensor;
  /** Their largest size, fading, u. */
  exp_inf: Tensor;
}

const DEFAULTS: AdamaxOptions = {
  lr: 2e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weight_decay: 0,
  foreach: null,
  maximize: false,
  differentiable: false,
  capturable: false,
};

const adamax = defineUpdate({
  name: 'adamax',
  writes: ['param', 'exp_avg', 'exp_inf'],
  reads: ['grad'],
  values: ['lr_t', 'beta1', 'beta2', 'eps', 'weight_decay', 'maximize'],
  each: `
    let g = maximize ? -grad : grad;
    if (weight_decay !== 0) g += weight_decay * param;
    exp_avg = ${decayed('beta1', 'exp_avg')} + (1 - beta1) * g;
    exp_inf = Math.max(beta2 * exp_inf, Math.abs(g) + eps);
    param -= lr_t * exp_avg / exp_inf;
  `,
});

/**
 * Adam with the maximum norm: the averaged gradient is divided by the largest gradient of late instead of the root of the
 * average square.
 *
 * https://pytorch.org/docs/stable/generated/torch.optim.Adamax.html, section 7.1 of Kingma and Ba 2014,
 * https://arxiv.org/abs/1412.6980
 */
export class Adamax extends Optimizer<AdamaxOptions, AdamaxState> {
  override readonly formula: string = [
    'g ← ∇f(θ) + λθ',
    'm ← β₁m + (1 − β₁)g',
    'u ← max(β₂u, |g| + ε)',
    'θ ← θ − γ / (1 − β₁ᵗ) · m / u',
  ].join('\n');

  /** @throws ValueError in PyTorch's words. */
  constructor(params: ParamsInput<AdamaxOptions>, options?: Partial<AdamaxOptions>) {
    super(params, withDefaults('Adamax', DEFAULTS, options));
  }

  protected override checkOptions(options: AdamaxOptions): void {
    checkLearningRate('Adamax', options.lr);
    checkRange('epsilon value', options.eps);
    checkBetas(options.betas);
    checkRange('weight_decay value', options.weight_decay);
    checkBoolean('Adamax', 'maximize', options.maximize);
    checkImplementation('Adamax', options);
  }

  protected override stateShapes({ shape }: Tensor): Readonly<Record<string, Shape>> {
    return { step: [], exp_avg: shape, exp_inf: shape };
  }

  protected override init_state(param: Tensor): AdamaxState {
    return { step: tensor(0), exp_avg: zeros_like(param), exp_inf: zeros_like(param) };
  }

  protected override update(param: Tensor, grad: Tensor, state: AdamaxState, group: ParamGroup<AdamaxOptions>): void {
    const { lr, eps, weight_decay, maximize } = group;
    const [beta1, beta2] = group.betas;
    const { exp_avg, exp_inf } = state;
    const t = Number(state.step.add_(1).item());
    const lr_t = lr / (1 - beta1 ** t);
    adamax({ param, exp_avg, exp_inf, grad }, { lr_t, beta1, beta2, eps, weight_decay, maximize });
  }

  static {
    keepsNoGradient(Adamax.prototype.update);
  }
}
