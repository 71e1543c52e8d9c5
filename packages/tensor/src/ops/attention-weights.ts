/** The weights that attention gives to the keys. */
import { allocateArray } from '../dtype.js';
import { ShapeError } from '../errors.js';
import { broadcastShapes, showShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { fromHost, knownElements } from './kernel.js';

const OP = 'scaled_dot_product_attention';

/** Softmax of the scores `[…, L, S]` over the keys that are seen, all of them functions of the scores. */
export function attentionWeights(scores: Tensor, mask: Tensor | null, causal: boolean): Tensor {
  if (causal) return scores.add(causalBias(scores)).softmax(-1);
  return mask === null ? scores.softmax(-1) : maskedSoftmax(scores, mask);
}

/** −∞ above the diagonal of `[L, S]`, 0 elsewhere: no row is without a key. */
function causalBias(scores: Tensor): Tensor {
  const [rows, columns] = scores.shape.slice(-2);
  const data = allocateArray(scores.dtype, rows * columns);
  for (let i = 0; i < rows; i++) data.fill(-Infinity, i * columns + Math.min(i + 1, columns), (i + 1) * columns);
  return fromHost(data, [rows, columns], scores.dtype, scores.device);
}

/** Softmax over the keys that are not masked; zeros where all are. */
function maskedSoftmax(scores: Tensor, mask: Tensor): Tensor {
  const shape = broadcastShapes(OP, scores.shape, mask.shape);
  if (shape.length !== scores.ndim || shape.some((s, d) => s !== scores.shape[d])) {
    throw new ShapeError(
      `${OP}(): attn_mask of shape ${showShape(mask.shape)} does not broadcast to the scores' shape ${showShape(scores.shape)}`,
    );
  }
  const hidden = mask.dtype === 'bool' ? mask.logical_not() : mask.detach().eq(Number.NEGATIVE_INFINITY);
  const shown = mask.dtype === 'bool' ? scores.masked_fill(hidden, Number.NEGATIVE_INFINITY) : scores.add(mask);
  if (scores.numel() === 0) return shown.softmax(-1);
  const blind = hidden.amin(-1, true);
  // a row of −∞ has no softmax, and its gradient would be NaN
  const any = knownElements(blind.amax());
  if (any !== null && any[0] === 0) return shown.softmax(-1);
  return shown.masked_fill(blind, 0).softmax(-1).masked_fill(blind, 0);
}
