/** Instance normalization: `torch.nn.modules.instancenorm`. */
import { functional, type Tensor } from '@torchlet/tensor';
import { _NormBase, checkRank } from './norm-base.js';

/** What the instance normalizations share: each channel of each element of the batch is standardized by itself. */
abstract class _InstanceNorm extends _NormBase {
  override get _isAdaptive(): boolean {
    return false;
  }

  /** The number of dimensions of one element of a batch. */
  abstract get _rank(): number;

  override _check_input_dim(input: Tensor): void {
    checkRank(input, [this._rank, this._rank + 1]);
  }

  override forward(input: Tensor): Tensor {
    this._check_input_dim(input);
    if (input.ndim === this._rank) return this.normalized(input.unsqueeze(0)).squeeze(0);
    return this.normalized(input);
  }

  private normalized(input: Tensor): Tensor {
    return functional.instance_norm(
      input,
      this.running_mean,
      this.running_var,
      this.weight,
      this.bias,
      this.training || !this.track_running_stats,
      this.momentum ?? 0,
      this.eps,
    );
  }
}

/** For `[N, C, L]` and `[C, L]`. https://pytorch.org/docs/stable/generated/torch.nn.InstanceNorm1d.html */
export class InstanceNorm1d extends _InstanceNorm {
  override get _rank(): number {
    return 2;
  }
}

/** For `[N, C, H, W]` and `[C, H, W]`. https://pytorch.org/docs/stable/generated/torch.nn.InstanceNorm2d.html */
export class InstanceNorm2d extends _InstanceNorm {
  override get _rank(): number {
    return 3;
  }
}

/** For `[N, C, D, H, W]` and `[C, D, H, W]`. https://pytorch.org/docs/stable/generated/torch.nn.InstanceNorm3d.html */
export class InstanceNorm3d extends _InstanceNorm {
  override get _rank(): number {
    return 4;
  }
}
