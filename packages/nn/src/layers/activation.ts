import { functional, type Tensor } from '@torchlet/tensor';
import { bindArguments, checkBoolean, checkInteger } from '@torchlet/tensor/internal';
import { Module } from '../module.js';
import { show } from '../repr.js';

export interface InplaceOptions {
  /** Writes the result over the input. */
  readonly inplace?: boolean;
}

/** max(x, 0). https://pytorch.org/docs/stable/generated/torch.nn.ReLU.html */
export class ReLU extends Module {
  inplace: boolean;

  constructor(...args: [inplace?: boolean | InplaceOptions]) {
    super();
    const [write] = bindArguments('ReLU', ['inplace'], args);
    this.inplace = checkBoolean('ReLU', 'inplace', write ?? false);
  }

  override forward(input: Tensor): Tensor {
    return functional.relu(input, this.inplace);
  }

  override extra_repr(): string {
    return this.inplace ? 'inplace=True' : '';
  }
}

/** https://pytorch.org/docs/stable/generated/torch.nn.Tanh.html */
export class Tanh extends Module {
  override forward(input: Tensor): Tensor {
    return input.tanh();
  }
}

/** 1 / (1 + e^−x). https://pytorch.org/docs/stable/generated/torch.nn.Sigmoid.html */
export class Sigmoid extends Module {
  override forward(input: Tensor): Tensor {
    return input.sigmoid();
  }
}

export interface DimOptions {
  /** The dimension along which the exponentials sum to 1; chosen by the input's rank, with a warning, unless given. */
  readonly dim?: number | null;
}

function readDim(layer: string, given: readonly unknown[]): number | null {
  const [dim] = bindArguments(layer, ['dim'], given);
  return dim === undefined || dim === null ? null : checkInteger(layer, 'dim', dim);
}

/** e^x / Σ e^x along `dim`. https://pytorch.org/docs/stable/generated/torch.nn.Softmax.html */
export class Softmax extends Module {
  dim: number | null;

  constructor(...args: [dim?: number | null | DimOptions]) {
    super();
    this.dim = readDim('Softmax', args);
  }

  override forward(input: Tensor): Tensor {
    return functional.softmax(input, this.dim);
  }

  override extra_repr(): string {
    return `dim=${show(this.dim)}`;
  }
}

/** log(softmax x) along `dim`. https://pytorch.org/docs/stable/generated/torch.nn.LogSoftmax.html */
export class LogSoftmax extends Module {
  dim: number | null;

  constructor(...args: [dim?: number | null | DimOptions]) {
    super();
    this.dim = readDim('LogSoftmax', args);
  }

  override forward(input: Tensor): Tensor {
    return functional.log_softmax(input, this.dim);
  }

  override extra_repr(): string {
    return `dim=${show(this.dim)}`;
  }
}
