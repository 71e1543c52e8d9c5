import { functional, type Tensor } from '@torchlet/tensor';
import { type Arguments, bindArguments, checkBoolean, checkNumber, type Reduction } from '@torchlet/tensor/internal';
import { Module } from '../module.js';
import { type LossOptions, readReduction } from './loss.js';

export interface CosineEmbeddingLossOptions extends LossOptions {
  readonly margin?: number;
}

/** 1 − cos for targets 1, max(0, cos − margin) for targets −1. https://pytorch.org/docs/stable/generated/torch.nn.CosineEmbeddingLoss.html */
export class CosineEmbeddingLoss extends Module<[input1: Tensor, input2: Tensor, target: Tensor], Tensor> {
  margin: number;
  reduction: Reduction;

  constructor(
    ...args: Arguments<
      [margin: number, size_average: boolean | null, reduce: boolean | null, reduction: Reduction],
      CosineEmbeddingLossOptions
    >
  ) {
    super();
    const names = ['margin', 'size_average', 'reduce', 'reduction'];
    const given = bindArguments('CosineEmbeddingLoss', names, args);
    this.margin = checkNumber('CosineEmbeddingLoss', 'margin', given[0] ?? 0);
    this.reduction = readReduction(given[1], given[2], given[3]);
  }

  override forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    const { margin, reduction } = this;
    return functional.cosine_embedding_loss(input1, input2, target, { margin, reduction });
  }
}

export interface TripletMarginLossOptions extends LossOptions {
  readonly margin?: number;
  readonly p?: number;
  readonly eps?: number;
  readonly swap?: boolean;
}

/** max(0, margin + d(anchor, positive) − d(anchor, negative)). https://pytorch.org/docs/stable/generated/torch.nn.TripletMarginLoss.html */
export class TripletMarginLoss extends Module<[anchor: Tensor, positive: Tensor, negative: Tensor], Tensor> {
  margin: number;
  p: number;
  eps: number;
  swap: boolean;
  reduction: Reduction;

  constructor(
    ...args: Arguments<
      [
        margin: number,
        p: number,
        eps: number,
        swap: boolean,
        size_average: boolean | null,
        reduce: boolean | null,
        reduction: Reduction,
      ],
      TripletMarginLossOptions
    >
  ) {
    super();
    const names = ['margin', 'p', 'eps', 'swap', 'size_average', 'reduce', 'reduction'];
    const given = bindArguments('TripletMarginLoss', names, args);
    this.margin = checkNumber('TripletMarginLoss', 'margin', given[0] ?? 1);
    this.p = checkNumber('TripletMarginLoss', 'p', given[1] ?? 2);
    this.eps = checkNumber('TripletMarginLoss', 'eps', given[2] ?? 1e-6);
    this.swap = checkBoolean('TripletMarginLoss', 'swap', given[3] ?? false);
    this.reduction = readReduction(given[4], given[5], given[6]);
  }

  override forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    const { margin, p, eps, swap, reduction } = this;
    return functional.triplet_margin_loss(anchor, positive, negative, { margin, p, eps, swap, reduction });
  }
}

export interface MarginRankingLossOptions extends LossOptions {
  readonly margin?: number;
}

/** max(0, −y · (x1 − x2) + margin) for y = ±1. https://pytorch.org/docs/stable/generated/torch.nn.MarginRankingLoss.html */
export class MarginRankingLoss extends Module<[input1: Tensor, input2: Tensor, target: Tensor], Tensor> {
  margin: number;
  reduction: Reduction;

  constructor(
    ...args: Arguments<
      [margin: number, size_average: boolean | null, reduce: boolean | null, reduction: Reduction],
      MarginRankingLossOptions
    >
  ) {
    super();
    const names = ['margin', 'size_average', 'reduce', 'reduction'];
    const given = bindArguments('MarginRankingLoss', names, args);
    this.margin = checkNumber('MarginRankingLoss', 'margin', given[0] ?? 0);
    this.reduction = readReduction(given[1], given[2], given[3]);
  }

  override forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    const { margin, reduction } = this;
    return functional.margin_ranking_loss(input1, input2, target, { margin, reduction });
  }
}

export interface HingeEmbeddingLossOptions extends LossOptions {
  readonly margin?: number;
}

/** x for targets 1, max(0, margin − x) for targets −1. https://pytorch.org/docs/stable/generated/torch.nn.HingeEmbeddingLoss.html */
export class HingeEmbeddingLoss extends Module<[input: Tensor, target: Tensor], Tensor> {
  margin: number;
  reduction: Reduction;

  constructor(
    ...args: Arguments<
      [margin: number, size_average: boolean | null, reduce: boolean | null, reduction: Reduction],
      HingeEmbeddingLossOptions
    >
  ) {
    super();
    const names = ['margin', 'size_average', 'reduce', 'reduction'];
    const given = bindArguments('HingeEmbeddingLoss', names, args);
    this.margin = checkNumber('HingeEmbeddingLoss', 'margin', given[0] ?? 1);
    this.reduction = readReduction(given[1], given[2], given[3]);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { margin, reduction } = this;
    return functional.hinge_embedding_loss(input, target, { margin, reduction });
  }
}

/** ln(1 + e^(−x · y)) for y = ±1. https://pytorch.org/docs/stable/generated/torch.nn.SoftMarginLoss.html */
export class SoftMarginLoss extends Module<[input: Tensor, target: Tensor], Tensor> {
  reduction: Reduction;

  constructor(
    ...args: Arguments<[size_average: boolean | null, reduce: boolean | null, reduction: Reduction], LossOptions>
  ) {
    super();
    const names = ['size_average', 'reduce', 'reduction'];
    const given = bindArguments('SoftMarginLoss', names, args);
    this.reduction = readReduction(given[0], given[1], given[2]);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { reduction } = this;
    return functional.soft_margin_loss(input, target, { reduction });
  }
}

export interface MultiMarginLossOptions extends LossOptions {
  readonly p?: 1 | 2;
  readonly margin?: number;
  readonly weight?: Tensor | null;
}

/** Σ over the other classes j of max(0, margin − x[y] + x[j])ᵖ / C. https://pytorch.org/docs/stable/generated/torch.nn.MultiMarginLoss.html */
export class MultiMarginLoss extends Module<[input: Tensor, target: Tensor], Tensor> {
  p: 1 | 2;
  margin: number;
  declare weight: Tensor | null;
  reduction: Reduction;

  constructor(
    ...args: Arguments<
      [
        p: 1 | 2,
        margin: number,
        weight: Tensor | null,
        size_average: boolean | null,
        reduce: boolean | null,
        reduction: Reduction,
      ],
      MultiMarginLossOptions
    >
  ) {
    super();
    const names = ['p', 'margin', 'weight', 'size_average', 'reduce', 'reduction'];
    const given = bindArguments('MultiMarginLoss', names, args);
    this.p = (given[0] ?? 1) as 1 | 2;
    this.margin = checkNumber('MultiMarginLoss', 'margin', given[1] ?? 1);
    this.register_buffer('weight', (given[2] ?? null) as Tensor | null);
    this.reduction = readReduction(given[3], given[4], given[5]);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { p, margin, weight, reduction } = this;
    return functional.multi_margin_loss(input, target, { p, margin, weight, reduction });
  }
}
