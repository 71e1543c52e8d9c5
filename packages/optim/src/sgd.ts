import { type Tensor, ValueError, zeros_like } from '@torchlet/tensor';
import { checkBoolean, defineUpdate, type Shape } from '@torchlet/tensor/internal';
import { decayed } from './decay.js';
import { keepsNoGradient, Optimizer } from './optimizer.js';
import {
  checkImplementation,
  checkLearningRate,
  checkRange,
  type ImplementationOptions,
  withDefaults,
} from './options.js';
import type { ParamGroup, ParamsInput } from './param-groups.js';
import type { StateEntry } from './state-dict.js';

export interface SGDOptions extends ImplementationOptions {
  /** Learning rate γ. */
  lr: number;
  /** Momentum μ. */
  momentum: number;
  /** Share of a new gradient that momentum leaves out, τ. */
  dampening: number;
  /** L2 penalty λ. */
  weight_decay: number;
  /** Nesterov's momentum, which looks one step ahead. */
  nesterov: boolean;
  /** Climb instead of descending. */
  maximize: boolean;
  fused: boolean | null;
}

/** Null without momentum. */
export type SGDState = { momentum_buffer: Tensor | null } | null;

const DEFAULTS: SGDOptions = {
  lr: 1e-3,
  momentum: 0,
  dampening: 0,
  weight_decay: 0,
  nesterov: false,
  maximize: false,
  foreach: null,
  differentiable: false,
  fused: null,
};

const sgd = defineUpdate({
  name: 'sgd',
  writes: ['param', 'momentum_buffer'],
  reads: ['grad'],
  values: ['lr', 'momentum', 'dampening', 'weight_decay', 'nesterov', 'maximize', 'first'],
  each: `
    let g = maximize ? -grad : grad;
    if (weight_decay !== 0) g += weight_decay * param;
    if (momentum !== 0) {
      momentum_buffer = first ? g : ${decayed('momentum', 'momentum_buffer')} + (1 - dampening) * g;
      g = nesterov ? g + momentum * momentum_buffer : momentum_buffer;
    }
    param -= lr * g;
  `,
});

/**
 * Stochastic gradient descent, with momentum if wanted. The buffer starts as the first gradient, undampened, and the
 * learning rate multiplies it from outside, unlike in Sutskever et al.
 *
 * https://pytorch.org/docs/stable/generated/torch.optim.SGD.html, Sutskever et al. 2013, "On the importance of
 * initialization and momentum in deep learning", http://www.cs.toronto.edu/~hinton/absps/momentum.pdf
 */
export class SGD extends Optimizer<SGDOptions, SGDState> {
  override readonly formula: string = [
    'g ← ∇f(θ) + λθ',
    'b ← g at first, then μb + (1 − τ)g',
    'g ← b, with nesterov g + μb',
    'θ ← θ − γg',
  ].join('\n');

  /** @throws ValueError in PyTorch's words. */
  constructor(params: ParamsInput<SGDOptions>, options?: Partial<SGDOptions>) {
    super(params, withDefaults('SGD', DEFAULTS, options));
  }

  protected override checkOptions(options: SGDOptions): void {
    checkLearningRate('SGD', options.lr);
    checkRange('momentum value', options.momentum);
    checkRange('weight_decay value', options.weight_decay);
    checkRange('dampening value', options.dampening, Number.NEGATIVE_INFINITY);
    checkBoolean('SGD', 'nesterov', options.nesterov);
    checkBoolean('SGD', 'maximize', options.maximize);
    checkImplementation('SGD', options);
    // a group may override one of the three alone, as in PyTorch
    const isGroup = options !== this.defaults;
    if (!isGroup && options.nesterov && (options.momentum <= 0 || options.dampening !== 0)) {
      throw new ValueError('Nesterov momentum requires a momentum and zero dampening');
    }
  }

  protected override stateShapes(param: Tensor, group: ParamGroup<SGDOptions>): Readonly<Record<string, Shape>> {
    return group.momentum === 0 ? {} : { momentum_buffer: param.shape };
  }

  /** PyTorch 1 saved a null before the first step with momentum. */
  protected override renewState({ momentum_buffer, ...rest }: StateEntry): StateEntry {
    return momentum_buffer === null || momentum_buffer === undefined ? rest : { momentum_buffer, ...rest };
  }

  protected override init_state(_param: Tensor, group: ParamGroup<SGDOptions>): SGDState {
    return group.momentum === 0 ? null : { momentum_buffer: null };
  }

  protected override update(param: Tensor, grad: Tensor, state: SGDState, group: ParamGroup<SGDOptions>): void {
    const first = (state?.momentum_buffer ?? null) === null;
    if (state !== null && group.momentum !== 0) state.momentum_buffer ??= zeros_like(param);
    const momentum_buffer = group.momentum === 0 || state === null ? null : state.momentum_buffer;
    const { lr, momentum, dampening, weight_decay, nesterov, maximize } = group;
    sgd({ param, momentum_buffer, grad }, { lr, momentum, dampening, weight_decay, nesterov, maximize, first });
  }

  /** The same update with sparse tensors: without momentum it touches the listed elements alone. */
  protected override updateSparse(param: Tensor, grad: Tensor, group: ParamGroup<SGDOptions>): void {
    const { lr, momentum, dampening, weight_decay, nesterov, maximize } = group;
    if (weight_decay !== 0)
      throw new ValueError('add(sparse, dense) is not supported. Use add(dense, sparse) instead.');
    let g = maximize ? grad.neg() : grad;
    const state = momentum === 0 ? null : this.stateOf(param, group);
    if (state !== null) {
      state.momentum_buffer = state.momentum_buffer?.mul_(momentum).add_(g, { alpha: 1 - dampening }) ?? g.clone();
      g = nesterov ? g.add(state.momentum_buffer, { alpha: momentum }) : state.momentum_buffer;
    }
    if (g.is_sparse) param.index_put_(g._indices().unbind(0), g._values().mul(-lr), { accumulate: true });
    else param.add_(g, { alpha: -lr });
  }

  static {
    keepsNoGradient(SGD.prototype.update);
  }
}
