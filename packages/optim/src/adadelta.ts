import { type Tensor, tensor, zeros_like } from '@torchlet/tensor';
import { checkBoolean, defineUpdate, type Shape } from '@torchlet/tensor/internal';
import { decayedSquare } from './decay.js';
import { keepsNoGradient, Optimizer } from './optimizer.js';
import {
  checkImplementation,
  checkLearningRate,
  checkRange,
  type ImplementationOptions,
  withDefaults,
} from './options.js';
import type { ParamGroup, ParamsInput } from './param-groups.js';

export interface AdadeltaOptions extends ImplementationOptions {
  /** Factor γ on the step, which has the parameter's units without it. */
  lr: number;
  /** Decay of both averages, ρ. */
  rho: number;
  /** Added under both roots, ε; the first steps are as small as its root. */
  eps: number;
  /** L2 penalty λ. */
  weight_decay: number;
  /** Climb instead of descending. */
  maximize: boolean;
  capturable: boolean;
}

export interface AdadeltaState {
  /** Number of steps: float32, 0-dim, on the cpu, as in PyTorch. */
  step: Tensor;
  /** Average of the squared gradients, v. */
  square_avg: Tensor;
  /** Average of the squared steps, u. */
  acc_delta: Tensor;
}

const DEFAULTS: AdadeltaOptions = {
  lr: 1,
  rho: 0.9,
  eps: 1e-6,
  weight_decay: 0,
  maximize: false,
  capturable: false,
  foreach: null,
  differentiable: false,
};

const adadelta = defineUpdate({
  name: 'adadelta',
  writes: ['param', 'square_avg', 'acc_delta'],
  reads: ['grad'],
  values: ['lr', 'rho', 'eps', 'weight_decay', 'maximize'],
  each: `
    let g = maximize ? -grad : grad;
    if (weight_decay !== 0) g += weight_decay * param;
    square_avg = ${decayedSquare('rho', 'square_avg', 'eps')} + (1 - rho) * g * g;
    const delta = Math.sqrt(acc_delta + eps) / Math.sqrt(square_avg + eps) * g;
    acc_delta = ${decayedSquare('rho', 'acc_delta', 'eps')} + (1 - rho) * delta * delta;
    param -= lr * delta;
  `,
});

/**
 * Adagrad with averages in place of sums, and with steps in the parameter's own units: the root of the average squared step
 * stands where others have a learning rate.
 *
 * https://pytorch.org/docs/stable/generated/torch.optim.Adadelta.html, Zeiler 2012, "ADADELTA: an adaptive learning rate
 * method", https://arxiv.org/abs/1212.5701
 */
export class Adadelta extends Optimizer<AdadeltaOptions, AdadeltaState> {
  override readonly formula: string = [
    'g ← ∇f(θ) + λθ',
    'v ← ρv + (1 − ρ)g²',
    'δ ← √(u + ε) / √(v + ε) · g',
    'u ← ρu + (1 − ρ)δ²',
    'θ ← θ − γδ',
  ].join('\n');

  /** @throws ValueError in PyTorch's words. */
  constructor(params: ParamsInput<AdadeltaOptions>, options?: Partial<AdadeltaOptions>) {
    super(params, withDefaults('Adadelta', DEFAULTS, options));
  }

  protected override checkOptions(options: AdadeltaOptions): void {
    checkLearningRate('Adadelta', options.lr);
    if (options.rho !== 1) checkRange('rho value', options.rho, 0, 1);
    checkRange('epsilon value', options.eps);
    checkRange('weight_decay value', options.weight_decay);
    checkBoolean('Adadelta', 'maximize', options.maximize);
    checkImplementation('Adadelta', options);
  }

  protected override stateShapes({ shape }: Tensor): Readonly<Record<string, Shape>> {
    return { step: [], square_avg: shape, acc_delta: shape };
  }

  protected override floatDefaults(): Readonly<Record<string, number>> {
    return { lr: 1, initial_lr: 1 };
  }

  protected override init_state(param: Tensor): AdadeltaState {
    return { step: tensor(0), square_avg: zeros_like(param), acc_delta: zeros_like(param) };
  }

  protected override update(
    param: Tensor,
    grad: Tensor,
    state: AdadeltaState,
    group: ParamGroup<AdadeltaOptions>,
  ): void {
    const { square_avg, acc_delta } = state;
    const { lr, rho, eps, weight_decay, maximize } = group;
    state.step.add_(1);
    adadelta({ param, square_avg, acc_delta, grad }, { lr, rho, eps, weight_decay, maximize });
  }

  static {
    keepsNoGradient(Adadelta.prototype.update);
  }
}
