import { functional, type Tensor } from '@torchlet/tensor';
import { bindArguments, checkBoolean, checkInteger, checkNumber } from '@torchlet/tensor/internal';
import { Module } from '../module.js';

export interface CosineSimilarityOptions {
  readonly dim?: number;
  readonly eps?: number;
}

/** The cosine of the angle between vectors. https://pytorch.org/docs/stable/generated/torch.nn.CosineSimilarity.html */
export class CosineSimilarity extends Module<[x1: Tensor, x2: Tensor]> {
  dim: number;
  eps: number;

  constructor(...args: [dim?: number | CosineSimilarityOptions, eps?: number | CosineSimilarityOptions]) {
    super();
    const [dim, eps] = bindArguments('CosineSimilarity', ['dim', 'eps'], args);
    this.dim = checkInteger('CosineSimilarity', 'dim', dim ?? 1);
    this.eps = checkNumber('CosineSimilarity', 'eps', eps ?? 1e-8);
  }

  override forward(x1: Tensor, x2: Tensor): Tensor {
    return functional.cosine_similarity(x1, x2, this.dim, this.eps);
  }
}

export interface PairwiseDistanceOptions {
  readonly p?: number;
  readonly eps?: number;
  readonly keepdim?: boolean;
}

/** The p-norm of differences. https://pytorch.org/docs/stable/generated/torch.nn.PairwiseDistance.html */
export class PairwiseDistance extends Module<[x1: Tensor, x2: Tensor]> {
  norm: number;
  eps: number;
  keepdim: boolean;

  constructor(
    ...args: [
      p?: number | PairwiseDistanceOptions,
      eps?: number | PairwiseDistanceOptions,
      keepdim?: boolean | PairwiseDistanceOptions,
    ]
  ) {
    super();
    const [p, eps, keepdim] = bindArguments('PairwiseDistance', ['p', 'eps', 'keepdim'], args);
    this.norm = checkNumber('PairwiseDistance', 'p', p ?? 2);
    this.eps = checkNumber('PairwiseDistance', 'eps', eps ?? 1e-6);
    this.keepdim = checkBoolean('PairwiseDistance', 'keepdim', keepdim ?? false);
  }

  override forward(x1: Tensor, x2: Tensor): Tensor {
    return functional.pairwise_distance(x1, x2, this.norm, this.eps, this.keepdim);
  }
}
