import { is_grad_enabled, type Tensor } from '@torchlet/tensor';
import { bindArguments, checkBoolean } from '@torchlet/tensor/internal';
import { deepcopy } from '../deepcopy.js';
import { type AnyModule, Module } from '../module.js';
import { checkMask } from './attention-masks.js';
import { ModuleList } from './container.js';
import { type DecoderCall, readDecoderCall, TransformerEncoderLayer } from './transformer-layers.js';
import { checkStack } from './transformer-options.js';

const copies = (module: AnyModule, count: number): ModuleList =>
  new ModuleList(Array.from({ length: count }, () => deepcopy(module)));

export interface TransformerEncoderOptions {
  readonly num_layers?: number;
  /** Normalises the last layer's result. */
  readonly norm?: Module | null;
  /** Whether positions of padding may be left out, and give zeros, where PyTorch does so; see {@link TransformerEncoder}. */
  readonly enable_nested_tensor?: boolean;
  /** Whether padding must be at the end of the sequences for that. */
  readonly mask_check?: boolean;
}

export interface EncoderCallOptions {
  readonly mask?: Tensor | null;
  readonly src_key_padding_mask?: Tensor | null;
  readonly is_causal?: boolean | null;
}

/**
 * Encoder layers one after the other, each a copy of the given one (with the same initial weights). As in PyTorch, in
 * evaluation without gradients, with padding but no mask, `batch_first` and not `norm_first`, padded positions are zeros.
 * https://pytorch.org/docs/stable/generated/torch.nn.TransformerEncoder.html
 */
export class TransformerEncoder extends Module<
  [
    src: Tensor,
    mask?: Tensor | null | EncoderCallOptions,
    src_key_padding_mask?: Tensor | null | EncoderCallOptions,
    is_causal?: boolean | null | EncoderCallOptions,
  ]
> {
  layers: ModuleList;
  num_layers: number;
  norm: Module | null;
  enable_nested_tensor: boolean;
  mask_check: boolean;

  constructor(
    ...args: [
      encoder_layer: AnyModule | (TransformerEncoderOptions & { readonly encoder_layer: AnyModule }),
      num_layers?: number | TransformerEncoderOptions,
      norm?: Module | null | TransformerEncoderOptions,
      enable_nested_tensor?: boolean | TransformerEncoderOptions,
      mask_check?: boolean | TransformerEncoderOptions,
    ]
  ) {
    super();
    const stack = 'TransformerEncoder';
    const names = ['encoder_layer', 'num_layers', 'norm', 'enable_nested_tensor', 'mask_check'];
    const [layer, count, norm = null, nested = true, check = true] = bindArguments(stack, names, args);
    this.num_layers = checkStack(stack, layer, count);
    this.layers = copies(layer as AnyModule, this.num_layers);
    this.norm = norm as Module | null;
    this.enable_nested_tensor = checkBoolean(stack, 'enable_nested_tensor', nested);
    this.mask_check = checkBoolean(stack, 'mask_check', check);
  }

  override forward(
    src: Tensor,
    mask?: Tensor | null | EncoderCallOptions,
    src_key_padding_mask?: Tensor | null | EncoderCallOptions,
    is_causal?: boolean | null | EncoderCallOptions,
  ): Tensor {
    const names = ['mask', 'src_key_padding_mask', 'is_causal'];
    const [given, hidden, causal] = bindArguments('TransformerEncoder', names, [mask, src_key_padding_mask, is_causal]);
    const [src_mask, padding] = [checkMask('mask', given), checkMask('src_key_padding_mask', hidden)];
    const isCausal = checkBoolean('TransformerEncoder', 'is_causal', causal ?? false);
    let x = src;
    for (const layer of this.layers) {
      x = (layer as Module<[Tensor, object], Tensor>)(x, {
        src_mask,
        src_key_padding_mask: padding,
        is_causal: isCausal,
      });
    }
    if (padding !== null && src_mask === null && this.dropsPadding(src, padding))
      x = x.masked_fill(isHidden(padding).unsqueeze(2), 0);
    return this.norm === null ? x : this.norm(x);
  }

  private dropsPadding(src: Tensor, padding: Tensor): boolean {
    const [first] = this.layers;
    if (!this.enable_nested_tensor || !(first instanceof TransformerEncoderLayer) || first.training) return false;
    if (src.ndim !== 3 || !first._hasFastPath()) return false;
    if (is_grad_enabled() && [src, ...first.parameters()].some((t) => t.requires_grad)) return false;
    return !this.mask_check || isAtEnd(padding);
  }
}

const isHidden = (padding: Tensor): Tensor => (padding.dtype === 'bool' ? padding : padding.ne(0));

/** Whether each sequence is some positions and then padding. */
function isAtEnd(padding: Tensor): boolean {
  const length = padding.shape[1];
  if (length < 2) return true;
  const hidden = isHidden(padding).to('uint8');
  return !hidden
    .narrow(1, 0, length - 1)
    .gt(hidden.narrow(1, 1, length - 1))
    .to('uint8')
    .amax()
    .item();
}

export interface TransformerDecoderOptions {
  readonly num_layers?: number;
  readonly norm?: Module | null;
}

/**
 * Decoder layers one after the other, each a copy of the given one.
 * https://pytorch.org/docs/stable/generated/torch.nn.TransformerDecoder.html
 */
export class TransformerDecoder extends Module<[...DecoderCall]> {
  layers: ModuleList;
  num_layers: number;
  norm: Module | null;

  constructor(
    ...args: [
      decoder_layer: AnyModule | (TransformerDecoderOptions & { readonly decoder_layer: AnyModule }),
      num_layers?: number | TransformerDecoderOptions,
      norm?: Module | null | TransformerDecoderOptions,
    ]
  ) {
    super();
    const names = ['decoder_layer', 'num_layers', 'norm'];
    const [layer, count, norm = null] = bindArguments('TransformerDecoder', names, args);
    this.num_layers = checkStack('TransformerDecoder', layer, count);
    this.layers = copies(layer as AnyModule, this.num_layers);
    this.norm = norm as Module | null;
  }

  override forward(...[tgt, memory, ...rest]: DecoderCall): Tensor {
    const call = readDecoderCall('TransformerDecoder', rest);
    let x = tgt;
    for (const layer of this.layers) x = (layer as Module<[Tensor, Tensor, object], Tensor>)(x, memory, call);
    return this.norm === null ? x : this.norm(x);
  }
}
