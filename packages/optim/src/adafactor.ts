import { type Tensor, tensor, ValueError } from '@torchlet/tensor';
import { checkBoolean, defineUpdate, type Shape } from '@torchlet/tensor/internal';
import { flushed } from './decay.js';
import { lerp } from './lerp.js';
import { Optimizer } from './optimizer.js';
import { checkAtLeast, refuseTensorRate, show, withDefaults } from './options.js';
import type { ParamGroup, ParamsInput } from './param-groups.js';
import { Scratch } from './scratch.js';

export interface AdafactorOptions {
  /** The largest relative step size, γ; also what weight decay is multiplied by. */
  lr: number;
  /** Decay of the average square: β̂₂ = 1 − t^τ. */
  beta2_decay: number;
  /** What keeps the denominator away from zero, ε₁ (null: the dtype's precision), and the least scale of a step, ε₂. */
  eps: [number | null, number];
  /** The largest root mean square of an update before the step size, d. */
  d: number;
  /** Share by which the parameter shrinks, λ. */
  weight_decay: number;
  /** PyTorch's choice between loops over tensors and over elements. Accepted; it does not change the result. */
  foreach: boolean | null;
  /** Climb instead of descending. */
  maximize: boolean;
}

export interface AdafactorState {
  /** Number of steps: float32, 0-dim, on the cpu, as in PyTorch. */
  step: Tensor;
  /** Average square of each row, R `[…, n, 1]`, of parameters of two or more dimensions. */
  row_var?: Tensor;
  /** Average square of each column, C `[…, 1, m]`. */
  col_var?: Tensor;
  /** Average square of each element, V, of vectors and scalars. */
  variance?: Tensor;
}

const DEFAULTS: AdafactorOptions = {
  lr: 1e-2,
  beta2_decay: -0.8,
  eps: [null, 1e-3],
  d: 1,
  weight_decay: 0,
  foreach: null,
  maximize: false,
};

/** ε₁ where it is null: the distance from 1 to the next number. */
const PRECISION: Readonly<Record<string, number>> = { float32: 2 ** -23, float64: 2 ** -52 };

const square = defineUpdate({
  name: 'adafactor_square',
  writes: ['out'],
  reads: ['x'],
  values: [],
  each: 'out = x * x;',
});

/** The average moves by `weight`, which is 1 at first, towards the present value, a sum over `count` elements. */
const blend = defineUpdate({
  name: 'adafactor_blend',
  writes: ['average'],
  reads: ['sum'],
  values: ['weight', 'count'],
  each: `
    const before = ${flushed('average')};
    average = ${lerp('before', '(sum / count)', 'weight')};
  `,
});

/** U² of a vector, whose V is kept. */
const scaleVector = defineUpdate({
  name: 'adafactor_scale_vector',
  writes: ['square', 'variance'],
  reads: ['grad'],
  values: ['weight', 'least'],
  each: `
    const before = ${flushed('variance')};
    variance = ${lerp('before', 'grad * grad', 'weight')};
    square = grad * grad / Math.max(variance, least);
  `,
});

/** U² of a matrix, in the place of V. */
const scaleMatrix = defineUpdate({
  name: 'adafactor_scale_matrix',
  writes: ['square'],
  reads: ['grad'],
  values: ['least'],
  each: 'square = grad * grad / Math.max(square, least);',
});

/** U has the sign of the gradient, so that its square is all that has to be kept. */
const move = defineUpdate({
  name: 'adafactor_move',
  writes: ['param'],
  reads: ['square', 'grad'],
  values: ['decay', 'step'],
  each: `
    if (decay !== 0) param *= 1 - decay;
    param -= step * Math.sign(grad) * Math.sqrt(square);
  `,
});

/**
 * Adafactor: as Adam without momentum, but of a matrix's average squares only the sums over rows and columns are kept,
 * and steps are relative to the parameter's size. As in PyTorch, γ bounds the relative step size and ε₁ the estimate
 * of V and not the squares, unlike in the paper; more than two dimensions are so many matrices.
 *
 * https://pytorch.org/docs/stable/generated/torch.optim.Adafactor.html, Shazeer and Stern 2018, "Adafactor: Adaptive
 * learning rates with sublinear memory cost", https://arxiv.org/abs/1804.04235
 */
export class Adafactor extends Optimizer<AdafactorOptions, AdafactorState> {
  override readonly formula: string = [
    'g ← ∇f(θ)',
    'α ← max(ε₂, RMS(θ)) · min(γ, 1 / √t)',
    'θ ← θ − γλθ',
    'β̂ ← 1 − t^τ',
    'R ← β̂R + (1 − β̂) mean over columns of g²',
    'C ← β̂C + (1 − β̂) mean over rows of g²',
    'V ← RC / max(mean R, ε₁); of a vector β̂V + (1 − β̂)g²',
    'U ← g / max(√V, ε₁)',
    'θ ← θ − αU / max(1, RMS(U) / d)',
  ].join('\n');

  private readonly scratch: Scratch = new Scratch();

  /** @throws ValueError in PyTorch's words. */
  constructor(params: ParamsInput<AdafactorOptions>, options?: Partial<AdafactorOptions>) {
    super(params, withDefaults('Adafactor', DEFAULTS, options));
  }

  protected override checkOptions(options: AdafactorOptions): void {
    refuseTensorRate('Adafactor', options.lr);
    checkAtLeast('Learning rate', options.lr);
    if (!(typeof options.beta2_decay === 'number' && options.beta2_decay <= 0)) {
      throw new ValueError(`beta2_decay should be <= 0 but is: ${show(options.beta2_decay)}`);
    }
    const eps: readonly unknown[] = Array.isArray(options.eps) ? options.eps : [options.eps];
    if (eps[0] !== null) checkAtLeast('epsilon1', eps[0]);
    checkAtLeast('epsilon2', eps[1]);
    checkAtLeast('Clipping threshold d', options.d, 1);
    checkAtLeast('weight_decay', options.weight_decay);
    if (options.foreach !== null) checkBoolean('Adafactor', 'foreach', options.foreach);
    checkBoolean('Adafactor', 'maximize', options.maximize);
  }

  protected override floatDefaults(): Readonly<Record<string, number>> {
    return { d: DEFAULTS.d, weight_decay: DEFAULTS.weight_decay };
  }

  protected override stateShapes(param: Tensor): Readonly<Record<string, Shape>> {
    return param.ndim > 1
      ? { step: [], row_var: param.shape.with(-1, 1), col_var: param.shape.with(-2, 1) }
      : { step: [], variance: param.shape };
  }

  protected override init_state(param: Tensor): AdafactorState {
    const { step: _, ...averages } = this.stateShapes(param);
    const zeros = Object.entries(averages).map(([key, shape]) => [key, param.new_zeros([...shape])]);
    return { step: tensor(0), ...Object.fromEntries(zeros) };
  }

  protected override update(
    param: Tensor,
    grad: Tensor,
    state: AdafactorState,
    group: ParamGroup<AdafactorOptions>,
  ): void {
    const { lr, beta2_decay, d, weight_decay, maximize } = group;
    const eps1 = group.eps[0] ?? PRECISION[param.dtype];
    const t = Number(state.step.add_(1).item());
    const out = this.scratch.take('square', param.shape, param);
    square({ out, x: param }, {});
    const alpha = atLeast(group.eps[1], rootMean(out)) * Math.min(lr, 1 / Math.sqrt(t));
    const weight = t ** beta2_decay;
    const least = eps1 * eps1;
    const { row_var, col_var, variance } = state;
    if (row_var === undefined || col_var === undefined) {
      scaleVector({ square: out, variance: variance as Tensor, grad }, { weight, least });
    } else {
      square({ out, x: grad }, {});
      blend({ average: row_var, sum: out.sum(-1, true) }, { weight, count: grad.shape[grad.ndim - 1] });
      blend({ average: col_var, sum: out.sum(-2, true) }, { weight, count: grad.shape[grad.ndim - 2] });
      out.copy_(col_var).mul_(row_var.div(row_var.mean(-2, true).clamp_min_(eps1)));
      scaleMatrix({ square: out, grad }, { least });
    }
    const step = alpha / atLeast(1, rootMean(out) / d);
    move({ param, square: out, grad }, { decay: lr * weight_decay, step: maximize ? -step : step });
  }
}

const rootMean = (squares: Tensor): number => Math.sqrt(Number(squares.sum().item()) / squares.numel());

/** The larger of the two; `least` where the value is NaN, so that one bad element does not spoil the others, as in PyTorch. */
const atLeast = (least: number, value: number): number => (value > least ? value : least);
