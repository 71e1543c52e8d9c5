import { type Device, type DType, empty, functional, type Tensor } from '@torchlet/tensor';
import { bindArguments, checkBoolean } from '@torchlet/tensor/internal';
import * as init from '../init.js';
import { fans } from '../init-fan.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';
import { show } from '../repr.js';
import { required } from './arguments.js';

export interface LinearOptions {
  readonly in_features?: number;
  readonly out_features?: number;
  readonly bias?: boolean;
  readonly device?: Device | null;
  readonly dtype?: DType | null;
}

/**
 * y = x Wᵀ + b: input `[…, in_features]`, output `[…, out_features]`, weight `[out_features, in_features]`.
 * https://pytorch.org/docs/stable/generated/torch.nn.Linear.html
 */
export class Linear extends Module {
  in_features: number;
  out_features: number;
  weight: Parameter;
  declare bias: Parameter | null;

  constructor(
    ...given: [
      in_features: number | LinearOptions,
      out_features?: number | LinearOptions,
      bias?: boolean | LinearOptions,
      device?: Device | null | LinearOptions,
      dtype?: DType | null | LinearOptions,
    ]
  ) {
    super();
    const names = ['in_features', 'out_features', 'bias', 'device', 'dtype'];
    const args = bindArguments('Linear', names, given);
    this.in_features = required('Linear', 'in_features', args[0]);
    this.out_features = required('Linear', 'out_features', args[1]);
    const options = { device: args[3] as Device | null, dtype: args[4] as DType | null };
    this.weight = new Parameter(empty([this.out_features, this.in_features], options));
    const hasBias = checkBoolean('Linear', 'bias', args[2] ?? true);
    this.register_parameter('bias', hasBias ? new Parameter(empty([this.out_features], options)) : null);
    this.reset_parameters();
  }

  /** Draws weight and bias from U(−√(1 / in_features), √(1 / in_features)). */
  reset_parameters(): void {
    resetWeightAndBias(this.weight, this.bias);
  }

  override forward(input: Tensor): Tensor {
    return functional.linear(input, this.weight, this.bias);
  }

  override extra_repr(): string {
    return `in_features=${this.in_features}, out_features=${this.out_features}, bias=${show(this.bias !== null)}`;
  }
}

/** What linear layers and convolutions start with: both from U(−1/√fan_in, 1/√fan_in), the weight drawn first. */
export function resetWeightAndBias(weight: Parameter, bias: Parameter | null): void {
  init.kaiming_uniform_(weight, Math.sqrt(5));
  if (bias === null) return;
  const { fan_in } = fans(weight);
  const bound = fan_in > 0 ? 1 / Math.sqrt(fan_in) : 0;
  init.uniform_(bias, -bound, bound);
}

/** Gives its input back, whatever arguments it is made with. https://pytorch.org/docs/stable/generated/torch.nn.Identity.html */
export class Identity<T = Tensor> extends Module<[input: T], T> {
  constructor(..._unused: unknown[]) {
    super();
  }

  override forward(input: T): T {
    return input;
  }
}
