import { type Device, type DType, empty, functional, type Tensor, ValueError } from '@torchlet/tensor';
import { bindArguments, checkBoolean, checkInteger } from '@torchlet/tensor/internal';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';
import { show } from '../repr.js';
import { checkGiven, required } from './arguments.js';
import { resetWeightAndBias } from './linear.js';

export type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular';

/** Options of the convolutions; `Size` is a number or one for each dimension. */
export interface ConvOptions<Size> {
  readonly in_channels?: number;
  readonly out_channels?: number;
  readonly kernel_size?: Size;
  readonly stride?: Size;
  /** On each side; `'same'` keeps the input's size, `'valid'` adds nothing. */
  readonly padding?: Size | 'same' | 'valid';
  readonly dilation?: Size;
  readonly groups?: number;
  readonly bias?: boolean;
  /** What the padding holds. */
  readonly padding_mode?: PaddingMode;
  readonly device?: Device | null;
  readonly dtype?: DType | null;
}

/** Options of the transposed convolutions. */
export interface ConvTransposeOptions<Size> extends Omit<ConvOptions<Size>, 'padding' | 'padding_mode'> {
  readonly padding?: Size;
  /** Added to one side of the output, whose size the stride leaves open. */
  readonly output_padding?: Size;
  readonly padding_mode?: 'zeros';
}

export const CONV_NAMES: readonly string[] = [
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

/** Their order differs from {@link CONV_NAMES}. */
export const TRANSPOSE_NAMES: readonly string[] = [
  'in_channels',
  'out_channels',
  'kernel_size',
  'stride',
  'padding',
  'output_padding',
  'groups',
  'bias',
  'dilation',
  'padding_mode',
  'device',
  'dtype',
];

const MODES: readonly unknown[] = ['zeros', 'reflect', 'replicate', 'circular'];

/** What all convolutions share; `Size` is a size for each dimension. */
export abstract class ConvBase<Size extends readonly number[]> extends Module<
  [input: Tensor, output_size?: readonly number[] | null]
> {
  in_channels: number;
  out_channels: number;
  kernel_size: Size;
  stride: Size;
  padding: Size | 'same' | 'valid';
  dilation: Size;
  output_padding: Size;
  groups: number;
  padding_mode: PaddingMode;
  weight: Parameter;
  declare bias: Parameter | null;

  /** `read` makes sizes of an argument; `positional` stand in the order of `names`. */
  constructor(
    names: readonly string[],
    positional: readonly unknown[],
    read: (op: string, name: string, value: unknown) => Size,
  ) {
    super();
    const layer = this._get_name();
    const bound = bindArguments(layer, names, positional);
    const arg = (name: string): unknown => bound[names.indexOf(name)];
    const transposed = names === TRANSPOSE_NAMES;
    this.in_channels = required(layer, 'in_channels', arg('in_channels'));
    this.out_channels = required(layer, 'out_channels', arg('out_channels'));
    this.kernel_size = read(layer, 'kernel_size', checkGiven(layer, 'kernel_size', arg('kernel_size')));
    this.stride = read(layer, 'stride', arg('stride') ?? 1);
    const padding = arg('padding') ?? 0;
    this.padding =
      typeof padding === 'string' && !transposed
        ? checkPaddingName(padding, this.stride)
        : read(layer, 'padding', padding);
    this.dilation = read(layer, 'dilation', arg('dilation') ?? 1);
    this.output_padding = read(layer, 'output_padding', transposed ? (arg('output_padding') ?? 0) : 0);
    this.groups = checkGroups(layer, arg('groups') ?? 1, this.in_channels, this.out_channels);
    this.padding_mode = checkPaddingMode(layer, arg('padding_mode') ?? 'zeros', transposed);
    const options = { device: arg('device') as Device | null, dtype: arg('dtype') as DType | null };
    const { in_channels, out_channels, groups, kernel_size } = this;
    const channels = transposed ? [in_channels, out_channels / groups] : [out_channels, in_channels / groups];
    this.weight = new Parameter(empty([...channels, ...kernel_size], options));
    const hasBias = checkBoolean(layer, 'bias', arg('bias') ?? true);
    this.register_parameter('bias', hasBias ? new Parameter(empty([out_channels], options)) : null);
    this.reset_parameters();
  }

  /** Draws weight and bias from U(−√k, √k) with k = 1 / fan_in. */
  reset_parameters(): void {
    resetWeightAndBias(this.weight, this.bias);
  }

  /** The input with its border, and the padding that is left for the convolution. */
  protected padded(input: Tensor): [Tensor, Size | 'same' | 'valid'] {
    const { padding, padding_mode } = this;
    if (padding_mode === 'zeros') return [input, padding];
    const sides = this.kernel_size.map((size, i) => {
      if (typeof padding !== 'string') return [padding[i], padding[i]];
      const total = padding === 'same' ? this.dilation[i] * (size - 1) : 0;
      return [Math.floor(total / 2), total - Math.floor(total / 2)];
    });
    return [functional.pad(input, sides.reverse().flat(), padding_mode), 'valid'];
  }

  override extra_repr(): string {
    const { in_channels, out_channels, kernel_size, stride, padding, dilation, output_padding } = this;
    const parts = [`${in_channels}, ${out_channels}, kernel_size=${show(kernel_size)}, stride=${show(stride)}`];
    if (typeof padding === 'string' || padding.some((p) => p !== 0)) parts.push(`padding=${show(padding)}`);
    if (dilation.some((d) => d !== 1)) parts.push(`dilation=${show(dilation)}`);
    if (output_padding.some((p) => p !== 0)) parts.push(`output_padding=${show(output_padding)}`);
    if (this.groups !== 1) parts.push(`groups=${this.groups}`);
    if (this.bias === null) parts.push('bias=False');
    if (this.padding_mode !== 'zeros') parts.push(`padding_mode=${this.padding_mode}`);
    return parts.join(', ');
  }

  /**
   * The output padding that makes the output of a transposed convolution `size` large.
   * @throws ValueError for a size that cannot be had.
   */
  protected outputPadding(input: Tensor, size: readonly number[] | null | undefined): Size {
    if (size === null || size === undefined) return this.output_padding;
    const { kernel_size, stride, dilation } = this;
    const dims = kernel_size.length;
    const wanted = size.slice(-dims);
    const border = this.padding as Size;
    const least = kernel_size.map(
      (k, i) => (input.shape[input.ndim - dims + i] - 1) * stride[i] - 2 * border[i] + dilation[i] * (k - 1) + 1,
    );
    if (wanted.length !== dims || wanted.some((n, i) => n < least[i] || n >= least[i] + stride[i])) {
      const most = least.map((n, i) => n + stride[i] - 1);
      throw new ValueError(
        `requested an output size of ${show(wanted)}, but valid sizes range from ${show(least)} to ${show(most)} (for an input ` +
          `of ${show(input.shape.slice(-dims))})`,
      );
    }
    return wanted.map((n, i) => n - least[i]) as readonly number[] as Size;
  }
}

function checkPaddingName(padding: string, stride: readonly number[]): 'same' | 'valid' {
  if (padding !== 'same' && padding !== 'valid') {
    throw new ValueError(`Invalid padding string '${padding}', should be one of {'valid', 'same'}`);
  }
  if (padding === 'same' && stride.some((s) => s !== 1)) {
    throw new ValueError("padding='same' is not supported for strided convolutions");
  }
  return padding;
}

function checkGroups(layer: string, value: unknown, inChannels: number, outChannels: number): number {
  const groups = checkInteger(layer, 'groups', value);
  if (groups <= 0) throw new ValueError('groups must be a positive integer');
  if (inChannels % groups !== 0) throw new ValueError('in_channels must be divisible by groups');
  if (outChannels % groups !== 0) throw new ValueError('out_channels must be divisible by groups');
  return groups;
}

function checkPaddingMode(layer: string, mode: unknown, transposed: boolean): PaddingMode {
  if (transposed && mode !== 'zeros') throw new ValueError(`Only "zeros" padding mode is supported for ${layer}`);
  if (MODES.includes(mode)) return mode as PaddingMode;
  throw new ValueError(
    `padding_mode must be one of {'zeros', 'reflect', 'replicate', 'circular'}, but got padding_mode='${String(mode)}'`,
  );
}
