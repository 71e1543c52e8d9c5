import { type Device, type DType, functional, ones, type Tensor, zeros } from '@torchlet/tensor';
import { bindArguments, checkBoolean, checkNumber } from '@torchlet/tensor/internal';
import * as init from '../init.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';
import { show } from '../repr.js';
import { checkGiven, required } from './arguments.js';

export interface LayerNormOptions {
  /** The sizes of the last dimensions; a number is the size of the last one. */
  readonly normalized_shape?: number | readonly number[];
  readonly eps?: number;
  /** Whether there are weight and (unless `bias` is false) bias. */
  readonly elementwise_affine?: boolean;
  readonly bias?: boolean;
  readonly device?: Device | null;
  readonly dtype?: DType | null;
}

function readShape(layer: string, value: unknown): number[] {
  const given = checkGiven(layer, 'normalized_shape', value);
  return (Array.isArray(given) ? given : [given]).map((size) => required(layer, 'normalized_shape', size));
}

/**
 * Standardizes over the last dimensions. https://pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html
 */
export class LayerNorm extends Module {
  normalized_shape: number[];
  eps: number;
  elementwise_affine: boolean;
  declare weight: Parameter | null;
  declare bias: Parameter | null;

  constructor(
    ...given: [
      normalized_shape: number | readonly number[] | LayerNormOptions,
      eps?: number | LayerNormOptions,
      elementwise_affine?: boolean | LayerNormOptions,
      bias?: boolean | LayerNormOptions,
      device?: Device | null | LayerNormOptions,
      dtype?: DType | null | LayerNormOptions,
    ]
  ) {
    super();
    const names = ['normalized_shape', 'eps', 'elementwise_affine', 'bias', 'device', 'dtype'];
    const args = bindArguments('LayerNorm', names, given);
    this.normalized_shape = readShape('LayerNorm', args[0]);
    this.eps = checkNumber('LayerNorm', 'eps', args[1] ?? 1e-5);
    this.elementwise_affine = checkBoolean('LayerNorm', 'elementwise_affine', args[2] ?? true);
    const withBias = checkBoolean('LayerNorm', 'bias', args[3] ?? true) && this.elementwise_affine;
    const options = { device: args[4] as Device | null, dtype: args[5] as DType | null };
    const { normalized_shape: shape } = this;
    this.register_parameter('weight', this.elementwise_affine ? new Parameter(ones(shape, options)) : null);
    this.register_parameter('bias', withBias ? new Parameter(zeros(shape, options)) : null);
  }

  /** Weight 1, bias 0. */
  reset_parameters(): void {
    if (this.weight !== null) init.ones_(this.weight);
    if (this.bias !== null) init.zeros_(this.bias);
  }

  override forward(input: Tensor): Tensor {
    return functional.layer_norm(input, this.normalized_shape, this.weight, this.bias, this.eps);
  }

  override extra_repr(): string {
    const { normalized_shape, eps, elementwise_affine } = this;
    return `${show(normalized_shape)}, eps=${show(eps)}, elementwise_affine=${show(elementwise_affine)}`;
  }
}

export interface RMSNormOptions {
  readonly normalized_shape?: number | readonly number[];
  /** Null: the distance from 1 to the next number of the input's dtype. */
  readonly eps?: number | null;
  readonly elementwise_affine?: boolean;
  readonly device?: Device | null;
  readonly dtype?: DType | null;
}

/**
 * Divides by the root of the mean square over the last dimensions.
 * https://pytorch.org/docs/stable/generated/torch.nn.RMSNorm.html
 */
export class RMSNorm extends Module {
  normalized_shape: number[];
  eps: number | null;
  elementwise_affine: boolean;
  declare weight: Parameter | null;

  constructor(
    ...given: [
      normalized_shape: number | readonly number[] | RMSNormOptions,
      eps?: number | null | RMSNormOptions,
      elementwise_affine?: boolean | RMSNormOptions,
      device?: Device | null | RMSNormOptions,
      dtype?: DType | null | RMSNormOptions,
    ]
  ) {
    super();
    const names = ['normalized_shape', 'eps', 'elementwise_affine', 'device', 'dtype'];
    const args = bindArguments('RMSNorm', names, given);
    this.normalized_shape = readShape('RMSNorm', args[0]);
    this.eps = args[1] === undefined || args[1] === null ? null : checkNumber('RMSNorm', 'eps', args[1]);
    this.elementwise_affine = checkBoolean('RMSNorm', 'elementwise_affine', args[2] ?? true);
    const options = { device: args[3] as Device | null, dtype: args[4] as DType | null };
    const weight = this.elementwise_affine ? new Parameter(ones(this.normalized_shape, options)) : null;
    this.register_parameter('weight', weight);
  }

  /** Weight 1. */
  reset_parameters(): void {
    if (this.weight !== null) init.ones_(this.weight);
  }

  override forward(input: Tensor): Tensor {
    return functional.rms_norm(input, this.normalized_shape, this.weight, this.eps);
  }

  override extra_repr(): string {
    const { normalized_shape, eps, elementwise_affine } = this;
    return `${show(normalized_shape)}, eps=${show(eps)}, elementwise_affine=${show(elementwise_affine)}`;
  }
}
