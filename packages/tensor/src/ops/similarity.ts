/** Lengths and angles of vectors. https://pytorch.org/docs/stable/nn.functional.html#distance-functions */
import { checkInteger, checkNumber } from '../arguments.js';
import { no_grad } from '../autograd/grad-mode.js';
import { cName, isFloating, resultType } from '../dtype.js';
import { DTypeError } from '../errors.js';
import { broadcastShapes, wrapDims } from '../shape.js';
import { type Named, signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { checkTensor } from './kernel.js';
import { vector_norm } from './norm.js';

/** The p-norm along dimensions, which stay with size 1; its derivative at 0 is 0. */
export function vectorLength(x: Tensor, p: number, dims: readonly number[]): Tensor {
  return vector_norm(x, p, dims, true);
}

function checkFloating(op: string, name: string, x: Tensor): Tensor {
  if (isFloating(checkTensor(op, name, x).dtype)) return x;
  throw new DTypeError(`${op}(): expected a floating point ${name}, but got ${cName(x.dtype)}`);
}

export interface NormalizeOptions {
  readonly p?: number;
  readonly dim?: number | readonly number[];
  readonly eps?: number;
}

/**
 * Vectors along `dim` divided by their p-norm, which counts as `eps` at least.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.normalize.html
 */
export const normalize: (
  input: Tensor,
  p?: number | NormalizeOptions,
  dim?: number | readonly number[] | NormalizeOptions,
  eps?: number | NormalizeOptions,
) => Tensor = signature('normalize(input, p?, dim?, eps?)', (input, p = 2, dim = 1, eps = 1e-12) => {
  const op = 'normalize';
  checkFloating(op, 'input', input);
  const dims = wrapDims(op, dim, input.ndim).sort((a, b) => a - b);
  const least = checkNumber(op, 'eps', eps);
  return input.div(
    vectorLength(input, checkNumber(op, 'p', p), dims)
      .clamp(least)
      .expand_as(input),
  );
});

export interface CosineSimilarityOptions {
  readonly dim?: number;
  readonly eps?: number;
}

/**
 * The cosine of the angle between vectors along `dim`; each length counts as `eps` at least.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.cosine_similarity.html
 */
export const cosine_similarity: (
  x1: Tensor,
  x2: Named<'x2', Tensor, CosineSimilarityOptions>,
  dim?: number | CosineSimilarityOptions,
  eps?: number | CosineSimilarityOptions,
) => Tensor = signature('cosine_similarity(x1, x2, dim?, eps?)', (x1, x2, d, e) => {
  const op = 'cosine_similarity';
  checkTensor(op, 'x1', x1);
  const dtype = resultType(x1, checkTensor(op, 'x2', x2));
  if (!isFloating(dtype))
    throw new DTypeError(`expected common dtype to be floating point, yet common dtype is ${cName(dtype)}`);
  const shape = broadcastShapes(op, x1.shape, x2.shape);
  const [at] = wrapDims(op, checkInteger(op, 'dim', d ?? 1), shape.length);
  const least = checkNumber(op, 'eps', e ?? 1e-8);
  const unit = (x: Tensor): Tensor => {
    const v = x.to(dtype).expand(shape);
    const length = vectorLength(v, 2, [at]).clone();
    // as in PyTorch, the derivative does not know of the bound
    no_grad(() => length.clamp_(least));
    return v.div(length);
  };
  return unit(x1).mul(unit(x2)).sum(at);
});

export interface PairwiseDistanceOptions {
  readonly p?: number;
  readonly eps?: number;
  readonly keepdim?: boolean;
}

/**
 * The p-norm of x1 − x2 + eps along the last dimension.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.pairwise_distance.html
 */
export const pairwise_distance: (
  x1: Tensor,
  x2: Named<'x2', Tensor, PairwiseDistanceOptions>,
  p?: number | PairwiseDistanceOptions,
  eps?: number | PairwiseDistanceOptions,
  keepdim?: boolean | PairwiseDistanceOptions,
) => Tensor = signature('pairwise_distance(x1, x2, p?, eps?, keepdim?)', (x1, x2, power, e, keep) => {
  const op = 'pairwise_distance';
  checkFloating(op, 'x1', x1);
  checkFloating(op, 'x2', x2);
  const difference = x1.sub(x2).add(checkNumber(op, 'eps', e ?? 1e-6));
  const last = difference.ndim - 1;
  const length = vectorLength(difference, checkNumber(op, 'p', power ?? 2), [last]);
  return (keep ?? false) === true ? length : length.squeeze(last);
});
