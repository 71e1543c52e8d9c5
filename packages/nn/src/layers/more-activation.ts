import { type Device, type DType, full, functional, type Tensor } from '@torchlet/tensor';
import { bindArguments, checkInteger, checkNumber } from '@torchlet/tensor/internal';
import * as init from '../init.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';
import { float, show } from '../repr.js';

/** ln σ(x). https://pytorch.org/docs/stable/generated/torch.nn.LogSigmoid.html */
export class LogSigmoid extends Module {
  override forward(input: Tensor): Tensor {
    return functional.logsigmoid(input);
  }
}

/** x / (1 + |x|). https://pytorch.org/docs/stable/generated/torch.nn.Softsign.html */
export class Softsign extends Module {
  override forward(input: Tensor): Tensor {
    return functional.softsign(input);
  }
}

/** x − tanh x. https://pytorch.org/docs/stable/generated/torch.nn.Tanhshrink.html */
export class Tanhshrink extends Module {
  override forward(input: Tensor): Tensor {
    return functional.tanhshrink(input);
  }
}

/** x where |x| > lambd, else 0. https://pytorch.org/docs/stable/generated/torch.nn.Hardshrink.html */
export class Hardshrink extends Module {
  lambd: number;

  constructor(...args: [lambd?: number | { readonly lambd?: number }]) {
    super();
    const [width] = bindArguments('Hardshrink', ['lambd'], args);
    this.lambd = checkNumber('Hardshrink', 'lambd', width ?? 0.5);
  }

  override forward(input: Tensor): Tensor {
    return functional.hardshrink(input, this.lambd);
  }

  override extra_repr(): string {
    return float(this.lambd);
  }
}

/** x moved towards 0 by lambd. https://pytorch.org/docs/stable/generated/torch.nn.Softshrink.html */
export class Softshrink extends Module {
  lambd: number;

  constructor(...args: [lambd?: number | { readonly lambd?: number }]) {
    super();
    const [width] = bindArguments('Softshrink', ['lambd'], args);
    this.lambd = checkNumber('Softshrink', 'lambd', width ?? 0.5);
  }

  override forward(input: Tensor): Tensor {
    return functional.softshrink(input, this.lambd);
  }

  override extra_repr(): string {
    return float(this.lambd);
  }
}

export interface GELUOptions {
  readonly approximate?: 'none' | 'tanh';
}

/** x · Φ(x). https://pytorch.org/docs/stable/generated/torch.nn.GELU.html */
export class GELU extends Module {
  approximate: 'none' | 'tanh';

  constructor(...args: [approximate?: 'none' | 'tanh' | GELUOptions]) {
    super();
    const [how] = bindArguments('GELU', ['approximate'], args);
    this.approximate = (how ?? 'none') as 'none' | 'tanh';
  }

  override forward(input: Tensor): Tensor {
    return functional.gelu(input, { approximate: this.approximate });
  }

  override extra_repr(): string {
    return `approximate='${this.approximate}'`;
  }
}

export interface SoftplusOptions {
  readonly beta?: number;
  readonly threshold?: number;
}

/** ln(1 + e^(beta · x)) / beta. https://pytorch.org/docs/stable/generated/torch.nn.Softplus.html */
export class Softplus extends Module {
  beta: number;
  threshold: number;

  constructor(...given: [beta?: number | SoftplusOptions, threshold?: number | SoftplusOptions]) {
    super();
    const args = bindArguments('Softplus', ['beta', 'threshold'], given);
    this.beta = checkNumber('Softplus', 'beta', args[0] ?? 1);
    this.threshold = checkNumber('Softplus', 'threshold', args[1] ?? 20);
  }

  override forward(input: Tensor): Tensor {
    return functional.softplus(input, this.beta, this.threshold);
  }

  override extra_repr(): string {
    return `beta=${float(this.beta)}, threshold=${float(this.threshold)}`;
  }
}

export interface PReLUOptions {
  /** 1, or one for each channel. */
  readonly num_parameters?: number;
  readonly init?: number;
  readonly device?: Device | null;
  readonly dtype?: DType | null;
}

/** x, and weight · x below 0, the weight being learned. https://pytorch.org/docs/stable/generated/torch.nn.PReLU.html */
export class PReLU extends Module {
  num_parameters: number;
  init: number;
  weight: Parameter;

  constructor(
    ...given: [
      num_parameters?: number | PReLUOptions,
      initial?: number | PReLUOptions,
      device?: Device | null | PReLUOptions,
      dtype?: DType | null | PReLUOptions,
    ]
  ) {
    super();
    const names = ['num_parameters', 'init', 'device', 'dtype'];
    const args = bindArguments('PReLU', names, given);
    this.num_parameters = checkInteger('PReLU', 'num_parameters', args[0] ?? 1, 1);
    this.init = checkNumber('PReLU', 'init', args[1] ?? 0.25);
    const options = { device: args[2] as Device | null, dtype: args[3] as DType | null };
    this.weight = new Parameter(full([this.num_parameters], this.init, options));
  }

  reset_parameters(): void {
    init.constant_(this.weight, this.init);
  }

  override forward(input: Tensor): Tensor {
    return functional.prelu(input, this.weight);
  }

  override extra_repr(): string {
    return `num_parameters=${this.num_parameters}`;
  }
}

/** a · σ(b) for the halves a, b of the input along `dim`. https://pytorch.org/docs/stable/generated/torch.nn.GLU.html */
export class GLU extends Module {
  dim: number;

  constructor(...args: [dim?: number | { readonly dim?: number }]) {
    super();
    const [d] = bindArguments('GLU', ['dim'], args);
    this.dim = checkInteger('GLU', 'dim', d ?? -1);
  }

  override forward(input: Tensor): Tensor {
    return functional.glu(input, this.dim);
  }

  override extra_repr(): string {
    return `dim=${this.dim}`;
  }
}

/** softmax(−x) along `dim`. https://pytorch.org/docs/stable/generated/torch.nn.Softmin.html */
export class Softmin extends Module {
  dim: number | null;

  constructor(...args: [dim?: number | null | { readonly dim?: number | null }]) {
    super();
    const [d] = bindArguments('Softmin', ['dim'], args);
    this.dim = d === undefined || d === null ? null : checkInteger('Softmin', 'dim', d);
  }

  override forward(input: Tensor): Tensor {
    return functional.softmin(input, this.dim);
  }

  override extra_repr(): string {
    return `dim=${show(this.dim)}`;
  }
}
