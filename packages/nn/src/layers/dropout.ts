import { functional, type Tensor, ValueError } from '@torchlet/tensor';
import { bindArguments, checkBoolean, checkNumber } from '@torchlet/tensor/internal';
import { Module } from '../module.js';
import { show } from '../repr.js';

export interface DropoutOptions {
  readonly p?: number;
  readonly inplace?: boolean;
}

/** What the dropout layers share: while training, elements become 0 with probability `p`. */
abstract class DropoutBase extends Module {
  p: number;
  inplace: boolean;

  constructor(...args: [p?: number | DropoutOptions, inplace?: boolean | DropoutOptions]) {
    super();
    const name = this._get_name();
    const [probability, write] = bindArguments(name, ['p', 'inplace'], args);
    this.p = checkNumber(name, 'p', probability ?? 0.5);
    if (this.p < 0 || this.p > 1) {
      throw new ValueError(`dropout probability has to be between 0 and 1, but got ${this.p}`);
    }
    this.inplace = checkBoolean(name, 'inplace', write ?? false);
  }

  override extra_repr(): string {
    return `p=${show(this.p)}, inplace=${show(this.inplace)}`;
  }
}

/**
 * While training, sets each element to 0 with probability `p` and divides the others by 1 − p; in evaluation it gives its
 * input back. https://pytorch.org/docs/stable/generated/torch.nn.Dropout.html
 */
export class Dropout extends DropoutBase {
  override forward(input: Tensor): Tensor {
    return functional.dropout(input, this.p, this.training, this.inplace);
  }
}

/** {@link Dropout} of whole channels of `[N, C, L]`. https://pytorch.org/docs/stable/generated/torch.nn.Dropout1d.html */
export class Dropout1d extends DropoutBase {
  override forward(input: Tensor): Tensor {
    return functional.dropout1d(input, this.p, this.training, this.inplace);
  }
}

/** {@link Dropout} of whole channels of `[N, C, H, W]`. https://pytorch.org/docs/stable/generated/torch.nn.Dropout2d.html */
export class Dropout2d extends DropoutBase {
  override forward(input: Tensor): Tensor {
    return functional.dropout2d(input, this.p, this.training, this.inplace);
  }
}

/** {@link Dropout} of whole channels of `[N, C, D, H, W]`. https://pytorch.org/docs/stable/generated/torch.nn.Dropout3d.html */
export class Dropout3d extends DropoutBase {
  override forward(input: Tensor): Tensor {
    return functional.dropout3d(input, this.p, this.training, this.inplace);
  }
}

/** Dropout that keeps mean and variance, for SELU. https://pytorch.org/docs/stable/generated/torch.nn.AlphaDropout.html */
export class AlphaDropout extends DropoutBase {
  override forward(input: Tensor): Tensor {
    // as in PyTorch, `inplace` is not handed on
    return functional.alpha_dropout(input, this.p, this.training);
  }
}
