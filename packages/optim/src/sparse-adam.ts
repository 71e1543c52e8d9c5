import { enable_grad, ShapeError, Tensor, ValueError, zeros_like } from '@torchlet/tensor';
import { checkBoolean, defineUpdate, type Shape, sameShape } from '@torchlet/tensor/internal';
import { flushed } from './decay.js';
import { type Closure, Optimizer } from './optimizer.js';
import { checkBetas, checkPositive, refuseTensorRate, withDefaults } from './options.js';
import type { ParamGroup, ParamsInput } from './param-groups.js';
import type { StateEntry } from './state-dict.js';

export interface SparseAdamOptions {
  /** Learning rate γ. */
  lr: number;
  /** Decay of the averages of the gradient and of its square, β₁ and β₂. */
  betas: [number, number];
  /** Keeps the denominator away from zero, ε. */
  eps: number;
  /** Climb instead of descending. */
  maximize: boolean;
}

export interface SparseAdamState {
  /** Number of steps: a number, as in PyTorch. */
  step: number;
  /** Average of the gradients, m. */
  exp_avg: Tensor;
  /** Average of their squares, v. */
  exp_avg_sq: Tensor;
}

const DEFAULTS: SparseAdamOptions = { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, maximize: false };

/** Of the rows that the gradient lists. */
const sparseAdam = defineUpdate({
  name: 'sparse_adam',
  writes: ['param', 'exp_avg', 'exp_avg_sq'],
  reads: ['grad'],
  values: ['beta1', 'beta2', 'maximize', 'lr_t', 'eps'],
  each: `
    const g = maximize ? -grad : grad;
    const m = ${flushed('exp_avg')};
    const v = eps !== 0 ? ${flushed('exp_avg_sq')} : exp_avg_sq;
    exp_avg = m + (1 - beta1) * (g - m);
    exp_avg_sq = v + (1 - beta2) * (g * g - v);
    param -= lr_t * exp_avg / (Math.sqrt(exp_avg_sq) + eps);
  `,
});

/**
 * Adam for sparse gradients, such as those of `nn.Embedding(…, { sparse: true })`: only the elements that a gradient lists
 * change, and only their averages. The bias corrections count the parameter's steps, not an element's; unlike Adam's, ε
 * is not corrected.
 *
 * https://pytorch.org/docs/stable/generated/torch.optim.SparseAdam.html, Kingma and Ba 2014,
 * https://arxiv.org/abs/1412.6980
 */
export class SparseAdam extends Optimizer<SparseAdamOptions, SparseAdamState> {
  override readonly formula: string = [
    'g ← ∇f(θ), and all that follows where it lists elements',
    'm ← β₁m + (1 − β₁)g',
    'v ← β₂v + (1 − β₂)g²',
    'θ ← θ − γ · √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε)',
  ].join('\n');

  /** @throws ValueError in PyTorch's words, also for sparse parameters. */
  constructor(params: ParamsInput<SparseAdamOptions>, options?: Partial<SparseAdamOptions>) {
    super(params, withDefaults('SparseAdam', DEFAULTS, options));
    const sparse = this.param_groups.flatMap((group, i) =>
      group.params.flatMap((param, j) => (param.is_sparse ? [`[${i}, ${j}]`] : [])),
    );
    if (sparse.length > 0) {
      throw new ValueError(
        `Sparse params at indices [${sparse.join(', ')}]: SparseAdam requires dense parameter tensors`,
      );
    }
  }

  protected override checkOptions(options: SparseAdamOptions): void {
    refuseTensorRate('SparseAdam', options.lr);
    checkPositive('learning rate', options.lr);
    checkPositive('epsilon value', options.eps);
    checkBetas(options.betas);
    checkBoolean('SparseAdam', 'maximize', options.maximize);
  }

  protected override stateShapes(param: Tensor): Readonly<Record<string, Shape>> {
    return { exp_avg: param.shape, exp_avg_sq: param.shape };
  }

  /** A step count that is a Tensor, as other optimizers' are, becomes a number. */
  protected override renewState(entry: StateEntry): StateEntry {
    return entry.step instanceof Tensor && entry.step.numel() === 1 ? { ...entry, step: entry.step.item() } : entry;
  }

  protected override checkEntry(
    index: string,
    param: Tensor,
    entry: StateEntry,
    group: ParamGroup<SparseAdamOptions>,
  ): void {
    if (typeof entry.step !== 'number') {
      throw new ValueError(`loaded state dict is not one of SparseAdam: parameter ${index} has no number 'step'`);
    }
    super.checkEntry(index, param, entry, group);
  }

  protected override init_state(param: Tensor): SparseAdamState {
    return { step: 0, exp_avg: zeros_like(param), exp_avg_sq: zeros_like(param) };
  }

  /** Nothing is changed if any gradient is dense. */
  protected override perform<T>(closure: Closure<T> | null): T | null {
    const loss = closure === null ? null : enable_grad(closure);
    for (const { params } of this.param_groups) {
      if (params.some(({ grad }) => grad !== null && !grad.is_sparse)) {
        throw new ValueError('SparseAdam does not support dense gradients, please consider Adam instead');
      }
    }
    super.perform(null);
    return loss;
  }

  protected override updateSparse(param: Tensor, grad: Tensor, group: ParamGroup<SparseAdamOptions>): void {
    const { lr, eps, maximize } = group;
    const [beta1, beta2] = group.betas;
    if (!sameShape(grad.shape, param.shape)) {
      throw new ShapeError(
        `sparse_adam_(): The size of grad [${grad.shape.join(', ')}] must match the size of param [${param.shape.join(', ')}]`,
      );
    }
    const state = this.stateOf(param, group);
    const t = ++state.step;
    const lr_t = (lr * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
    // the update is not linear, so an element that comes twice must be summed first
    const listed = grad.coalesce();
    const where = listed.indices().unbind(0);
    const whole = { param, exp_avg: state.exp_avg, exp_avg_sq: state.exp_avg_sq };
    const rows = {
      param: param.index(...where),
      exp_avg: state.exp_avg.index(...where),
      exp_avg_sq: state.exp_avg_sq.index(...where),
    };
    sparseAdam({ ...rows, grad: listed.values() }, { beta1, beta2, maximize, lr_t, eps });
    for (const key of ['param', 'exp_avg', 'exp_avg_sq'] as const) whole[key].index_put_(where, rows[key]);
  }
}
