/** Attention. https://pytorch.org/docs/stable/nn.functional.html#attention-mechanisms */
import { checkBoolean, checkNumber } from '../arguments.js';
import { allocateArray, cName, isFloating } from '../dtype.js';
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { broadcastShapes, showShape } from '../shape.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { dropout } from './dropout.js';
import { checkSameDevice, checkTensor, fromHost, knownElements } from './kernel.js';

export interface AttentionOptions {
  /** Bool (true takes part) or of the query's dtype (added to the scores); broadcast to `[…, L, S]`. */
  readonly attn_mask?: Tensor | null;
  /** Applied whenever it is greater than 0, also in evaluation. */
  readonly dropout_p?: number;
  /** Query `i` sees the keys `0 … i`. Not together with `attn_mask`. */
  readonly is_causal?: boolean;
  /** 1/√E unless given. */
  readonly scale?: number | null;
  /** Keys and values have fewer heads (dimension −3), each for a group of the query's. */
  readonly enable_gqa?: boolean;
}

const OP = 'scaled_dot_product_attention';

/**
 * softmax(query · keyᵀ · scale + mask) · value: query `[…, L, E]`, key `[…, S, E]`, value `[…, S, Ev]`, result `[…, L, Ev]`. A
 * query that may look at no key gives zeros.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html
 */
export const scaled_dot_product_attention: (
  query: Tensor,
  key: Tensor,
  value: Tensor,
  attn_mask?: Tensor | null | AttentionOptions,
  dropout_p?: number | AttentionOptions,
  is_causal?: boolean | AttentionOptions,
  scale?: number | null | AttentionOptions,
  enable_gqa?: boolean | AttentionOptions,
) => Tensor = signature(
  'scaled_dot_product_attention(query, key, value, attn_mask?, dropout_p?, is_causal?, scale?, enable_gqa?)',
  (query, key, value, given, p, causal, factor, gqa) => {
    checkOperands(query, key, value);
    const masked = given === undefined || given === null ? null : checkMask(checkTensor(OP, 'attn_mask', given), query);
    if (checkBoolean(OP, 'is_causal', causal ?? false) && masked !== null)
      throw new ValueError(`${OP}(): Explicit attn_mask should not be set when is_causal=True`);
    const [keys, values] = checkBoolean(OP, 'enable_gqa', gqa ?? false) ? grouped(query, key, value) : [key, value];
    const scores = query.mul(scaleOf(factor, query)).matmul(keys.mT); // […, L, S]
    const weights =
      causal === true
        ? scores.add(causalBias(scores)).softmax(-1)
        : masked === null
          ? scores.softmax(-1)
          : maskedSoftmax(scores, masked);
    return dropout(weights, checkNumber(OP, 'dropout_p', p ?? 0)).matmul(values);
  },
);

const scaleOf = (given: unknown, query: Tensor): number =>
  given === undefined || given === null ? 1 / Math.sqrt(query.shape[query.ndim - 1]) : checkNumber(OP, 'scale', given);

function checkOperands(query: Tensor, key: Tensor, value: Tensor): void {
  const all = { query, key, value };
  for (const [name, x] of Object.entries(all)) {
    checkTensor(OP, name, x);
    if (x.ndim < 2) {
      throw new ShapeError(
        `${OP}(): Expected query, key, and value to all be at least 2 dimensional, but got Query dim: ${query.ndim}, key ` +
          `dim: ${key.ndim} and value dim: ${value.ndim} instead.`,
      );
    }
  }
  if (query.dtype !== key.dtype || query.dtype !== value.dtype) {
    throw new DTypeError(
      `${OP}(): Expected query, key, and value to have the same dtype, but got query.dtype: ${query.dtype} key.dtype: ` +
        `${key.dtype} and value.dtype: ${value.dtype} instead.`,
    );
  }
  if (!isFloating(query.dtype)) throw new DTypeError(`${OP}(): "softmax" not implemented for '${cName(query.dtype)}'`);
  checkSameDevice(OP, query, key, value);
}

function checkMask(mask: Tensor, query: Tensor): Tensor {
  if (mask.dtype !== 'bool' && mask.dtype !== query.dtype) {
    throw new DTypeError(
      `${OP}(): Expected attn_mask dtype to be bool or to match query dtype, but got attn_mask.dtype: ${mask.dtype} and ` +
        `query.dtype: ${query.dtype} instead.`,
    );
  }
  return mask;
}

/** Each head of keys and values once for every query head that shares it. */
function grouped(query: Tensor, key: Tensor, value: Tensor): [Tensor, Tensor] {
  const heads = query.shape[query.ndim - 3];
  const repeated = (x: Tensor): Tensor => {
    const own = x.shape[x.ndim - 3];
    if (x.ndim < 3 || query.ndim < 3 || own === 0 || heads % own !== 0) {
      throw new ShapeError(
        `${OP}(): Number of heads in key and value must divide the number of heads in query, got shapes ` +
          `${showShape(query.shape)}, ${showShape(key.shape)} and ${showShape(value.shape)}`,
      );
    }
    const [lead, [rows, width]] = [x.shape.slice(0, -3), x.shape.slice(-2)];
    return x
      .unsqueeze(-3)
      .expand([...lead, own, heads / own, rows, width])
      .reshape([...lead, heads, rows, width]);
  };
  return [repeated(key), repeated(value)];
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
