import { functional, type Tensor } from '@torchlet/tensor';
import { bindArguments, checkNumber, type Reduction } from '@torchlet/tensor/internal';
import { Module } from '../module.js';

export interface LossOptions {
  /** Deprecated: use `reduction`. */
  readonly size_average?: boolean | null;
  /** Deprecated: use `reduction`. */
  readonly reduce?: boolean | null;
  /** `'mean'` unless given. */
  readonly reduction?: Reduction;
}

/** The two deprecated arguments as `reduction`, which they overrule. */
export function readReduction(average: unknown, reduce: unknown, reduction: unknown): Reduction {
  if ((average ?? null) === null && (reduce ?? null) === null) return (reduction ?? 'mean') as Reduction;
  if (reduce === false) return 'none';
  return average === false ? 'sum' : 'mean';
}

/**
 * The squared difference of input and target, of one shape.
 * https://pytorch.org/docs/stable/generated/torch.nn.MSELoss.html
 */
export class MSELoss extends Module<[input: Tensor, target: Tensor], Tensor> {
  reduction: Reduction;

  constructor(
    ...given: [
      size_average?: boolean | null | LossOptions,
      reduce?: boolean | null | LossOptions,
      reduction?: Reduction | LossOptions,
    ]
  ) {
    super();
    const args = bindArguments('MSELoss', ['size_average', 'reduce', 'reduction'], given);
    this.reduction = readReduction(args[0], args[1], args[2]);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return functional.mse_loss(input, target, { reduction: this.reduction });
  }
}

export interface ClassLossOptions extends LossOptions {
  /** A factor for each class, `[C]`. */
  readonly weight?: Tensor | null;
  /** A target that does not count; −100 unless given. */
  readonly ignore_index?: number;
}

/**
 * Negative log likelihood: input (log-probabilities) `[N, C, …]`, target (int64) `[N, …]`.
 * https://pytorch.org/docs/stable/generated/torch.nn.NLLLoss.html
 */
export class NLLLoss extends Module<[input: Tensor, target: Tensor], Tensor> {
  declare weight: Tensor | null;
  ignore_index: number;
  reduction: Reduction;

  constructor(
    ...given: [
      weight?: Tensor | null | ClassLossOptions,
      size_average?: boolean | null | ClassLossOptions,
      ignore_index?: number | ClassLossOptions,
      reduce?: boolean | null | ClassLossOptions,
      reduction?: Reduction | ClassLossOptions,
    ]
  ) {
    super();
    const names = ['weight', 'size_average', 'ignore_index', 'reduce', 'reduction'];
    const args = bindArguments('NLLLoss', names, given);
    this.register_buffer('weight', (args[0] ?? null) as Tensor | null);
    this.ignore_index = checkNumber('NLLLoss', 'ignore_index', args[2] ?? -100);
    this.reduction = readReduction(args[1], args[3], args[4]);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, ignore_index, reduction } = this;
    return functional.nll_loss(input, target, { weight, ignore_index, reduction });
  }
}

export interface CrossEntropyLossOptions extends ClassLossOptions {
  /** The share of the target that is spread over all classes, in [0, 1]. */
  readonly label_smoothing?: number;
}

/**
 * Cross entropy of logits `[N, C, …]` and classes (int64 `[N, …]`) or probabilities `[N, C, …]`.
 * https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
 */
export class CrossEntropyLoss extends Module<[input: Tensor, target: Tensor], Tensor> {
  declare weight: Tensor | null;
  ignore_index: number;
  reduction: Reduction;
  label_smoothing: number;

  constructor(
    ...given: [
      weight?: Tensor | null | CrossEntropyLossOptions,
      size_average?: boolean | null | CrossEntropyLossOptions,
      ignore_index?: number | CrossEntropyLossOptions,
      reduce?: boolean | null | CrossEntropyLossOptions,
      reduction?: Reduction | CrossEntropyLossOptions,
      label_smoothing?: number | CrossEntropyLossOptions,
    ]
  ) {
    super();
    const names = ['weight', 'size_average', 'ignore_index', 'reduce', 'reduction', 'label_smoothing'];
    const args = bindArguments('CrossEntropyLoss', names, given);
    this.register_buffer('weight', (args[0] ?? null) as Tensor | null);
    this.ignore_index = checkNumber('CrossEntropyLoss', 'ignore_index', args[2] ?? -100);
    this.reduction = readReduction(args[1], args[3], args[4]);
    this.label_smoothing = checkNumber('CrossEntropyLoss', 'label_smoothing', args[5] ?? 0);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, ignore_index, reduction, label_smoothing } = this;
    return functional.cross_entropy(input, target, { weight, ignore_index, reduction, label_smoothing });
  }
}
