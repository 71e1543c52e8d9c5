import { full_like, type Tensor, tensor, ValueError } from '@torchlet/tensor';
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

export interface AdagradOptions extends ImplementationOptions {
  /** Learning rate γ. */
  lr: number;
  /** How the learning rate falls with the steps, η. */
  lr_decay: number;
  /** Keeps the denominator away from zero, ε. */
  eps: number;
  /** L2 penalty λ. */
  weight_decay: number;
  /** What the sums begin with, τ. That of the optimizer counts; a group's own is kept but not used, as in PyTorch. */
  initial_accumulator_value: number;
  /** Climb instead of descending. */
  maximize: boolean;
  fused: boolean | null;
}

export interface AdagradState {
  /** Number of steps: float32, 0-dim, on the cpu, as in PyTorch. */
  step: Tensor;
  /** Sum of the squared gradients, s. */
  sum: Tensor;
}

const DEFAULTS: AdagradOptions = {
  lr: 1e-2,
  lr_decay: 0,
  eps: 1e-10,
  weight_decay: 0,
  initial_accumulator_value: 0,
  foreach: null,
  maximize: false,
  differentiable: false,
  fused: null,
};

const adagrad = defineUpdate({
  name: 'adagrad',
  writes: ['param', 'sum'],
  reads: ['grad'],
  values: ['lr_t', 'eps', 'weight_decay', 'maximize'],
  each: `
    let g = maximize ? -grad : grad;
    if (weight_decay !== 0) g += weight_decay * param;
    sum += g * g;
    param -= lr_t * g / (Math.sqrt(sum) + eps);
  `,
});

/**
 * Adaptive gradient descent: each element's learning rate falls with the gradients that it has seen, so that rare features
 * learn as much as frequent ones. Takes sparse gradients too, and then touches the listed elements alone.
 *
 * https://pytorch.org/docs/stable/generated/torch.optim.Adagrad.html, Duchi et al. 2011, "Adaptive subgradient methods for
 * online learning and stochastic optimization", https://jmlr.org/papers/v12/duchi11a.html
 */
export class Adagrad extends Optimizer<AdagradOptions, AdagradState> {
  override readonly formula: string = [
    'g ← ∇f(θ) + λθ',
    's ← s + g², from τ on',
    'θ ← θ − γ / (1 + (t − 1)η) · g / (√s + ε)',
  ].join('\n');

  /**
   * Makes the state at once; that of a group added later is made at its first step.
   * @throws ValueError in PyTorch's words.
   */
  constructor(params: ParamsInput<AdagradOptions>, options?: Partial<AdagradOptions>) {
    super(params, withDefaults('Adagrad', DEFAULTS, options));
    for (const group of this.param_groups) for (const param of group.params) this.stateOf(param, group);
  }

  /** @throws ValueError always: tensors are not shared with other processes. */
  share_memory(): never {
    throw new ValueError('Adagrad.share_memory(): not supported: tensors cannot be shared with other processes');
  }

  protected override checkOptions(options: AdagradOptions): void {
    checkLearningRate('Adagrad', options.lr);
    checkRange('lr_decay value', options.lr_decay);
    checkRange('weight_decay value', options.weight_decay);
    checkRange('initial_accumulator_value value', options.initial_accumulator_value);
    checkRange('epsilon value', options.eps);
    checkBoolean('Adagrad', 'maximize', options.maximize);
    checkImplementation('Adagrad', options);
  }

  protected override stateShapes(param: Tensor): Readonly<Record<string, Shape>> {
    return { step: [], sum: param.shape };
  }

  protected override init_state(param: Tensor): AdagradState {
    return { step: tensor(0), sum: full_like(param, this.defaults.initial_accumulator_value) };
  }

  protected override update(param: Tensor, grad: Tensor, state: AdagradState, group: ParamGroup<AdagradOptions>): void {
    const { eps, weight_decay, maximize } = group;
    adagrad({ param, sum: state.sum, grad }, { lr_t: nextRate(state, group), eps, weight_decay, maximize });
  }

  /** The same update of the listed elements, each listed once, since it is not linear in them. */
  protected override updateSparse(param: Tensor, grad: Tensor, group: ParamGroup<AdagradOptions>): void {
    const { eps, weight_decay, maximize } = group;
    if (weight_decay !== 0) throw new ValueError('weight_decay option is not compatible with sparse gradients');
    const state = this.stateOf(param, group);
    const listed = grad.coalesce();
    const where = listed.indices().unbind(0);
    const [elements, sum] = [param.index(...where), state.sum.index(...where)];
    const lr_t = nextRate(state, group);
    adagrad({ param: elements, sum, grad: listed.values() }, { lr_t, eps, weight_decay, maximize });
    param.index_put_(where, elements);
    state.sum.index_put_(where, sum);
  }

  static {
    keepsNoGradient(Adagrad.prototype.update);
  }
}

/** Counts the step. */
function nextRate(state: AdagradState, { lr, lr_decay }: AdagradOptions): number {
  const t = Number(state.step.add_(1).item());
  return lr / (1 + (t - 1) * lr_decay);
}
