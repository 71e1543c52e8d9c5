import { type Device, type DType, full, ShapeError, type Tensor } from '@torchlet/tensor';
import { bindArguments, checkBoolean, checkInteger } from '@torchlet/tensor/internal';
import * as init from '../init.js';
import { Module } from '../module.js';
import { LayerNorm } from './layer-norm.js';
import { TransformerDecoderLayer, TransformerEncoderLayer } from './transformer-layers.js';
import { type Activation, readSettings } from './transformer-options.js';
import { TransformerDecoder, TransformerEncoder } from './transformer-stacks.js';

export interface TransformerOptions {
  readonly d_model?: number;
  readonly nhead?: number;
  readonly num_encoder_layers?: number;
  readonly num_decoder_layers?: number;
  readonly dim_feedforward?: number;
  readonly dropout?: number;
  readonly activation?: Activation;
  /** Takes the place of the encoder. */
  readonly custom_encoder?: Module<[Tensor, object], Tensor> | null;
  /** Takes the place of the decoder. */
  readonly custom_decoder?: Module<[Tensor, Tensor, object], Tensor> | null;
  readonly layer_norm_eps?: number;
  readonly batch_first?: boolean;
  readonly norm_first?: boolean;
  readonly bias?: boolean;
  readonly device?: Device | null;
  readonly dtype?: DType | null;
}

export interface TransformerCallOptions {
  readonly src_mask?: Tensor | null;
  readonly tgt_mask?: Tensor | null;
  readonly memory_mask?: Tensor | null;
  readonly src_key_padding_mask?: Tensor | null;
  readonly tgt_key_padding_mask?: Tensor | null;
  readonly memory_key_padding_mask?: Tensor | null;
  readonly src_is_causal?: boolean | null;
  readonly tgt_is_causal?: boolean | null;
  readonly memory_is_causal?: boolean;
}

type Mask = Tensor | null | TransformerCallOptions;

/** `src` `[S, N, d_model]`, `tgt` `[T, N, d_model]`, and what may follow them. */
type Call = readonly [
  src: Tensor,
  tgt: Tensor,
  src_mask?: Mask,
  tgt_mask?: Mask,
  memory_mask?: Mask,
  src_key_padding_mask?: Mask,
  tgt_key_padding_mask?: Mask,
  memory_key_padding_mask?: Mask,
  src_is_causal?: boolean | null | TransformerCallOptions,
  tgt_is_causal?: boolean | null | TransformerCallOptions,
  memory_is_causal?: boolean | TransformerCallOptions,
];

type Arguments = readonly [
  d_model?: number | TransformerOptions,
  nhead?: number | TransformerOptions,
  num_encoder_layers?: number | TransformerOptions,
  num_decoder_layers?: number | TransformerOptions,
  dim_feedforward?: number | TransformerOptions,
  dropout?: number | TransformerOptions,
  activation?: Activation | TransformerOptions,
  custom_encoder?: Module<[Tensor, object], Tensor> | null | TransformerOptions,
  custom_decoder?: Module<[Tensor, Tensor, object], Tensor> | null | TransformerOptions,
  layer_norm_eps?: number | TransformerOptions,
  batch_first?: boolean | TransformerOptions,
  norm_first?: boolean | TransformerOptions,
  bias?: boolean | TransformerOptions,
  device?: Device | null | TransformerOptions,
  dtype?: DType | null | TransformerOptions,
];

const NAMES = [
  ...['d_model', 'nhead', 'num_encoder_layers', 'num_decoder_layers', 'dim_feedforward', 'dropout', 'activation'],
  ...['custom_encoder', 'custom_decoder', 'layer_norm_eps', 'batch_first', 'norm_first', 'bias', 'device', 'dtype'],
];
const CALL_NAMES = [
  ...['src_mask', 'tgt_mask', 'memory_mask', 'src_key_padding_mask', 'tgt_key_padding_mask'],
  ...['memory_key_padding_mask', 'src_is_causal', 'tgt_is_causal', 'memory_is_causal'],
];

/**
 * Encoder and decoder of "Attention Is All You Need"; gives `[T, N, d_model]`.
 * https://pytorch.org/docs/stable/generated/torch.nn.Transformer.html
 */
export class Transformer extends Module<[...Call]> {
  encoder: Module<[Tensor, object], Tensor>;
  decoder: Module<[Tensor, Tensor, object], Tensor>;
  d_model: number;
  nhead: number;
  batch_first: boolean;

  constructor(...args: Arguments) {
    super();
    const [width, heads, encoders, decoders, hidden, dropout, activation, encoder, decoder, ...rest] = bindArguments(
      'Transformer',
      NAMES,
      args,
    );
    const shared = [width ?? 512, heads ?? 8, hidden, dropout, activation, ...rest];
    const { d_model, nhead, eps, bias, batch_first, factory } = readSettings('Transformer', shared);
    const layerArgs = shared as ConstructorParameters<typeof TransformerEncoderLayer>;
    const count = (name: string, given: unknown): number => checkInteger('Transformer', name, given ?? 6, 0);
    const norm = (): LayerNorm => new LayerNorm(d_model, { eps, bias, ...factory });
    this.encoder =
      (encoder as TransformerOptions['custom_encoder']) ??
      (new TransformerEncoder(
        new TransformerEncoderLayer(...layerArgs),
        count('num_encoder_layers', encoders),
        norm(),
      ) as Module<[Tensor, object], Tensor>);
    this.decoder =
      (decoder as TransformerOptions['custom_decoder']) ??
      (new TransformerDecoder(
        new TransformerDecoderLayer(...layerArgs),
        count('num_decoder_layers', decoders),
        norm(),
      ) as Module<[Tensor, Tensor, object], Tensor>);
    for (const param of this.parameters()) if (param.ndim > 1) init.xavier_uniform_(param);
    this.d_model = d_model;
    this.nhead = nhead;
    this.batch_first = batch_first;
  }

  override forward(...[src, tgt, ...options]: Call): Tensor {
    const [srcMask, tgt_mask, memory_mask, srcPadding, tgtPadding, memoryPadding, srcCausal, tgtCausal, memoryCausal] =
      bindArguments('Transformer', CALL_NAMES, options);
    const batch = this.batch_first ? 0 : 1;
    if (src.ndim === 3 && src.shape[batch] !== tgt.shape[batch])
      throw new ShapeError('the batch number of src and tgt must be equal');
    if (src.shape[src.ndim - 1] !== this.d_model || tgt.shape[tgt.ndim - 1] !== this.d_model)
      throw new ShapeError('the feature number of src and tgt must be equal to d_model');
    const causal = (name: string, given: unknown): boolean => checkBoolean('Transformer', name, given ?? false);
    const memory = this.encoder(src, {
      mask: srcMask,
      src_key_padding_mask: srcPadding,
      is_causal: causal('src_is_causal', srcCausal),
    });
    return this.decoder(tgt, memory, {
      tgt_mask,
      memory_mask,
      tgt_key_padding_mask: tgtPadding,
      memory_key_padding_mask: memoryPadding,
      tgt_is_causal: causal('tgt_is_causal', tgtCausal),
      memory_is_causal: causal('memory_is_causal', memoryCausal),
    });
  }

  /** The mask that hides what comes later: `[sz, sz]`, −∞ above the diagonal, 0 elsewhere. */
  static generate_square_subsequent_mask(
    sz: number,
    device?: Device | null | { readonly device?: Device | null; readonly dtype?: DType | null },
    dtype?: DType | null | { readonly dtype?: DType | null },
  ): Tensor {
    const op = 'generate_square_subsequent_mask';
    const [place, kind] = bindArguments(op, ['device', 'dtype'], [device, dtype]);
    const size = checkInteger(op, 'sz', sz, 0);
    const options = { device: place as Device | null, dtype: kind as DType | null };
    const mask = full([size, size], Number.NEGATIVE_INFINITY, options);
    for (let i = 0; i < size; i++)
      mask
        .select(0, i)
        .narrow(0, 0, i + 1)
        .fill_(0);
    return mask;
  }
}
