import { type Tensor, tensor, zeros_like } from '@torchlet/tensor';
import { checkBoolean, defineUpdate, type Shape } from '@torchlet/tensor/internal';
import { decayed, decayedSquare } from './decay.js';
import { keepsNoGradient, Optimizer } from './optimizer.js';
import {
  checkImplementation,
  checkLearningRate,
  checkRange,
  type ImplementationOptions,
  withDefaults,
} from './options.js';
import type { ParamGroup, ParamsInput } from './param-groups.js';

export interface RMSpropOptions extends ImplementationOptions {
  /** Learning rate γ. */
  lr: number;
  /** Momentum μ. */
  momentum: number;
  /** Decay of the averages, α. */
  alpha: number;
  /** Keeps the denominator away from zero, ε. */
  eps: number;
  /** Divide by the gradient's deviation from its average. */
  centered: boolean;
  /** L2 penalty λ. */
  weight_decay: number;
  capturable: boolean;
  /** Climb instead of descending. */
  maximize: boolean;
}

export interface RMSpropState {
  /** Number of steps: float32, 0-dim, on the cpu, as in PyTorch. */
  step: Tensor;
  /** Average of the squared gradients, v. */
  square_avg: Tensor;
  /** Sum of the scaled gradients, b, with momentum. */
  momentum_buffer?: Tensor;
  /** Average of the gradients, ḡ, when centered. */
  grad_avg?: Tensor;
}

const DEFAULTS: RMSpropOptions = {
  lr: 1e-2,
  momentum: 0,
  alpha: 0.99,
  eps: 1e-8,
  centered: false,
  weight_decay: 0,
  capturable: false,
  foreach: null,
  maximize: false,
  differentiable: false,
};

/** Where the average of squares counts as zero, that of the gradients does too: the variance would be less than zero otherwise. */
const rmsprop = defineUpdate({
  name: 'rmsprop',
  writes: ['param', 'square_avg', 'momentum_buffer', 'grad_avg'],
  reads: ['grad'],
  values: ['lr', 'momentum', 'alpha', 'eps', 'centered', 'weight_decay', 'maximize'],
  each: `
    let g = maximize ? -grad : grad;
    if (weight_decay !== 0) g += weight_decay * param;
    if (centered) {
      const before = square_avg < tiny ? 0 : grad_avg;
      grad_avg = ${decayed('alpha', 'before')} + (1 - alpha) * g;
    }
    square_avg = ${decayedSquare('alpha', 'square_avg', 'eps')} + (1 - alpha) * g * g;
    let v = square_avg;
    if (centered) v -= grad_avg * grad_avg;
    g /= Math.sqrt(v) + eps;
    if (momentum !== 0) {
      momentum_buffer = ${decayed('momentum', 'momentum_buffer')} + g;
      g = momentum_buffer;
    }
    param -= lr * g;
  `,
});

/**
 * Divides the gradient by the root of its average square, so that all elements step alike. ε is added after the root.
 *
 * https://pytorch.org/docs/stable/generated/torch.optim.RMSprop.html, Hinton's lecture 6e of 2012,
 * https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf; centered: Graves 2013, "Generating sequences
 * with recurrent neural networks", https://arxiv.org/abs/1308.0850
 */
export class RMSprop extends Optimizer<RMSpropOptions, RMSpropState> {
  override readonly formula: string = [
    'g ← ∇f(θ) + λθ',
    'v ← αv + (1 − α)g²',
    'ḡ ← αḡ + (1 − α)g when centered, else 0',
    'g ← g / (√(v − ḡ²) + ε)',
    'b ← μb + g',
    'θ ← θ − γb',
  ].join('\n');

  /** @throws ValueError in PyTorch's words. */
  constructor(params: ParamsInput<RMSpropOptions>, options?: Partial<RMSpropOptions>) {
    super(params, withDefaults('RMSprop', DEFAULTS, options));
  }

  protected override checkOptions(options: RMSpropOptions): void {
    checkLearningRate('RMSprop', options.lr);
    checkRange('epsilon value', options.eps);
    checkRange('momentum value', options.momentum);
    checkRange('weight_decay value', options.weight_decay);
    checkRange('alpha value', options.alpha);
    checkBoolean('RMSprop', 'centered', options.centered);
    checkBoolean('RMSprop', 'maximize', options.maximize);
    checkImplementation('RMSprop', options);
  }

  protected override stateShapes(
    { shape }: Tensor,
    group: ParamGroup<RMSpropOptions>,
  ): Readonly<Record<string, Shape>> {
    return {
      step: [],
      square_avg: shape,
      ...(group.momentum > 0 ? { momentum_buffer: shape } : {}),
      ...(group.centered ? { grad_avg: shape } : {}),
    };
  }

  protected override init_state(param: Tensor, group: ParamGroup<RMSpropOptions>): RMSpropState {
    const state: RMSpropState = { step: tensor(0), square_avg: zeros_like(param) };
    if (group.momentum > 0) state.momentum_buffer = zeros_like(param);
    if (group.centered) state.grad_avg = zeros_like(param);
    return state;
  }

  protected override update(param: Tensor, grad: Tensor, state: RMSpropState, group: ParamGroup<RMSpropOptions>): void {
    const { lr, momentum, alpha, eps, centered, weight_decay, maximize } = group;
    const { square_avg } = state;
    const momentum_buffer = momentum > 0 ? (state.momentum_buffer ??= zeros_like(param)) : null;
    const grad_avg = centered ? (state.grad_avg ??= zeros_like(param)) : null;
    state.step.add_(1);
    rmsprop(
      { param, square_avg, momentum_buffer, grad_avg, grad },
      { lr, momentum, alpha, eps, centered, weight_decay, maximize },
    );
  }

  static {
    keepsNoGradient(RMSprop.prototype.update);
  }
}
