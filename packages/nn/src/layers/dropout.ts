import { functional, type Tensor, ValueError } from '@torchlet/tensor';
import { bindArguments, checkBoolean, checkNumber } from '@torchlet/tensor/internal';
import { Module } from '../module.js';
import { show } from '../repr.js';

export interface DropoutOptions {
  readonly p?: number;
  readonly inplace?: boolean;
}

/**
 * While training, sets each element to 0 with probability `p` and divides the others by 1 − p; in evaluation it gives its
 * input back. https://pytorch.org/docs/stable/generated/torch.nn.Dropout.html
 */
export class Dropout extends Module {
  p: number;
  inplace: boolean;

  constructor(p?: number | DropoutOptions, inplace?: boolean | DropoutOptions) {
    super();
    const [probability, write] = bindArguments('Dropout', ['p', 'inplace'], [p, inplace]);
    this.p = checkNumber('Dropout', 'p', probability ?? 0.5);
    if (this.p < 0 || this.p > 1) {
      throw new ValueError(`dropout probability has to be between 0 and 1, but got ${this.p}`);
    }
    this.inplace = checkBoolean('Dropout', 'inplace', write ?? false);
  }

  override forward(input: Tensor): Tensor {
    return functional.dropout(input, this.p, this.training, this.inplace);
  }

  override extra_repr(): string {
    return `p=${show(this.p)}, inplace=${show(this.inplace)}`;
  }
}
