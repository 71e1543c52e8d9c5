import {
  cat,
  type Device,
  type DType,
  empty,
  functional,
  ShapeError,
  split_copy,
  split_with_sizes_copy,
  Tensor,
  ValueError,
} from '@torchlet/tensor';
import { bindArguments, checkBoolean, checkInteger, checkNumber } from '@torchlet/tensor/internal';
import * as init from '../init.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';
import { typename } from '../typename.js';
import { checkGiven } from './arguments.js';
import { checkMask, checkRanks, mergeMasks } from './attention-masks.js';
import { Linear } from './linear.js';

export interface MultiheadAttentionOptions {
  readonly embed_dim?: number;
  readonly num_heads?: number;
  /** Of the attention weights, while training. */
  readonly dropout?: number;
  readonly bias?: boolean;
  /** Adds one learned key and value to all sequences. */
  readonly add_bias_kv?: boolean;
  /** Adds a key and a value of zeros to all sequences. */
  readonly add_zero_attn?: boolean;
  /** The keys' features, `embed_dim` unless given. */
  readonly kdim?: number | null;
  /** The values' features, `embed_dim` unless given. */
  readonly vdim?: number | null;
  /** Whether sequences are `[N, L, features]` instead of `[L, N, features]`. */
  readonly batch_first?: boolean;
  readonly device?: Device | null;
  readonly dtype?: DType | null;
}

export interface AttentionCallOptions {
  /** `[N, S]`: true for keys to ignore, or numbers to add to their scores. */
  readonly key_padding_mask?: Tensor | null;
  /** Whether the weights are wanted beside the result. */
  readonly need_weights?: boolean;
  /** `[L, S]` or `[N · heads, L, S]`: true for what may not be seen, or numbers to add to the scores. */
  readonly attn_mask?: Tensor | null;
  /** Whether the weights are the mean over heads. */
  readonly average_attn_weights?: boolean;
  /** Says that `attn_mask` is the causal one. */
  readonly is_causal?: boolean;
}

type Call = readonly [
  query: Tensor,
  key: Tensor,
  value: Tensor,
  key_padding_mask?: Tensor | null | AttentionCallOptions,
  need_weights?: boolean | AttentionCallOptions,
  attn_mask?: Tensor | null | AttentionCallOptions,
  average_attn_weights?: boolean | AttentionCallOptions,
  is_causal?: boolean | AttentionCallOptions,
];

const NAMES = [
  ...['embed_dim', 'num_heads', 'dropout', 'bias', 'add_bias_kv', 'add_zero_attn', 'kdim', 'vdim', 'batch_first'],
  ...['device', 'dtype'],
];
const CALL_NAMES = ['key_padding_mask', 'need_weights', 'attn_mask', 'average_attn_weights', 'is_causal'];

/**
 * Attention with several heads: query `[L, N, embed_dim]`, key `[S, N, kdim]`, value `[S, N, vdim]`, or all without N. Gives
 * `[L, N, embed_dim]` and the weights `[N, L, S]`, by head `[N, heads, L, S]`, or null.
 * https://pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html
 */
export class MultiheadAttention extends Module<[...Call], [output: Tensor, weights: Tensor | null]> {
  embed_dim: number;
  kdim: number;
  vdim: number;
  num_heads: number;
  dropout: number;
  batch_first: boolean;
  head_dim: number;
  add_zero_attn: boolean;
  declare in_proj_weight: Parameter | null;
  declare q_proj_weight: Parameter | null;
  declare k_proj_weight: Parameter | null;
  declare v_proj_weight: Parameter | null;
  declare in_proj_bias: Parameter | null;
  declare bias_k: Parameter | null;
  declare bias_v: Parameter | null;
  declare out_proj: Linear;

  constructor(
    ...given: [
      embed_dim: number | MultiheadAttentionOptions,
      num_heads?: number | MultiheadAttentionOptions,
      dropout?: number | MultiheadAttentionOptions,
      bias?: boolean | MultiheadAttentionOptions,
      add_bias_kv?: boolean | MultiheadAttentionOptions,
      add_zero_attn?: boolean | MultiheadAttentionOptions,
      kdim?: number | null | MultiheadAttentionOptions,
      vdim?: number | null | MultiheadAttentionOptions,
      batch_first?: boolean | MultiheadAttentionOptions,
      device?: Device | null | MultiheadAttentionOptions,
      dtype?: DType | null | MultiheadAttentionOptions,
    ]
  ) {
    super();
    const layer = 'MultiheadAttention';
    const args = bindArguments(layer, NAMES, given);
    const flag = (i: number, usual: boolean): boolean => checkBoolean(layer, NAMES[i], args[i] ?? usual);
    this.embed_dim = checkInteger(layer, 'embed_dim', checkGiven(layer, 'embed_dim', args[0]));
    this.num_heads = checkInteger(layer, 'num_heads', checkGiven(layer, 'num_heads', args[1]));
    if (this.embed_dim <= 0 || this.num_heads <= 0) {
      throw new ValueError(
        `embed_dim and num_heads must be greater than 0, got embed_dim=${this.embed_dim} and num_heads=${this.num_heads} instead`,
      );
    }
    this.kdim = checkInteger(layer, 'kdim', args[6] ?? this.embed_dim, 1);
    this.vdim = checkInteger(layer, 'vdim', args[7] ?? this.embed_dim, 1);
    this.dropout = checkNumber(layer, 'dropout', args[2] ?? 0);
    this.batch_first = flag(8, false);
    this.head_dim = Math.floor(this.embed_dim / this.num_heads);
    if (this.head_dim * this.num_heads !== this.embed_dim)
      throw new ValueError('embed_dim must be divisible by num_heads');
    const options = { device: args[9] as Device | null, dtype: args[10] as DType | null };
    this.makeProjections(flag(3, true), options);
    this.register({ bias_k: [1, 1, this.embed_dim], bias_v: [1, 1, this.embed_dim] }, flag(4, false), options);
    this.add_zero_attn = flag(5, false);
    this._reset_parameters();
  }

  private makeProjections(bias: boolean, options: { device: Device | null; dtype: DType | null }): void {
    const { embed_dim, kdim, vdim } = this;
    const separate = kdim !== embed_dim || vdim !== embed_dim;
    const own = { q_proj_weight: [embed_dim, embed_dim], k_proj_weight: [embed_dim, kdim] };
    this.register({ ...own, v_proj_weight: [embed_dim, vdim] }, separate, options);
    this.register({ in_proj_weight: [3 * embed_dim, embed_dim] }, !separate, options);
    this.register({ in_proj_bias: [3 * embed_dim] }, bias, options);
    this.out_proj = new NonDynamicallyQuantizableLinear({
      in_features: embed_dim,
      out_features: embed_dim,
      bias,
      ...options,
    });
  }

  private register(
    shapes: Readonly<Record<string, number[]>>,
    present: boolean,
    options: { device: Device | null; dtype: DType | null },
  ): void {
    for (const [name, shape] of Object.entries(shapes))
      this.register_parameter(name, present ? new Parameter(empty(shape, options)) : null);
  }

  /** Draws the projections by `xavier_uniform_`, the added key and value by `xavier_normal_`; biases are 0. */
  _reset_parameters(): void {
    for (const weight of [this.in_proj_weight, this.q_proj_weight, this.k_proj_weight, this.v_proj_weight])
      if (weight !== null) init.xavier_uniform_(weight);
    if (this.in_proj_bias !== null) {
      init.zeros_(this.in_proj_bias);
      init.zeros_(this.out_proj.bias as Parameter);
    }
    for (const bias of [this.bias_k, this.bias_v]) if (bias !== null) init.xavier_normal_(bias);
  }

  override forward(...call: Call): [output: Tensor, weights: Tensor | null] {
    const [query, key, value, ...options] = call;
    for (const [name, x] of Object.entries({ query, key, value })) {
      if (!(x instanceof Tensor))
        throw new ValueError(`MultiheadAttention(): argument '${name}' must be Tensor, not ${typename(x)}`);
    }
    const [padding, need, mask, average, causal] = bindArguments('MultiheadAttention', CALL_NAMES, options);
    const flag = (i: number, given: unknown, usual: boolean): boolean =>
      checkBoolean('MultiheadAttention', CALL_NAMES[i], given ?? usual);
    const masks = { padding: checkMask('key_padding_mask', padding), mask: checkMask('attn_mask', mask) };
    const wants = { weights: flag(1, need, true), average: flag(3, average, true), causal: flag(4, causal, false) };
    const batched = checkRanks(query, key, value, masks.padding, masks.mask);
    if (wants.causal && masks.mask === null) throw new ValueError('Need attn_mask if specifying the is_causal hint.');
    // [N, L, features]; the same tensor stays the same, so that it is projected once
    const seen = new Map<Tensor, Tensor>();
    for (const x of [query, key, value])
      if (!seen.has(x)) seen.set(x, batched ? (this.batch_first ? x : x.transpose(0, 1)) : x.unsqueeze(0));
    const [q, k, v] = [query, key, value].map((x) => seen.get(x) as Tensor);
    if (!batched && masks.padding !== null) masks.padding = masks.padding.unsqueeze(0);
    const [output, weights] = this.attend(q, k, v, masks, wants);
    if (!batched) return [output.squeeze(1), weights?.squeeze(0) ?? null];
    return [this.batch_first ? output.transpose(0, 1) : output, weights];
  }

  private attend(query: Tensor, key: Tensor, value: Tensor, masks: Masks, wants: Wants): [Tensor, Tensor | null] {
    this.checkShapes(query, key, value);
    const [batch, target] = query.shape;
    const sizes = { batch, heads: this.num_heads, target, source: key.shape[1] };
    const q = this.heads(...this.project(query, key, value));
    const added = this.grow(mergeMasks(masks.mask, masks.padding, sizes, query));
    const dropout = this.training ? this.dropout : 0;
    let output: Tensor;
    let weights: Tensor | null = null;
    if (wants.weights) {
      const scores = q[0].mul(Math.sqrt(1 / this.head_dim)).matmul(q[1].mT); // [N, heads, L, S]
      weights = functional.dropout((added === null ? scores : scores.add(added)).softmax(-1), dropout);
      output = weights.matmul(q[2]);
    } else {
      const hint = wants.causal && masks.padding === null;
      const options = hint ? { is_causal: true, dropout_p: dropout } : { attn_mask: added, dropout_p: dropout };
      output = functional.scaled_dot_product_attention(...q, options);
    }
    // [L, N, embed_dim] whatever the options, as in PyTorch: a dropout behind it draws in the order of memory
    const joined = output.permute([2, 0, 1, 3]).reshape([target, batch, this.embed_dim]);
    return [this.out_proj(joined), weights !== null && wants.average ? weights.mean(1) : weights];
  }

  private checkShapes(query: Tensor, key: Tensor, value: Tensor): void {
    const size = (x: Tensor, order: readonly number[]): string =>
      `torch.Size([${order.map((d) => x.shape[d]).join(', ')}])`;
    if (query.shape[2] !== this.embed_dim) {
      throw new ShapeError(`was expecting embedding dimension of ${this.embed_dim}, but got ${query.shape[2]}`);
    }
    const separate = this.in_proj_weight === null;
    const same = [0, 1, 2].every((d) => (separate && d === 2) || key.shape[d] === value.shape[d]);
    if (!same && separate) {
      throw new ShapeError(
        `key's sequence and batch dims ${size(key, [1, 0])} do not match value's ${size(value, [1, 0])}`,
      );
    }
    if (!same) {
      throw new ShapeError(`key shape ${size(key, [1, 0, 2])} does not match value shape ${size(value, [1, 0, 2])}`);
    }
    if (key.shape[0] !== query.shape[0]) {
      throw new ShapeError(
        `MultiheadAttention(): expected key and value of batch size ${query.shape[0]} as query's, got ${key.shape[0]}`,
      );
    }
  }

  /** Query, key and value, each `[N, ·, embed_dim]`; one product for those that are the same tensor. */
  private project(query: Tensor, key: Tensor, value: Tensor): [Tensor, Tensor, Tensor] {
    const { embed_dim, in_proj_weight: weight, in_proj_bias: bias } = this;
    if (weight !== null && key === value && query === key)
      return split_copy(functional.linear(query, weight, bias), embed_dim, 2) as [Tensor, Tensor, Tensor];
    if (weight !== null && key === value) {
      const parts = [embed_dim, 2 * embed_dim];
      const [wq, wkv] = split_with_sizes_copy(weight, parts);
      const [bq, bkv] = bias === null ? [null, null] : split_with_sizes_copy(bias, parts);
      const [k, v] = split_copy(functional.linear(key, wkv, bkv), embed_dim, 2);
      return [functional.linear(query, wq, bq), k, v];
    }
    const weights =
      weight === null
        ? ([this.q_proj_weight, this.k_proj_weight, this.v_proj_weight] as Parameter[])
        : split_copy(weight, embed_dim);
    const biases = bias === null ? [null, null, null] : split_copy(bias, embed_dim);
    return [query, key, value].map((x, i) => functional.linear(x, weights[i], biases[i])) as [Tensor, Tensor, Tensor];
  }

  /** `[N, heads, ·, head_dim]` each, with the keys and values that the options add at the end. */
  private heads(query: Tensor, key: Tensor, value: Tensor): [Tensor, Tensor, Tensor] {
    const extended = (x: Tensor, bias: Parameter | null): Tensor => {
      const rows = [x];
      if (bias !== null) rows.push(bias.expand([x.shape[0], 1, this.embed_dim]));
      if (this.add_zero_attn) rows.push(x.new_zeros([x.shape[0], 1, this.embed_dim]));
      return rows.length === 1 ? x : cat(rows, 1);
    };
    const split = (x: Tensor): Tensor =>
      x.reshape([x.shape[0], x.shape[1], this.num_heads, this.head_dim]).transpose(1, 2);
    return [split(query), split(extended(key, this.bias_k)), split(extended(value, this.bias_v))];
  }

  /** The mask with zeros for the keys that were added. */
  private grow(mask: Tensor | null): Tensor | null {
    const extra = Number(this.bias_k !== null) + Number(this.add_zero_attn);
    if (mask === null || extra === 0) return mask;
    return cat([mask, mask.new_zeros(mask.shape.with(mask.ndim - 1, extra))], -1);
  }
}

interface Masks {
  padding: Tensor | null;
  mask: Tensor | null;
}

interface Wants {
  readonly weights: boolean;
  readonly average: boolean;
  readonly causal: boolean;
}

/** A Linear under the name that PyTorch prints for attention's last projection. */
export class NonDynamicallyQuantizableLinear extends Linear {}
