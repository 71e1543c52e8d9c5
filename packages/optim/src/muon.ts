import { type Tensor, ValueError, zeros_like } from '@torchlet/tensor';
import { checkBoolean, defineUpdate, type Shape } from '@torchlet/tensor/internal';
import { flushed } from './decay.js';
import { lerp } from './lerp.js';
import { orthogonalize } from './newton-schulz.js';
import { Optimizer } from './optimizer.js';
import { checkAtLeast, checkCount, checkRange, refuseTensorRate, show, withDefaults } from './options.js';
import type { ParamGroup, ParamsInput } from './param-groups.js';
import { Scratch } from './scratch.js';

export interface MuonOptions {
  /** Learning rate γ. */
  lr: number;
  /** Share by which the parameter shrinks, λ. */
  weight_decay: number;
  /** Momentum μ. */
  momentum: number;
  /** Nesterov's momentum, which looks one step ahead. */
  nesterov: boolean;
  /** Coefficients of the Newton–Schulz polynomial, a, b and c. */
  ns_coefficients: [number, number, number];
  /** The least norm that the momentum is divided by, ε. */
  eps: number;
  /** Newton–Schulz iterations, k. */
  ns_steps: number;
  /** How the learning rate depends on the shape; null is `'original'`. */
  adjust_lr_fn: 'original' | 'match_rms_adamw' | null;
}

export interface MuonState {
  /** Average of the gradients, B. */
  momentum_buffer: Tensor;
}

const DEFAULTS: MuonOptions = {
  lr: 1e-3,
  weight_decay: 0.1,
  momentum: 0.95,
  nesterov: true,
  ns_coefficients: [3.4445, -4.775, 2.0315],
  eps: 1e-7,
  ns_steps: 5,
  adjust_lr_fn: null,
};

const average = defineUpdate({
  name: 'muon_average',
  writes: ['momentum_buffer', 'ahead'],
  reads: ['grad'],
  values: ['momentum', 'nesterov'],
  each: `
    const before = ${flushed('momentum_buffer')};
    momentum_buffer = ${lerp('before', 'grad', '(1 - momentum)')};
    ahead = nesterov ? ${lerp('grad', 'momentum_buffer', 'momentum')} : momentum_buffer;
  `,
});

const move = defineUpdate({
  name: 'muon_move',
  writes: ['param'],
  reads: ['direction'],
  values: ['decay', 'step'],
  each: `
    if (decay !== 0) param *= 1 - decay;
    param -= step * direction;
  `,
});

/**
 * Momentum, orthogonalized by Newton–Schulz iterations: of a step's matrix, only the directions remain, with singular
 * values near 1. For the weights of hidden layers; other parameters belong to another optimizer.
 *
 * PyTorch iterates in bfloat16, which is not here: the iteration runs in the parameter's dtype and is the more exact one.
 *
 * https://pytorch.org/docs/stable/generated/torch.optim.Muon.html, Jordan et al. 2024, "Muon: An optimizer for hidden
 * layers in neural networks", https://kellerjordan.github.io/posts/muon/; `match_rms_adamw`: Liu et al. 2025, "Muon is
 * scalable for LLM training", https://arxiv.org/abs/2502.16982
 */
export class Muon extends Optimizer<MuonOptions, MuonState> {
  override readonly formula: string = [
    'g ← ∇f(θ)',
    'B ← μB + (1 − μ)g',
    'G ← B, with nesterov μB + (1 − μ)g',
    'X ← G / max(‖G‖, ε), then k times aX + (bXXᵀ + c(XXᵀ)²)X',
    'θ ← θ − γλθ',
    'θ ← θ − γ√max(1, n / m) · X of n × m, or θ − 0.2γ√max(n, m) · X',
  ].join('\n');

  private readonly scratch: Scratch = new Scratch();

  /** @throws ValueError in PyTorch's words, also for parameters that are no matrices. */
  constructor(params: ParamsInput<MuonOptions>, options?: Partial<MuonOptions>) {
    super(params, withDefaults('Muon', DEFAULTS, options));
    for (const group of this.param_groups) {
      for (const { ndim, shape } of group.params) {
        if (ndim !== 2) {
          throw new ValueError(
            `Muon only supports 2D parameters whereas we found a parameter with size: torch.Size([${shape.join(', ')}])`,
          );
        }
      }
    }
  }

  protected override checkOptions(options: MuonOptions): void {
    refuseTensorRate('Muon', options.lr);
    checkAtLeast('Learning rate', options.lr);
    checkAtLeast('momentum', options.momentum);
    checkAtLeast('weight decay', options.weight_decay);
    const { adjust_lr_fn, ns_coefficients, ns_steps } = options;
    if (adjust_lr_fn !== null && adjust_lr_fn !== 'original' && adjust_lr_fn !== 'match_rms_adamw') {
      throw new ValueError(`Adjust learning rate function ${String(adjust_lr_fn)} is not supported`);
    }
    checkBoolean('Muon', 'nesterov', options.nesterov);
    checkRange('epsilon value', options.eps);
    checkCount('ns_steps value', ns_steps);
    if (ns_steps >= 100) throw new ValueError('Number of steps must be less than 100 for computational efficiency');
    if (!Array.isArray(ns_coefficients) || ns_coefficients.length !== 3) {
      throw new ValueError('Coefficients must be a tuple of exactly 3 values');
    }
    for (const value of ns_coefficients) {
      if (!Number.isFinite(value)) throw new ValueError(`Invalid ns_coefficients value: ${show(value)}`);
    }
  }

  protected override stateShapes(param: Tensor): Readonly<Record<string, Shape>> {
    return { momentum_buffer: param.shape };
  }

  protected override init_state(param: Tensor): MuonState {
    return { momentum_buffer: zeros_like(param) };
  }

  protected override update(param: Tensor, grad: Tensor, state: MuonState, group: ParamGroup<MuonOptions>): void {
    if (grad.ndim !== 2) throw new ValueError('Param gradient must be a 2D matrix');
    const { lr, weight_decay, momentum, nesterov, ns_coefficients, eps, ns_steps } = group;
    const ahead = this.scratch.take('x', param.shape, param);
    average({ momentum_buffer: state.momentum_buffer, ahead, grad }, { momentum, nesterov });
    const direction = orthogonalize(ahead, { ns_coefficients, eps, ns_steps }, this.scratch);
    move({ param, direction }, { decay: lr * weight_decay, step: lr * shapeFactor(param.shape, group.adjust_lr_fn) });
  }
}

/** What makes steps of differently shaped matrices alike in size. */
function shapeFactor([n, m]: readonly number[], adjust_lr_fn: MuonOptions['adjust_lr_fn']): number {
  return adjust_lr_fn === 'match_rms_adamw' ? 0.2 * Math.sqrt(Math.max(n, m)) : Math.sqrt(Math.max(1, n / m));
}
