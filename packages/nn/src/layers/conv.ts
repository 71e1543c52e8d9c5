import { type Device, type DType, empty, functional, type Tensor, ValueError } from '@torchlet/tensor';
import { bindArguments, checkBoolean, checkInteger, type Padding, type Pair, pairOf } from '@torchlet/tensor/internal';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';
import { show } from '../repr.js';
import { checkGiven, required } from './arguments.js';
import { resetWeightAndBias } from './linear.js';

export interface Conv2dOptions {
  readonly in_channels?: number;
  readonly out_channels?: number;
  readonly kernel_size?: Pair;
  readonly stride?: Pair;
  /** Zeros on each side; `'same'` keeps the image's size, `'valid'` adds none. */
  readonly padding?: Padding;
  readonly dilation?: Pair;
  readonly groups?: number;
  readonly bias?: boolean;
  readonly padding_mode?: 'zeros';
  readonly device?: Device | null;
  readonly dtype?: DType | null;
}

const NAMES = [
  'in_channels',
  'out_channels',
  'kernel_size',
  'stride',
  'padding',
  'dilation',
  'groups',
  'bias',
  'padding_mode',
  'device',
  'dtype',
];

/**
 * 2-D cross-correlation: input `[N, in_channels, H, W]` (or without N), output `[N, out_channels, H', W']`, weight
 * `[out_channels, in_channels / groups, kH, kW]`. https://pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
 * @throws ValueError for sizes that do not fit, and for any `padding_mode` but `'zeros'`.
 */
export class Conv2d extends Module {
  in_channels: number;
  out_channels: number;
  kernel_size: [number, number];
  stride: [number, number];
  padding: [number, number] | 'same' | 'valid';
  dilation: [number, number];
  groups: number;
  padding_mode: 'zeros';
  weight: Parameter;
  declare bias: Parameter | null;

  constructor(
    in_channels: number | Conv2dOptions,
    out_channels?: number | Conv2dOptions,
    kernel_size?: Pair | Conv2dOptions,
    stride?: Pair | Conv2dOptions,
    padding?: Padding | Conv2dOptions,
    dilation?: Pair | Conv2dOptions,
    groups?: number | Conv2dOptions,
    bias?: boolean | Conv2dOptions,
    padding_mode?: 'zeros' | Conv2dOptions,
    device?: Device | null | Conv2dOptions,
    dtype?: DType | null | Conv2dOptions,
  ) {
    super();
    const positional = [in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode];
    const args = bindArguments('Conv2d', NAMES, [...positional, device, dtype]);
    this.in_channels = required('Conv2d', 'in_channels', args[0]);
    this.out_channels = required('Conv2d', 'out_channels', args[1]);
    this.kernel_size = pairOf('Conv2d', 'kernel_size', checkGiven('Conv2d', 'kernel_size', args[2]));
    this.stride = pairOf('Conv2d', 'stride', args[3] ?? 1);
    this.padding = readPadding(args[4] ?? 0, this.stride);
    this.dilation = pairOf('Conv2d', 'dilation', args[5] ?? 1);
    this.groups = checkGroups(args[6] ?? 1, this.in_channels, this.out_channels);
    this.padding_mode = checkPaddingMode(args[8] ?? 'zeros');
    const options = { device: args[9] as Device | null, dtype: args[10] as DType | null };
    const shape = [this.out_channels, this.in_channels / this.groups, ...this.kernel_size];
    this.weight = new Parameter(empty(shape, options));
    const hasBias = checkBoolean('Conv2d', 'bias', args[7] ?? true);
    this.register_parameter('bias', hasBias ? new Parameter(empty([this.out_channels], options)) : null);
    this.reset_parameters();
  }

  /** Draws weight and bias from U(−√k, √k) with k = groups / (in_channels · kH · kW). */
  reset_parameters(): void {
    resetWeightAndBias(this.weight, this.bias);
  }

  override forward(input: Tensor): Tensor {
    return functional.conv2d(input, this.weight, this.bias, this.stride, this.padding, this.dilation, this.groups);
  }

  override extra_repr(): string {
    const parts = [
      `${this.in_channels}, ${this.out_channels}, kernel_size=${show(this.kernel_size)}, stride=${show(this.stride)}`,
    ];
    if (typeof this.padding === 'string' || this.padding.some((p) => p !== 0))
      parts.push(`padding=${show(this.padding)}`);
    if (this.dilation.some((d) => d !== 1)) parts.push(`dilation=${show(this.dilation)}`);
    if (this.groups !== 1) parts.push(`groups=${this.groups}`);
    if (this.bias === null) parts.push('bias=False');
    return parts.join(', ');
  }
}

function readPadding(padding: unknown, stride: readonly number[]): [number, number] | 'same' | 'valid' {
  if (typeof padding !== 'string') return pairOf('Conv2d', 'padding', padding);
  if (padding !== 'same' && padding !== 'valid') {
    throw new ValueError(`Invalid padding string '${padding}', should be one of {'valid', 'same'}`);
  }
  if (padding === 'same' && stride.some((s) => s !== 1)) {
    throw new ValueError("padding='same' is not supported for strided convolutions");
  }
  return padding;
}

function checkGroups(value: unknown, inChannels: number, outChannels: number): number {
  const groups = checkInteger('Conv2d', 'groups', value);
  if (groups <= 0) throw new ValueError('groups must be a positive integer');
  if (inChannels % groups !== 0) throw new ValueError('in_channels must be divisible by groups');
  if (outChannels % groups !== 0) throw new ValueError('out_channels must be divisible by groups');
  return groups;
}

function checkPaddingMode(mode: unknown): 'zeros' {
  if (mode === 'zeros') return mode;
  throw new ValueError(`Conv2d(): only padding_mode='zeros' is supported, but got padding_mode='${String(mode)}'`);
}
