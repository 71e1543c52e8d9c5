import { full_like, type Tensor, tensor, ValueError, zeros_like } from '@torchlet/tensor';
import { checkBoolean, defineUpdate, type Shape } from '@torchlet/tensor/internal';
import { keepsNoGradient, Optimizer } from './optimizer.js';
import { checkImplementation, checkLearningRate, type ImplementationOptions, withDefaults } from './options.js';
import type { ParamGroup, ParamsInput } from './param-groups.js';

export interface RpropOptions extends ImplementationOptions {
  /** Every element's first step γ. */
  lr: number;
  /** Factors by which an element's step shrinks and grows, η₋ and η₊. */
  etas: [number, number];
  /** The smallest and the largest step, Γmin and Γmax. */
  step_sizes: [number, number];
  /** Climb instead of descending. */
  maximize: boolean;
  capturable: boolean;
}

export interface RpropState {
  /** Number of steps: float32, 0-dim, on the cpu, as in PyTorch. */
  step: Tensor;
  /** The gradient before, 0 where it has just changed its sign. */
  prev: Tensor;
  /** Every element's own step, Δ. */
  step_size: Tensor;
}

const DEFAULTS: RpropOptions = {
  lr: 1e-2,
  etas: [0.5, 1.2],
  step_sizes: [1e-6, 50],
  foreach: null,
  maximize: false,
  differentiable: false,
  capturable: false,
};

// a NaN in the gradient has no sign: it leaves its element alone, as in PyTorch
const rprop = defineUpdate({
  name: 'rprop',
  writes: ['param', 'prev', 'step_size'],
  reads: ['grad'],
  values: ['shrink', 'grow', 'smallest', 'largest', 'maximize'],
  each: `
    const g = maximize ? -grad : grad;
    const turn = g * prev;
    const factor = turn > 0 ? grow : turn < 0 ? shrink : 1;
    step_size = Math.min(Math.max(step_size * factor, smallest), largest);
    prev = turn < 0 ? 0 : g;
    param -= prev > 0 ? step_size : prev < 0 ? -step_size : 0;
  `,
});

/**
 * Resilient backpropagation: only the gradient's sign counts. An element's step grows while the sign stays and shrinks when
 * it turns, in which case the element rests for a step. For gradients of the whole data set, not of small batches.
 *
 * https://pytorch.org/docs/stable/generated/torch.optim.Rprop.html, Riedmiller and Braun 1993, "A direct adaptive method
 * for faster backpropagation learning: the RPROP algorithm", https://doi.org/10.1109/ICNN.1993.298623
 */
export class Rprop extends Optimizer<RpropOptions, RpropState> {
  override readonly formula: string = [
    'g ← ∇f(θ)',
    'Δ ← min(η₊Δ, Γmax) where g · p > 0, max(η₋Δ, Γmin) where g · p < 0',
    'p ← g, 0 where g · p < 0',
    'θ ← θ − sign(p)Δ',
  ].join('\n');

  /** @throws ValueError in PyTorch's words. */
  constructor(params: ParamsInput<RpropOptions>, options?: Partial<RpropOptions>) {
    super(params, withDefaults('Rprop', DEFAULTS, options));
  }

  protected override checkOptions(options: RpropOptions): void {
    checkLearningRate('Rprop', options.lr);
    const [minus, plus] = numbers(options.etas);
    if (!(minus > 0 && minus < 1 && plus > 1)) throw new ValueError(`Invalid eta values: ${minus}, ${plus}`);
    const [least, most] = numbers(options.step_sizes);
    if (Number.isNaN(least) || Number.isNaN(most)) throw new ValueError(`Invalid step size values: ${least}, ${most}`);
    checkBoolean('Rprop', 'maximize', options.maximize);
    checkImplementation('Rprop', options);
  }

  protected override stateShapes({ shape }: Tensor): Readonly<Record<string, Shape>> {
    return { step: [], prev: shape, step_size: shape };
  }

  protected override init_state(param: Tensor, group: ParamGroup<RpropOptions>): RpropState {
    return { step: tensor(0), prev: zeros_like(param), step_size: full_like(param, group.lr) };
  }

  protected override update(param: Tensor, grad: Tensor, state: RpropState, group: ParamGroup<RpropOptions>): void {
    const { prev, step_size } = state;
    const [shrink, grow] = group.etas;
    const [smallest, largest] = group.step_sizes;
    state.step.add_(1);
    rprop({ param, prev, step_size, grad }, { shrink, grow, smallest, largest, maximize: group.maximize });
  }

  static {
    keepsNoGradient(Rprop.prototype.update);
  }
}

/** Two numbers; NaN for what is none. */
function numbers(pair: unknown): [number, number] {
  const list: readonly unknown[] = Array.isArray(pair) ? pair : [];
  const [a, b] = [0, 1].map((i) => (typeof list[i] === 'number' ? list[i] : Number.NaN));
  return [a, b];
}
