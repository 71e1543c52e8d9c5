/** Batch normalization: `torch.nn.modules.batchnorm`. */
import { functional, type Tensor } from '@torchlet/tensor';
import { _NormBase, type BatchNormOptions, checkRank } from './norm-base.js';

export type { BatchNormOptions };

/**
 * What the batch normalizations share. While training, each channel is standardized by its own statistics, which are mixed
 * into `running_mean` and `running_var`; in evaluation (or without running ones: always by its own) by the running ones.
 * `nn.modules.batchnorm._BatchNorm`, by which programs tell such layers.
 */
export abstract class _BatchNorm extends _NormBase {
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
