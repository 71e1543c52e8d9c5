import { type Device, type DType, functional, ones, type Tensor, ValueError, zeros } from '@torchlet/tensor';
import { bindArguments, checkBoolean, checkInteger, checkNumber } from '@torchlet/tensor/internal';
import * as init from '../init.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';
import { show } from '../repr.js';
import { checkGiven, required } from './arguments.js';

export interface GroupNormOptions {
  readonly num_groups?: number;
  readonly num_channels?: number;
  readonly eps?: number;
  readonly affine?: boolean;
  readonly device?: Device | null;
  readonly dtype?: DType | null;
}

/**
 * Standardizes groups of channels of `[N, num_channels, …]`.
 * https://pytorch.org/docs/stable/generated/torch.nn.GroupNorm.html
 * @throws ValueError when the groups do not divide the channels.
 */
export class GroupNorm extends Module {
  num_groups: number;
  num_channels: number;
  eps: number;
  affine: boolean;
  declare weight: Parameter | null;
  declare bias: Parameter | null;

  constructor(
    ...given: [
      num_groups: number | GroupNormOptions,
      num_channels?: number | GroupNormOptions,
      eps?: number | GroupNormOptions,
      affine?: boolean | GroupNormOptions,
      device?: Device | null | GroupNormOptions,
      dtype?: DType | null | GroupNormOptions,
    ]
  ) {
    super();
    const names = ['num_groups', 'num_channels', 'eps', 'affine', 'device', 'dtype'];
    const args = bindArguments('GroupNorm', names, given);
    this.num_groups = checkInteger('GroupNorm', 'num_groups', checkGiven('GroupNorm', 'num_groups', args[0]), 1);
    this.num_channels = required('GroupNorm', 'num_channels', args[1]);
    if (this.num_channels % this.num_groups !== 0) throw new ValueError('num_channels must be divisible by num_groups');
    this.eps = checkNumber('GroupNorm', 'eps', args[2] ?? 1e-5);
    this.affine = checkBoolean('GroupNorm', 'affine', args[3] ?? true);
    const options = { device: args[4] as Device | null, dtype: args[5] as DType | null };
    this.register_parameter('weight', this.affine ? new Parameter(ones([this.num_channels], options)) : null);
    this.register_parameter('bias', this.affine ? new Parameter(zeros([this.num_channels], options)) : null);
  }

  /** Weight 1, bias 0. */
  reset_parameters(): void {
    if (this.weight !== null) init.ones_(this.weight);
    if (this.bias !== null) init.zeros_(this.bias);
  }

  override forward(input: Tensor): Tensor {
    return functional.group_norm(input, this.num_groups, this.weight, this.bias, this.eps);
  }

  override extra_repr(): string {
    return `${this.num_groups}, ${this.num_channels}, eps=${show(this.eps)}, affine=${show(this.affine)}`;
  }
}
