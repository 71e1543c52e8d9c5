import { functional, type Tensor } from '@torchlet/tensor';
import { bindArguments, checkBoolean } from '@torchlet/tensor/internal';
import { Module } from '../module.js';
import { MultiheadAttention } from './attention.js';
import { checkMask } from './attention-masks.js';
import { Dropout } from './dropout.js';
import { LayerNorm } from './layer-norm.js';
import { Linear } from './linear.js';
import { type LayerSettings, readSettings, type TransformerLayerArguments } from './transformer-options.js';

export interface EncoderLayerCallOptions {
  /** `[S, S]` or `[N · heads, S, S]`. */
  readonly src_mask?: Tensor | null;
  /** `[N, S]`. */
  readonly src_key_padding_mask?: Tensor | null;
  /** Says that `src_mask` is the causal one. */
  readonly is_causal?: boolean;
}

const attention = ({ d_model, nhead, dropout, bias, batch_first, factory }: LayerSettings): MultiheadAttention =>
  new MultiheadAttention({ embed_dim: d_model, num_heads: nhead, dropout, bias, batch_first, ...factory });

const norm = ({ d_model, eps, bias, factory }: LayerSettings): LayerNorm =>
  new LayerNorm(d_model, { eps, bias, ...factory });

/**
 * Self-attention and a feedforward network, each added to its input and normalised: `[S, N, d_model]` or `[S, d_model]`.
 * https://pytorch.org/docs/stable/generated/torch.nn.TransformerEncoderLayer.html
 */
export class TransformerEncoderLayer extends Module<
  [
    src: Tensor,
    src_mask?: Tensor | null | EncoderLayerCallOptions,
    src_key_padding_mask?: Tensor | null | EncoderLayerCallOptions,
    is_causal?: boolean | EncoderLayerCallOptions,
  ]
> {
  self_attn: MultiheadAttention;
  linear1: Linear;
  dropout: Dropout;
  linear2: Linear;
  norm_first: boolean;
  norm1: LayerNorm;
  norm2: LayerNorm;
  dropout1: Dropout;
  dropout2: Dropout;
  activation: (x: Tensor) => Tensor;

  constructor(...args: TransformerLayerArguments) {
    super();
    const settings = readSettings('TransformerEncoderLayer', args);
    const { d_model, dim_feedforward, bias, factory } = settings;
    this.self_attn = attention(settings);
    this.linear1 = new Linear(d_model, dim_feedforward, { bias, ...factory });
    this.dropout = new Dropout(settings.dropout);
    this.linear2 = new Linear(dim_feedforward, d_model, { bias, ...factory });
    this.norm_first = settings.norm_first;
    this.norm1 = norm(settings);
    this.norm2 = norm(settings);
    this.dropout1 = new Dropout(settings.dropout);
    this.dropout2 = new Dropout(settings.dropout);
    this.activation = settings.activation;
  }

  override forward(
    src: Tensor,
    src_mask?: Tensor | null | EncoderLayerCallOptions,
    src_key_padding_mask?: Tensor | null | EncoderLayerCallOptions,
    is_causal?: boolean | EncoderLayerCallOptions,
  ): Tensor {
    const layer = 'TransformerEncoderLayer';
    const names = ['src_mask', 'src_key_padding_mask', 'is_causal'];
    const [mask, padding, causal] = bindArguments(layer, names, [src_mask, src_key_padding_mask, is_causal]);
    const masks = {
      attn_mask: checkMask('src_mask', mask),
      key_padding_mask: checkMask('src_key_padding_mask', padding),
      is_causal: checkBoolean(layer, 'is_causal', causal ?? false),
      need_weights: false,
    };
    const attend = (x: Tensor): Tensor => this.dropout1(this.self_attn(x, x, x, masks)[0]);
    const feed = (x: Tensor): Tensor => this.dropout2(this.linear2(this.dropout(this.activation(this.linear1(x)))));
    if (this.norm_first) {
      const x = src.add(attend(this.norm1(src)));
      return x.add(feed(this.norm2(x)));
    }
    const x = this.norm1(src.add(attend(src)));
    return this.norm2(x.add(feed(x)));
  }

  /** @internal Whether PyTorch has a one-call kernel for this layer, which changes what it gives for padding. */
  _hasFastPath(): boolean {
    const { activation, self_attn } = this;
    const known = activation === functional.relu || activation === functional.gelu || isNamed(activation);
    const even = self_attn.num_heads % 2 === 0 && self_attn.batch_first && self_attn.in_proj_bias !== null;
    return !this.norm_first && known && even && this.norm1.eps === this.norm2.eps;
  }
}

const isNamed = (activation: unknown): boolean =>
  activation instanceof Module && ['ReLU', 'GELU'].includes(activation._get_name());

export interface DecoderLayerCallOptions {
  /** `[T, T]` or `[N · heads, T, T]`. */
  readonly tgt_mask?: Tensor | null;
  /** `[T, S]` or `[N · heads, T, S]`. */
  readonly memory_mask?: Tensor | null;
  /** `[N, T]`. */
  readonly tgt_key_padding_mask?: Tensor | null;
  /** `[N, S]`. */
  readonly memory_key_padding_mask?: Tensor | null;
  /** Says that `tgt_mask` is the causal one. */
  readonly tgt_is_causal?: boolean | null;
  /** Says that `memory_mask` is the causal one. */
  readonly memory_is_causal?: boolean;
}

/** The arguments of a decoder, `tgt` `[T, N, d_model]` and `memory` `[S, N, d_model]` and what may follow them. */
export type DecoderCall = readonly [
  tgt: Tensor,
  memory: Tensor,
  tgt_mask?: Tensor | null | DecoderLayerCallOptions,
  memory_mask?: Tensor | null | DecoderLayerCallOptions,
  tgt_key_padding_mask?: Tensor | null | DecoderLayerCallOptions,
  memory_key_padding_mask?: Tensor | null | DecoderLayerCallOptions,
  tgt_is_causal?: boolean | null | DecoderLayerCallOptions,
  memory_is_causal?: boolean | DecoderLayerCallOptions,
];

const DECODER_NAMES = [
  ...['tgt_mask', 'memory_mask', 'tgt_key_padding_mask', 'memory_key_padding_mask'],
  ...['tgt_is_causal', 'memory_is_causal'],
];

/** The options of a decoder's call, checked. */
export function readDecoderCall(layer: string, args: readonly unknown[]): Required<DecoderLayerCallOptions> {
  const [tgt, memory, tgtPadding, memoryPadding, tgtCausal, memoryCausal] = bindArguments(layer, DECODER_NAMES, args);
  return {
    tgt_mask: checkMask('tgt_mask', tgt),
    memory_mask: checkMask('memory_mask', memory),
    tgt_key_padding_mask: checkMask('tgt_key_padding_mask', tgtPadding),
    memory_key_padding_mask: checkMask('memory_key_padding_mask', memoryPadding),
    tgt_is_causal: checkBoolean(layer, 'tgt_is_causal', tgtCausal ?? false),
    memory_is_causal: checkBoolean(layer, 'memory_is_causal', memoryCausal ?? false),
  };
}

/**
 * Self-attention, attention to the encoder's result `memory`, and a feedforward network, each added to its input and
 * normalised. https://pytorch.org/docs/stable/generated/torch.nn.TransformerDecoderLayer.html
 */
export class TransformerDecoderLayer extends Module<[...DecoderCall]> {
  self_attn: MultiheadAttention;
  multihead_attn: MultiheadAttention;
  linear1: Linear;
  dropout: Dropout;
  linear2: Linear;
  norm_first: boolean;
  norm1: LayerNorm;
  norm2: LayerNorm;
  norm3: LayerNorm;
  dropout1: Dropout;
  dropout2: Dropout;
  dropout3: Dropout;
  activation: (x: Tensor) => Tensor;

  constructor(...args: TransformerLayerArguments) {
    super();
    const settings = readSettings('TransformerDecoderLayer', args);
    const { d_model, dim_feedforward, bias, factory } = settings;
    this.self_attn = attention(settings);
    this.multihead_attn = attention(settings);
    this.linear1 = new Linear(d_model, dim_feedforward, { bias, ...factory });
    this.dropout = new Dropout(settings.dropout);
    this.linear2 = new Linear(dim_feedforward, d_model, { bias, ...factory });
    this.norm_first = settings.norm_first;
    this.norm1 = norm(settings);
    this.norm2 = norm(settings);
    this.norm3 = norm(settings);
    this.dropout1 = new Dropout(settings.dropout);
    this.dropout2 = new Dropout(settings.dropout);
    this.dropout3 = new Dropout(settings.dropout);
    this.activation = settings.activation;
  }

  override forward(...[tgt, memory, ...rest]: DecoderCall): Tensor {
    const call = readDecoderCall('TransformerDecoderLayer', rest);
    const own = { attn_mask: call.tgt_mask, key_padding_mask: call.tgt_key_padding_mask, need_weights: false };
    const other = { attn_mask: call.memory_mask, key_padding_mask: call.memory_key_padding_mask, need_weights: false };
    const [is_causal, memoryCausal] = [call.tgt_is_causal === true, call.memory_is_causal];
    const attend = (x: Tensor): Tensor => this.dropout1(this.self_attn(x, x, x, { ...own, is_causal })[0]);
    const look = (x: Tensor): Tensor =>
      this.dropout2(this.multihead_attn(x, memory, memory, { ...other, is_causal: memoryCausal })[0]);
    const feed = (x: Tensor): Tensor => this.dropout3(this.linear2(this.dropout(this.activation(this.linear1(x)))));
    if (this.norm_first) {
      let x = tgt.add(attend(this.norm1(tgt)));
      x = x.add(look(this.norm2(x)));
      return x.add(feed(this.norm3(x)));
    }
    let x = this.norm1(tgt.add(attend(tgt)));
    x = this.norm2(x.add(look(x)));
    return this.norm3(x.add(feed(x)));
  }
}
