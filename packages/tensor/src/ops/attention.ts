/** Attention. https://pytorch.org/docs/stable/nn.functional.html#attention-mechanisms */
import { checkBoolean, checkNumber } from '../arguments.js';
import { cName, isFloating } from '../dtype.js';
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { showShape } from '../shape.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { attentionWeights } from './attention-weights.js';
import { dropout } from './dropout.js';
import { attentionInOne, isFusable } from './fused-attention.js';
import { checkSameDevice, checkTensor } from './kernel.js';

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
    const scale = scaleOf(factor, query);
    const rate = checkNumber(OP, 'dropout_p', p ?? 0);
    if (rate === 0 && isFusable(query, keys, values, masked))
      return attentionInOne(query, keys, values, masked, { scale, causal: causal === true });
    const scores = query.mul(scale).matmul(keys.mT); // […, L, S]
    return dropout(attentionWeights(scores, masked, causal === true), rate).matmul(values);
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
