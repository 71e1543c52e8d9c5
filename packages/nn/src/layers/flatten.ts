import type { Tensor } from '@torchlet/tensor';
import { bindArguments, checkInteger } from '@torchlet/tensor/internal';
import { Module } from '../module.js';

export interface FlattenOptions {
  readonly start_dim?: number;
  readonly end_dim?: number;
}

/**
 * Makes one dimension of those from `start_dim` (1: all but the batch) to `end_dim` (−1: the last).
 * https://pytorch.org/docs/stable/generated/torch.nn.Flatten.html
 */
export class Flatten extends Module {
  start_dim: number;
  end_dim: number;

  constructor(...args: [start_dim?: number | FlattenOptions, end_dim?: number | FlattenOptions]) {
    super();
    const [start, end] = bindArguments('Flatten', ['start_dim', 'end_dim'], args);
    this.start_dim = checkInteger('Flatten', 'start_dim', start ?? 1);
    this.end_dim = checkInteger('Flatten', 'end_dim', end ?? -1);
  }

  override forward(input: Tensor): Tensor {
    return input.flatten(this.start_dim, this.end_dim);
  }

  override extra_repr(): string {
    return `start_dim=${this.start_dim}, end_dim=${this.end_dim}`;
  }
}
