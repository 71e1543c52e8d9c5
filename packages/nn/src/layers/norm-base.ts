/** What batch and instance normalization share: `torch.nn.modules.batchnorm._NormBase`. */
import { type Device, type DType, ones, ShapeError, type Tensor, tensor, zeros } from '@torchlet/tensor';
import { bindArguments, checkBoolean, checkNumber } from '@torchlet/tensor/internal';
import * as init from '../init.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';
import { show } from '../repr.js';
import { required } from './arguments.js';

export interface BatchNormOptions {
  readonly num_features?: number;
  readonly eps?: number;
  /** How much a batch's statistics count in the running ones; null: all batches count the same. */
  readonly momentum?: number | null;
  /** Whether there are weight and bias. */
  readonly affine?: boolean;
  readonly track_running_stats?: boolean;
  readonly device?: Device | null;
  readonly dtype?: DType | null;
}

const NAMES = ['num_features', 'eps', 'momentum', 'affine', 'track_running_stats', 'device', 'dtype'];

/** Weight, bias and running statistics of `num_features` channels. */
export abstract class _NormBase extends Module {
  num_features: number;
  eps: number;
  momentum: number | null;
  affine: boolean;
  track_running_stats: boolean;
  declare weight: Parameter | null;
  declare bias: Parameter | null;
  declare running_mean: Tensor | null;
  declare running_var: Tensor | null;
  declare num_batches_tracked: Tensor | null;

  constructor(
    ...given: [
      num_features: number | BatchNormOptions,
      eps?: number | BatchNormOptions,
      momentum?: number | null | BatchNormOptions,
      affine?: boolean | BatchNormOptions,
      track_running_stats?: boolean | BatchNormOptions,
      device?: Device | null | BatchNormOptions,
      dtype?: DType | null | BatchNormOptions,
    ]
  ) {
    super();
    const name = this._get_name();
    const args = bindArguments(name, NAMES, given);
    this.num_features = required(name, 'num_features', args[0]);
    this.eps = checkNumber(name, 'eps', args[1] ?? 1e-5);
    this.momentum = args[2] === null ? null : checkNumber(name, 'momentum', args[2] ?? 0.1);
    this.affine = checkBoolean(name, 'affine', args[3] ?? this._isAdaptive);
    this.track_running_stats = checkBoolean(name, 'track_running_stats', args[4] ?? this._isAdaptive);
    const options = { device: args[5] as Device | null, dtype: args[6] as DType | null };
    const size = [this.num_features];
    this.register_parameter('weight', this.affine ? new Parameter(ones(size, options)) : null);
    this.register_parameter('bias', this.affine ? new Parameter(zeros(size, options)) : null);
    const tracked = this.track_running_stats;
    this.register_buffer('running_mean', tracked ? zeros(size, options) : null);
    this.register_buffer('running_var', tracked ? ones(size, options) : null);
    const count = (): Tensor => tensor(0, { dtype: 'int64', device: options.device ?? undefined });
    this.register_buffer('num_batches_tracked', tracked ? count() : null);
  }

  /** @throws ShapeError for an input with a number of dimensions that this layer is not for. */
  abstract _check_input_dim(input: Tensor): void;

  /** Whether weight, bias and running statistics are the standard. */
  get _isAdaptive(): boolean {
    return true;
  }

  override get _version(): number {
    return 2;
  }

  reset_running_stats(): void {
    this.running_mean?.zero_();
    this.running_var?.fill_(1);
    this.num_batches_tracked?.zero_();
  }

  /** Weight 1, bias 0, running statistics as at the start. */
  reset_parameters(): void {
    this.reset_running_stats();
    if (this.weight !== null) init.ones_(this.weight);
    if (this.bias !== null) init.zeros_(this.bias);
  }

  override extra_repr(): string {
    return (
      `${this.num_features}, eps=${show(this.eps)}, momentum=${show(this.momentum)}, affine=${show(this.affine)}, ` +
      `track_running_stats=${show(this.track_running_stats)}`
    );
  }
}

/** @throws ShapeError for another number of dimensions. */
export function checkRank(input: Tensor, ranks: readonly number[]): void {
  if (ranks.includes(input.ndim)) return;
  throw new ShapeError(`expected ${ranks.map((r) => `${r}D`).join(' or ')} input (got ${input.ndim}D input)`);
}
