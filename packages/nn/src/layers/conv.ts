import { type Device, type DType, functional, type Tensor } from '@torchlet/tensor';
import { type Padding, type Padding1d, type Pair, pairOf, type Single, singleOf } from '@torchlet/tensor/internal';
import {
  CONV_NAMES,
  ConvBase,
  type ConvOptions,
  type ConvTransposeOptions,
  type PaddingMode,
  TRANSPOSE_NAMES,
} from './conv-base.js';

export type Conv1dOptions = ConvOptions<Single>;
export type Conv2dOptions = ConvOptions<Pair>;
export type ConvTranspose1dOptions = ConvTransposeOptions<Single>;
export type ConvTranspose2dOptions = ConvTransposeOptions<Pair>;

const single = (op: string, name: string, value: unknown): [number] => [singleOf(op, name, value)];

/**
 * 1-D cross-correlation: input `[N, in_channels, L]` (or without N), output `[N, out_channels, L']`, weight
 * `[out_channels, in_channels / groups, k]`. https://pytorch.org/docs/stable/generated/torch.nn.Conv1d.html
 * @throws ValueError for sizes that do not fit.
 */
export class Conv1d extends ConvBase<[number]> {
  constructor(
    ...args: [
      in_channels: number | Conv1dOptions,
      out_channels?: number | Conv1dOptions,
      kernel_size?: Single | Conv1dOptions,
      stride?: Single | Conv1dOptions,
      padding?: Padding1d | Conv1dOptions,
      dilation?: Single | Conv1dOptions,
      groups?: number | Conv1dOptions,
      bias?: boolean | Conv1dOptions,
      padding_mode?: PaddingMode | Conv1dOptions,
      device?: Device | null | Conv1dOptions,
      dtype?: DType | null | Conv1dOptions,
    ]
  ) {
    super(CONV_NAMES, args, single);
  }

  override forward(input: Tensor): Tensor {
    const [x, padding] = this.padded(input);
    return functional.conv1d(x, this.weight, this.bias, this.stride, padding, this.dilation, this.groups);
  }
}

/**
 * 2-D cross-correlation: input `[N, in_channels, H, W]` (or without N), output `[N, out_channels, H', W']`, weight
 * `[out_channels, in_channels / groups, kH, kW]`. https://pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
 * @throws ValueError for sizes that do not fit.
 */
export class Conv2d extends ConvBase<[number, number]> {
  constructor(
    ...args: [
      in_channels: number | Conv2dOptions,
      out_channels?: number | Conv2dOptions,
      kernel_size?: Pair | Conv2dOptions,
      stride?: Pair | Conv2dOptions,
      padding?: Padding | Conv2dOptions,
      dilation?: Pair | Conv2dOptions,
      groups?: number | Conv2dOptions,
      bias?: boolean | Conv2dOptions,
      padding_mode?: PaddingMode | Conv2dOptions,
      device?: Device | null | Conv2dOptions,
      dtype?: DType | null | Conv2dOptions,
    ]
  ) {
    super(CONV_NAMES, args, pairOf);
  }

  override forward(input: Tensor): Tensor {
    const [x, padding] = this.padded(input);
    return functional.conv2d(x, this.weight, this.bias, this.stride, padding, this.dilation, this.groups);
  }
}

/**
 * The gradient of Conv1d with respect to its input, as a layer: input `[N, in_channels, L]` (or without N), weight
 * `[in_channels, out_channels / groups, k]`. A second argument may ask for a size.
 * https://pytorch.org/docs/stable/generated/torch.nn.ConvTranspose1d.html
 * @throws ValueError for sizes that do not fit.
 */
export class ConvTranspose1d extends ConvBase<[number]> {
  constructor(
    ...args: [
      in_channels: number | ConvTranspose1dOptions,
      out_channels?: number | ConvTranspose1dOptions,
      kernel_size?: Single | ConvTranspose1dOptions,
      stride?: Single | ConvTranspose1dOptions,
      padding?: Single | ConvTranspose1dOptions,
      output_padding?: Single | ConvTranspose1dOptions,
      groups?: number | ConvTranspose1dOptions,
      bias?: boolean | ConvTranspose1dOptions,
      dilation?: Single | ConvTranspose1dOptions,
      padding_mode?: 'zeros' | ConvTranspose1dOptions,
      device?: Device | null | ConvTranspose1dOptions,
      dtype?: DType | null | ConvTranspose1dOptions,
    ]
  ) {
    super(TRANSPOSE_NAMES, args, single);
  }

  override forward(input: Tensor, output_size?: readonly number[] | null): Tensor {
    const { weight, bias, stride, groups, dilation } = this;
    const output_padding = this.outputPadding(input, output_size);
    const padding = this.padding as [number];
    return functional.conv_transpose1d(input, weight, { bias, stride, padding, output_padding, groups, dilation });
  }
}

/**
 * The gradient of Conv2d with respect to its input, as a layer: input `[N, in_channels, H, W]` (or without N), weight
 * `[in_channels, out_channels / groups, kH, kW]`. A second argument may ask for a size.
 * https://pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html
 * @throws ValueError for sizes that do not fit.
 */
export class ConvTranspose2d extends ConvBase<[number, number]> {
  constructor(
    ...args: [
      in_channels: number | ConvTranspose2dOptions,
      out_channels?: number | ConvTranspose2dOptions,
      kernel_size?: Pair | ConvTranspose2dOptions,
      stride?: Pair | ConvTranspose2dOptions,
      padding?: Pair | ConvTranspose2dOptions,
      output_padding?: Pair | ConvTranspose2dOptions,
      groups?: number | ConvTranspose2dOptions,
      bias?: boolean | ConvTranspose2dOptions,
      dilation?: Pair | ConvTranspose2dOptions,
      padding_mode?: 'zeros' | ConvTranspose2dOptions,
      device?: Device | null | ConvTranspose2dOptions,
      dtype?: DType | null | ConvTranspose2dOptions,
    ]
  ) {
    super(TRANSPOSE_NAMES, args, pairOf);
  }

  override forward(input: Tensor, output_size?: readonly number[] | null): Tensor {
    const { weight, bias, stride, groups, dilation } = this;
    const output_padding = this.outputPadding(input, output_size);
    const padding = this.padding as [number, number];
    return functional.conv_transpose2d(input, weight, { bias, stride, padding, output_padding, groups, dilation });
  }
}
