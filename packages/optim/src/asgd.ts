import { type Tensor, tensor, zeros_like } from '@torchlet/tensor';
import { checkBoolean, defineUpdate, type Shape } from '@torchlet/tensor/internal';
import { keepsNoGradient, Optimizer } from './optimizer.js';
import {
  checkImplementation,
  checkLearningRate,
  checkRange,
  type ImplementationOptions,
  withDefaults,
} from './options.js';
import type { ParamGroup, ParamsInput } from './param-groups.js';

export interface ASGDOptions extends ImplementationOptions {
  /** Learning rate γ, at the first step. */
  lr: number;
  /** Decay λ of the parameter, which also slows the learning rate down. */
  lambd: number;
  /** Power α with which the learning rate falls. */
  alpha: number;
  /** The step t₀ from which on the parameter is averaged. */
  t0: number;
  /** L2 penalty w. */
  weight_decay: number;
  /** Climb instead of descending. */
  maximize: boolean;
  capturable: boolean;
}

/** The 0-dim tensors are float32, as in PyTorch. */
export interface ASGDState {
  /** Number of steps, 0-dim, on the cpu. */
  step: Tensor;
  /** The next step's learning rate η, 0-dim. */
  eta: Tensor;
  /** The next parameter's share in the average, μ, 0-dim. */
  mu: Tensor;
  /** The averaged parameter, which is what one evaluates with. */
  ax: Tensor;
}

const DEFAULTS: ASGDOptions = {
  lr: 1e-2,
  lambd: 1e-4,
  alpha: 0.75,
  t0: 1e6,
  weight_decay: 0,
  foreach: null,
  maximize: false,
  differentiable: false,
  capturable: false,
};

const asgd = defineUpdate({
  name: 'asgd',
  writes: ['param', 'ax'],
  reads: ['grad'],
  values: ['eta', 'mu', 'lambd', 'weight_decay', 'maximize', 'averaging'],
  each: `
    let g = maximize ? -grad : grad;
    if (weight_decay !== 0) g += weight_decay * param;
    param *= 1 - lambd * eta;
    param -= eta * g;
    ax = averaging ? ax + mu * (param - ax) : param;
  `,
});

/**
 * Averaged stochastic gradient descent: the average of all parameters since step t₀ converges as fast as a second-order
 * method would, while the parameters themselves go on jittering.
 *
 * https://pytorch.org/docs/stable/generated/torch.optim.ASGD.html, Polyak and Juditsky 1992, "Acceleration of stochastic
 * approximation by averaging", https://dl.acm.org/doi/10.1137/0330046
 */
export class ASGD extends Optimizer<ASGDOptions, ASGDState> {
  override readonly formula: string = [
    'g ← ∇f(θ) + wθ',
    'θ ← (1 − λη)θ − ηg',
    'θ̄ ← θ̄ + μ(θ − θ̄)',
    'η ← γ / (1 + λγt)^α',
    'μ ← 1 / max(1, t − t₀)',
  ].join('\n');

  /** @throws ValueError in PyTorch's words. */
  constructor(params: ParamsInput<ASGDOptions>, options?: Partial<ASGDOptions>) {
    super(params, withDefaults('ASGD', DEFAULTS, options));
  }

  protected override checkOptions(options: ASGDOptions): void {
    checkLearningRate('ASGD', options.lr);
    checkRange('weight_decay value', options.weight_decay);
    for (const key of ['lambd', 'alpha', 't0'] as const) {
      checkRange(`${key} value`, options[key], Number.NEGATIVE_INFINITY);
    }
    checkBoolean('ASGD', 'maximize', options.maximize);
    checkImplementation('ASGD', options);
  }

  protected override stateShapes(param: Tensor): Readonly<Record<string, Shape>> {
    return { step: [], eta: [], mu: [], ax: param.shape };
  }

  protected override floatDefaults(): Readonly<Record<string, number>> {
    return { t0: 1e6 };
  }

  protected override init_state(param: Tensor, group: ParamGroup<ASGDOptions>): ASGDState {
    const { device } = param;
    return { step: tensor(0), eta: tensor(group.lr, { device }), mu: tensor(1, { device }), ax: zeros_like(param) };
  }

  protected override update(param: Tensor, grad: Tensor, state: ASGDState, group: ParamGroup<ASGDOptions>): void {
    const { lr, lambd, alpha, t0, weight_decay, maximize } = group;
    const [eta, mu] = [Number(state.eta.item()), Number(state.mu.item())];
    asgd({ param, ax: state.ax, grad }, { eta, mu, lambd, weight_decay, maximize, averaging: mu !== 1 });
    const t = Number(state.step.add_(1).item());
    // float32 whatever the dtype, which a loaded state may have widened
    state.eta.fill_(Math.fround(lr / (1 + lambd * lr * t) ** alpha));
    state.mu.fill_(Math.fround(1 / Math.max(1, t - t0)));
  }

  static {
    keepsNoGradient(ASGD.prototype.update);
  }
}
