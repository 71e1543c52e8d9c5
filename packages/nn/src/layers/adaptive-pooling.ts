import { functional, type Tensor } from '@torchlet/tensor';
import { bindArguments, checkBoolean, type OutputSize, type Single } from '@torchlet/tensor/internal';
import { Module } from '../module.js';
import { show } from '../repr.js';
import { checkGiven } from './arguments.js';

interface SizeOptions {
  /** Null keeps the input's size. */
  readonly output_size?: OutputSize;
}

function readSize(layer: string, given: readonly unknown[]): OutputSize {
  const [size] = bindArguments(layer, ['output_size'], given);
  return checkGiven(layer, 'output_size', size) as OutputSize;
}

/** The mean of each of `output_size` windows of `[N, C, L]`. https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool1d.html */
export class AdaptiveAvgPool1d extends Module {
  output_size: OutputSize;

  constructor(...args: [output_size: OutputSize | SizeOptions]) {
    super();
    this.output_size = readSize('AdaptiveAvgPool1d', args);
  }

  override forward(input: Tensor): Tensor {
    return functional.adaptive_avg_pool1d(input, this.output_size);
  }

  override extra_repr(): string {
    return `output_size=${show(this.output_size)}`;
  }
}

/** The mean of each of `output_size` windows of `[N, C, H, W]`. https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html */
export class AdaptiveAvgPool2d extends Module {
  output_size: OutputSize;

  constructor(...args: [output_size: OutputSize | SizeOptions]) {
    super();
    this.output_size = readSize('AdaptiveAvgPool2d', args);
  }

  override forward(input: Tensor): Tensor {
    return functional.adaptive_avg_pool2d(input, this.output_size);
  }

  override extra_repr(): string {
    return `output_size=${show(this.output_size)}`;
  }
}

interface AdaptiveMaxOptions extends SizeOptions {
  readonly return_indices?: boolean;
}

/**
 * The greatest element of each of `output_size` windows of `[N, C, H, W]`. With `return_indices` the result is
 * `[output, indices]`. https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool2d.html
 */
export class AdaptiveMaxPool2d<Out extends Tensor | [Tensor, Tensor] = Tensor> extends Module<[input: Tensor], Out> {
  output_size: OutputSize;
  return_indices: boolean;

  constructor(...args: [output_size: OutputSize | AdaptiveMaxOptions, return_indices?: boolean | AdaptiveMaxOptions]) {
    super();
    const names = ['output_size', 'return_indices'];
    const [size, indices] = bindArguments('AdaptiveMaxPool2d', names, args);
    this.output_size = checkGiven('AdaptiveMaxPool2d', 'output_size', size) as OutputSize;
    this.return_indices = checkBoolean('AdaptiveMaxPool2d', 'return_indices', indices ?? false);
  }

  override forward(input: Tensor): Out {
    const { output_size } = this;
    const result = this.return_indices
      ? functional.adaptive_max_pool2d(input, output_size, true)
      : functional.adaptive_max_pool2d(input, output_size);
    return result as Out;
  }

  override extra_repr(): string {
    return `output_size=${show(this.output_size)}`;
  }
}

export interface MaxPool1dOptions {
  readonly kernel_size?: Single;
  /** As `kernel_size` unless given. */
  readonly stride?: Single | null;
  readonly padding?: Single;
  readonly dilation?: Single;
  readonly return_indices?: boolean;
  readonly ceil_mode?: boolean;
}

/**
 * The greatest element of each window of `[N, C, L]` or `[C, L]`. With `return_indices` the result is `[output, indices]`.
 * https://pytorch.org/docs/stable/generated/torch.nn.MaxPool1d.html
 */
export class MaxPool1d<Out extends Tensor | [Tensor, Tensor] = Tensor> extends Module<[input: Tensor], Out> {
  kernel_size: Single;
  stride: Single;
  padding: Single;
  dilation: Single;
  return_indices: boolean;
  ceil_mode: boolean;

  constructor(
    ...given: [
      kernel_size: Single | MaxPool1dOptions,
      stride?: Single | null | MaxPool1dOptions,
      padding?: Single | MaxPool1dOptions,
      dilation?: Single | MaxPool1dOptions,
      return_indices?: boolean | MaxPool1dOptions,
      ceil_mode?: boolean | MaxPool1dOptions,
    ]
  ) {
    super();
    const names = ['kernel_size', 'stride', 'padding', 'dilation', 'return_indices', 'ceil_mode'];
    const args = bindArguments('MaxPool1d', names, given);
    this.kernel_size = checkGiven('MaxPool1d', 'kernel_size', args[0]) as Single;
    this.stride = (args[1] ?? this.kernel_size) as Single;
    this.padding = (args[2] ?? 0) as Single;
    this.dilation = (args[3] ?? 1) as Single;
    this.return_indices = checkBoolean('MaxPool1d', 'return_indices', args[4] ?? false);
    this.ceil_mode = checkBoolean('MaxPool1d', 'ceil_mode', args[5] ?? false);
  }

  override forward(input: Tensor): Out {
    const pool = this.return_indices ? functional.max_pool1d_with_indices : functional.max_pool1d;
    return pool(input, this.kernel_size, this.stride, this.padding, this.dilation, this.ceil_mode) as Out;
  }

  override extra_repr(): string {
    return (
      `kernel_size=${show(this.kernel_size)}, stride=${show(this.stride)}, padding=${show(this.padding)}, ` +
      `dilation=${show(this.dilation)}, ceil_mode=${show(this.ceil_mode)}`
    );
  }
}

export interface AvgPool1dOptions {
  readonly kernel_size?: Single;
  /** As `kernel_size` unless given. */
  readonly stride?: Single | null;
  readonly padding?: Single;
  readonly ceil_mode?: boolean;
  readonly count_include_pad?: boolean;
}

/** PyTorch keeps its sizes as tuples, which shows when it is printed. */
const tuple = (value: unknown): Single => (Array.isArray(value) ? value : [value]) as Single;

/** The mean of each window of `[N, C, L]` or `[C, L]`. https://pytorch.org/docs/stable/generated/torch.nn.AvgPool1d.html */
export class AvgPool1d extends Module {
  kernel_size: Single;
  stride: Single;
  padding: Single;
  ceil_mode: boolean;
  count_include_pad: boolean;

  constructor(
    ...given: [
      kernel_size: Single | AvgPool1dOptions,
      stride?: Single | null | AvgPool1dOptions,
      padding?: Single | AvgPool1dOptions,
      ceil_mode?: boolean | AvgPool1dOptions,
      count_include_pad?: boolean | AvgPool1dOptions,
    ]
  ) {
    super();
    const names = ['kernel_size', 'stride', 'padding', 'ceil_mode', 'count_include_pad'];
    const args = bindArguments('AvgPool1d', names, given);
    this.kernel_size = tuple(checkGiven('AvgPool1d', 'kernel_size', args[0]));
    this.stride = tuple(args[1] ?? this.kernel_size);
    this.padding = tuple(args[2] ?? 0);
    this.ceil_mode = checkBoolean('AvgPool1d', 'ceil_mode', args[3] ?? false);
    this.count_include_pad = checkBoolean('AvgPool1d', 'count_include_pad', args[4] ?? true);
  }

  override forward(input: Tensor): Tensor {
    const { kernel_size, stride, padding, ceil_mode, count_include_pad } = this;
    return functional.avg_pool1d(input, kernel_size, stride, padding, ceil_mode, count_include_pad);
  }

  override extra_repr(): string {
    return `kernel_size=${show(this.kernel_size)}, stride=${show(this.stride)}, padding=${show(this.padding)}`;
  }
}
