/** Batch normalization: `torch.nn.modules.batchnorm`. */
import { type Device, type DType, functional, ones, ShapeError, type Tensor, tensor, zeros } from '@torchlet/tensor';
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

const BATCH_NAMES = ['num_features', 'eps', 'momentum', 'affine', 'track_running_stats', 'device', 'dtype'];

/**
 * What the batch normalizations share. While training, each channel is standardized by its own statistics, which are mixed
 * into `running_mean` and `running_var`; in evaluation (or without running ones: always by its own) by the running ones.
 * `nn.modules.batchnorm._BatchNorm`, by which programs tell such layers.
 */
export abstract class _BatchNorm extends Module {
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
    const args = bindArguments(name, BATCH_NAMES, given);
    this.num_features = required(name, 'num_features', args[0]);
    this.eps = checkNumber(name, 'eps', args[1] ?? 1e-5);
    this.momentum = args[2] === null ? null : checkNumber(name, 'momentum', args[2] ?? 0.1);
    this.affine = checkBoolean(name, 'affine', args[3] ?? true);
    this.track_running_stats = checkBoolean(name, 'track_running_stats', args[4] ?? true);
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

  override forward(input: Tensor): Tensor {
    this._check_input_dim(input);
    let rate = this.momentum ?? 0;
    if (this.training && this.track_running_stats && this.num_batches_tracked !== null) {
      this.num_batches_tracked.add_(1);
      if (this.momentum === null) rate = 1 / Number(this.num_batches_tracked.item());
    }
    const none = this.running_mean === null && this.running_var === null;
    const used = !this.training || this.track_running_stats;
    return functional.batch_norm(
      input,
      used ? this.running_mean : null,
      used ? this.running_var : null,
      this.weight,
      this.bias,
      this.training || none,
      rate,
      this.eps,
    );
  }

  override extra_repr(): string {
    return (
      `${this.num_features}, eps=${show(this.eps)}, momentum=${show(this.momentum)}, affine=${show(this.affine)}, ` +
      `track_running_stats=${show(this.track_running_stats)}`
    );
  }
}

function checkRank(input: Tensor, ranks: readonly number[]): void {
  if (ranks.includes(input.ndim)) return;
  throw new ShapeError(`expected ${ranks.map((r) => `${r}D`).join(' or ')} input (got ${input.ndim}D input)`);
}

/** For `[N, C]` and `[N, C, L]`. https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm1d.html */
export class BatchNorm1d extends _BatchNorm {
  override _check_input_dim(input: Tensor): void {
    checkRank(input, [2, 3]);
  }
}

/** For `[N, C, H, W]`. https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html */
export class BatchNorm2d extends _BatchNorm {
  override _check_input_dim(input: Tensor): void {
    checkRank(input, [4]);
  }
}

/** For `[N, C, D, H, W]`. https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm3d.html */
export class BatchNorm3d extends _BatchNorm {
  override _check_input_dim(input: Tensor): void {
    checkRank(input, [5]);
  }
}
