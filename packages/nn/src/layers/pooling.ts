import { functional, type Tensor } from '@torchlet/tensor';
import { bindArguments, checkBoolean, type Pair } from '@torchlet/tensor/internal';
import { Module } from '../module.js';
import { show } from '../repr.js';
import { checkGiven } from './arguments.js';

export interface MaxPool2dOptions {
  readonly kernel_size?: Pair;
  /** As `kernel_size` unless given. */
  readonly stride?: Pair | null;
  readonly padding?: Pair;
  readonly dilation?: Pair;
  readonly return_indices?: boolean;
  readonly ceil_mode?: boolean;
}

/**
 * The greatest element of each window: input `[N, C, H, W]` or `[C, H, W]`. With `return_indices` the result is
 * `[output, indices]`: `new nn.MaxPool2d<[Tensor, Tensor]>(2, { return_indices: true })`.
 * https://pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html
 */
export class MaxPool2d<Out extends Tensor | [Tensor, Tensor] = Tensor> extends Module<[input: Tensor], Out> {
  kernel_size: Pair;
  stride: Pair;
  padding: Pair;
  dilation: Pair;
  return_indices: boolean;
  ceil_mode: boolean;

  constructor(
    ...given: [
      kernel_size: Pair | MaxPool2dOptions,
      stride?: Pair | null | MaxPool2dOptions,
      padding?: Pair | MaxPool2dOptions,
      dilation?: Pair | MaxPool2dOptions,
      return_indices?: boolean | MaxPool2dOptions,
      ceil_mode?: boolean | MaxPool2dOptions,
    ]
  ) {
    super();
    const names = ['kernel_size', 'stride', 'padding', 'dilation', 'return_indices', 'ceil_mode'];
    const args = bindArguments('MaxPool2d', names, given);
    this.kernel_size = checkGiven('MaxPool2d', 'kernel_size', args[0]) as Pair;
    this.stride = (args[1] ?? this.kernel_size) as Pair;
    this.padding = (args[2] ?? 0) as Pair;
    this.dilation = (args[3] ?? 1) as Pair;
    this.return_indices = checkBoolean('MaxPool2d', 'return_indices', args[4] ?? false);
    this.ceil_mode = checkBoolean('MaxPool2d', 'ceil_mode', args[5] ?? false);
  }

  override forward(input: Tensor): Out {
    const pool = this.return_indices ? functional.max_pool2d_with_indices : functional.max_pool2d;
    return pool(input, this.kernel_size, this.stride, this.padding, this.dilation, this.ceil_mode) as Out;
  }

  override extra_repr(): string {
    return (
      `kernel_size=${show(this.kernel_size)}, stride=${show(this.stride)}, padding=${show(this.padding)}, ` +
      `dilation=${show(this.dilation)}, ceil_mode=${show(this.ceil_mode)}`
    );
  }
}

export interface AvgPool2dOptions {
  readonly kernel_size?: Pair;
  /** As `kernel_size` unless given. */
  readonly stride?: Pair | null;
  readonly padding?: Pair;
  readonly ceil_mode?: boolean;
  readonly count_include_pad?: boolean;
  readonly divisor_override?: number | null;
}

/**
 * The mean of each window: input `[N, C, H, W]` or `[C, H, W]`.
 * https://pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html
 */
export class AvgPool2d extends Module {
  kernel_size: Pair;
  stride: Pair;
  padding: Pair;
  ceil_mode: boolean;
  count_include_pad: boolean;
  divisor_override: number | null;

  constructor(
    ...given: [
      kernel_size: Pair | AvgPool2dOptions,
      stride?: Pair | null | AvgPool2dOptions,
      padding?: Pair | AvgPool2dOptions,
      ceil_mode?: boolean | AvgPool2dOptions,
      count_include_pad?: boolean | AvgPool2dOptions,
      divisor_override?: number | null | AvgPool2dOptions,
    ]
  ) {
    super();
    const names = ['kernel_size', 'stride', 'padding', 'ceil_mode', 'count_include_pad', 'divisor_override'];
    const args = bindArguments('AvgPool2d', names, given);
    this.kernel_size = checkGiven('AvgPool2d', 'kernel_size', args[0]) as Pair;
    this.stride = (args[1] ?? this.kernel_size) as Pair;
    this.padding = (args[2] ?? 0) as Pair;
    this.ceil_mode = checkBoolean('AvgPool2d', 'ceil_mode', args[3] ?? false);
    this.count_include_pad = checkBoolean('AvgPool2d', 'count_include_pad', args[4] ?? true);
    this.divisor_override = (args[5] ?? null) as number | null;
  }

  override forward(input: Tensor): Tensor {
    return functional.avg_pool2d(
      input,
      this.kernel_size,
      this.stride,
      this.padding,
      this.ceil_mode,
      this.count_include_pad,
      this.divisor_override,
    );
  }

  override extra_repr(): string {
    return `kernel_size=${show(this.kernel_size)}, stride=${show(this.stride)}, padding=${show(this.padding)}`;
  }
}
