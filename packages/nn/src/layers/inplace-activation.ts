import { functional, type Tensor } from '@torchlet/tensor';
import { bindArguments, checkBoolean, checkNumber } from '@torchlet/tensor/internal';
import { Module } from '../module.js';
import { float } from '../repr.js';

/** What the layers with an `inplace` argument share. */
abstract class MaybeInplace extends Module {
  inplace: boolean;

  constructor(name: string, inplace: unknown) {
    super();
    this.inplace = checkBoolean(name, 'inplace', inplace ?? false);
  }

  /** Its parameters, then `inplace=True` where it is. */
  protected reprOf(...parts: string[]): string {
    return [...parts, ...(this.inplace ? ['inplace=True'] : [])].join(', ');
  }

  override extra_repr(): string {
    return this.reprOf();
  }
}

export interface WriteOptions {
  /** Writes the result over the input. */
  readonly inplace?: boolean;
}

/** x · σ(x). https://pytorch.org/docs/stable/generated/torch.nn.SiLU.html */
export class SiLU extends MaybeInplace {
  constructor(...args: [inplace?: boolean | WriteOptions]) {
    super('SiLU', bindArguments('SiLU', ['inplace'], args)[0]);
  }

  override forward(input: Tensor): Tensor {
    return functional.silu(input, this.inplace);
  }
}

/** x · tanh(softplus x). https://pytorch.org/docs/stable/generated/torch.nn.Mish.html */
export class Mish extends MaybeInplace {
  constructor(...args: [inplace?: boolean | WriteOptions]) {
    super('Mish', bindArguments('Mish', ['inplace'], args)[0]);
  }

  override forward(input: Tensor): Tensor {
    return functional.mish(input, this.inplace);
  }
}

/** The ELU that keeps mean 0 and variance 1. https://pytorch.org/docs/stable/generated/torch.nn.SELU.html */
export class SELU extends MaybeInplace {
  constructor(...args: [inplace?: boolean | WriteOptions]) {
    super('SELU', bindArguments('SELU', ['inplace'], args)[0]);
  }

  override forward(input: Tensor): Tensor {
    return functional.selu(input, this.inplace);
  }
}

/** min(max(x, 0), 6). https://pytorch.org/docs/stable/generated/torch.nn.ReLU6.html */
export class ReLU6 extends MaybeInplace {
  constructor(...args: [inplace?: boolean | WriteOptions]) {
    super('ReLU6', bindArguments('ReLU6', ['inplace'], args)[0]);
  }

  override forward(input: Tensor): Tensor {
    return functional.relu6(input, this.inplace);
  }
}

/** min(max(x + 3, 0), 6) / 6. https://pytorch.org/docs/stable/generated/torch.nn.Hardsigmoid.html */
export class Hardsigmoid extends MaybeInplace {
  constructor(...args: [inplace?: boolean | WriteOptions]) {
    super('Hardsigmoid', bindArguments('Hardsigmoid', ['inplace'], args)[0]);
  }

  override forward(input: Tensor): Tensor {
    return functional.hardsigmoid(input, this.inplace);
  }

  /** Nothing, as in PyTorch. */
  override extra_repr(): string {
    return '';
  }
}

/** x · hardsigmoid(x). https://pytorch.org/docs/stable/generated/torch.nn.Hardswish.html */
export class Hardswish extends MaybeInplace {
  constructor(...args: [inplace?: boolean | WriteOptions]) {
    super('Hardswish', bindArguments('Hardswish', ['inplace'], args)[0]);
  }

  override forward(input: Tensor): Tensor {
    return functional.hardswish(input, this.inplace);
  }

  /** Nothing, as in PyTorch. */
  override extra_repr(): string {
    return '';
  }
}

export interface ELUOptions extends WriteOptions {
  readonly alpha?: number;
}

/** x, and alpha · (e^x − 1) for x ≤ 0. https://pytorch.org/docs/stable/generated/torch.nn.ELU.html */
export class ELU extends MaybeInplace {
  alpha: number;

  constructor(...given: [alpha?: number | ELUOptions, inplace?: boolean | ELUOptions]) {
    const args = bindArguments('ELU', ['alpha', 'inplace'], given);
    super('ELU', args[1]);
    this.alpha = checkNumber('ELU', 'alpha', args[0] ?? 1);
  }

  override forward(input: Tensor): Tensor {
    return functional.elu(input, this.alpha, this.inplace);
  }

  override extra_repr(): string {
    return this.reprOf(`alpha=${float(this.alpha)}`);
  }
}

export interface CELUOptions extends WriteOptions {
  readonly alpha?: number;
}

/** max(0, x) + min(0, alpha · (e^(x / alpha) − 1)). https://pytorch.org/docs/stable/generated/torch.nn.CELU.html */
export class CELU extends MaybeInplace {
  alpha: number;

  constructor(...given: [alpha?: number | CELUOptions, inplace?: boolean | CELUOptions]) {
    const args = bindArguments('CELU', ['alpha', 'inplace'], given);
    super('CELU', args[1]);
    this.alpha = checkNumber('CELU', 'alpha', args[0] ?? 1);
  }

  override forward(input: Tensor): Tensor {
    return functional.celu(input, this.alpha, this.inplace);
  }

  override extra_repr(): string {
    return this.reprOf(`alpha=${float(this.alpha)}`);
  }
}

export interface LeakyReLUOptions extends WriteOptions {
  readonly negative_slope?: number;
}

/** x, and negative_slope · x below 0. https://pytorch.org/docs/stable/generated/torch.nn.LeakyReLU.html */
export class LeakyReLU extends MaybeInplace {
  negative_slope: number;

  constructor(...given: [negative_slope?: number | LeakyReLUOptions, inplace?: boolean | LeakyReLUOptions]) {
    const args = bindArguments('LeakyReLU', ['negative_slope', 'inplace'], given);
    super('LeakyReLU', args[1]);
    this.negative_slope = checkNumber('LeakyReLU', 'negative_slope', args[0] ?? 0.01);
  }

  override forward(input: Tensor): Tensor {
    return functional.leaky_relu(input, this.negative_slope, this.inplace);
  }

  override extra_repr(): string {
    return this.reprOf(`negative_slope=${float(this.negative_slope)}`);
  }
}

export interface HardtanhOptions extends WriteOptions {
  readonly min_val?: number;
  readonly max_val?: number;
  /** The old name of `min_val`. */
  readonly min_value?: number | null;
  /** The old name of `max_val`. */
  readonly max_value?: number | null;
}

/** The old name's value where it is given, with PyTorch's warning. */
function renamed(old: unknown, oldName: string, name: string, value: unknown): unknown {
  if (old === undefined || old === null) return value;
  console.warn(`keyword argument ${oldName} is deprecated and rename to ${name}`);
  return old;
}

/** x within [min_val, max_val]. https://pytorch.org/docs/stable/generated/torch.nn.Hardtanh.html */
export class Hardtanh extends MaybeInplace {
  min_val: number;
  max_val: number;

  constructor(
    ...given: [
      min_val?: number | HardtanhOptions,
      max_val?: number | HardtanhOptions,
      inplace?: boolean | HardtanhOptions,
      min_value?: number | null | HardtanhOptions,
      max_value?: number | null | HardtanhOptions,
    ]
  ) {
    const names = ['min_val', 'max_val', 'inplace', 'min_value', 'max_value'];
    const args = bindArguments('Hardtanh', names, given);
    super('Hardtanh', args[2]);
    this.min_val = checkNumber('Hardtanh', 'min_val', renamed(args[3], 'min_value', 'min_val', args[0]) ?? -1);
    this.max_val = checkNumber('Hardtanh', 'max_val', renamed(args[4], 'max_value', 'max_val', args[1]) ?? 1);
  }

  override forward(input: Tensor): Tensor {
    return functional.hardtanh(input, this.min_val, this.max_val, this.inplace);
  }

  override extra_repr(): string {
    return this.reprOf(`min_val=${float(this.min_val)}`, `max_val=${float(this.max_val)}`);
  }
}

export interface ThresholdOptions extends WriteOptions {
  readonly threshold?: number;
  readonly value?: number;
}

/** x where it is greater than the threshold, else `value`. https://pytorch.org/docs/stable/generated/torch.nn.Threshold.html */
export class Threshold extends MaybeInplace {
  threshold: number;
  value: number;

  constructor(
    ...given: [
      threshold: number | ThresholdOptions,
      value?: number | ThresholdOptions,
      inplace?: boolean | ThresholdOptions,
    ]
  ) {
    const args = bindArguments('Threshold', ['threshold', 'value', 'inplace'], given);
    super('Threshold', args[2]);
    this.threshold = checkNumber('Threshold', 'threshold', args[0]);
    this.value = checkNumber('Threshold', 'value', args[1]);
  }

  override forward(input: Tensor): Tensor {
    return functional.threshold(input, this.threshold, this.value, this.inplace);
  }

  override extra_repr(): string {
    return this.reprOf(`threshold=${float(this.threshold)}`, `value=${float(this.value)}`);
  }
}
