/** Smooth nonlinearities. https://pytorch.org/docs/stable/nn.functional.html#non-linear-activation-functions */
import { checkNumber } from '../arguments.js';
import type { UnaryOp } from '../autograd/op.js';
import { ValueError } from '../errors.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import type { InplaceOptions } from './activation.js';
import { type Activation, activation, runActivation } from './activation-op.js';
import { where } from './comparison.js';
import { checkTensor, elementwise, unary } from './kernel.js';

/** The distribution function of N(0, 1), and its density. */
const normalCdf = (x: Tensor): Tensor => x.mul(Math.SQRT1_2).erf().add(1).mul(0.5);
const normalDensity = (x: Tensor): Tensor =>
  x
    .mul(x)
    .mul(-0.5)
    .exp()
    .div(Math.sqrt(2 * Math.PI));

const geluExact: Activation<[]> = activation('gelu', {
  forward: (x, out) => unary('gelu', x, out),
  derivative: (x) => normalCdf(x).add(x.mul(normalDensity(x))),
  backwardKernel: 'gelu_backward',
  formula: 'dx = g · (Φ(x) + x · φ(x))',
});

const ROOT = Math.sqrt(2 / Math.PI);

const geluTanh: Activation<[]> = activation('gelu', {
  forward: (x, out) => unary('gelu_tanh', x, out),
  derivative(x) {
    const t = x
      .mul(ROOT)
      .add(x.pow(3).mul(0.044715 * ROOT))
      .tanh();
    const inner = x
      .mul(x)
      .mul(3 * 0.044715)
      .add(1)
      .mul(ROOT);
    return t
      .add(1)
      .mul(0.5)
      .add(x.mul(0.5).mul(t.mul(t).neg().add(1)).mul(inner));
  },
  backwardKernel: 'gelu_tanh_backward',
  formula: 'dx = g · ((1 + t) / 2 + x / 2 · (1 − t²) · u′) with t = tanh u, u = √(2/π) · (x + 0.044715 x³)',
});

export interface GeluOptions {
  readonly approximate?: 'none' | 'tanh';
}

/**
 * x · Φ(x); with `approximate: 'tanh'` by a formula that needs no error function.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.gelu.html
 * @throws ValueError for another approximation, DTypeError for integers.
 */
export const gelu: (input: Tensor, options?: GeluOptions) => Tensor = signature(
  'gelu(input, approximate?)',
  (input, how = 'none') => {
    checkTensor('gelu', 'input', input);
    if (how !== 'none' && how !== 'tanh') {
      throw new ValueError(`gelu(): approximate argument must be either none or tanh, got ${String(how)}`);
    }
    return (how === 'tanh' ? geluTanh : geluExact)(input);
  },
);

const siluOp: Activation<[]> = activation('silu', {
  forward: (x, out) => unary('silu', x, out),
  derivative(x) {
    const s = x.sigmoid();
    return s.mul(x.mul(s.neg().add(1)).add(1));
  },
  backwardKernel: 'silu_backward',
  formula: 'dx = g · σ(x) · (1 + x · (1 − σ(x)))',
});

/** x · σ(x). https://pytorch.org/docs/stable/generated/torch.nn.functional.silu.html */
export const silu: (input: Tensor, inplace?: boolean | InplaceOptions) => Tensor = signature(
  'silu(input, inplace?)',
  (input, inplace) => runActivation('silu', siluOp, input, [], [inplace]),
);

const mishOp: Activation<[]> = activation('mish', {
  forward: (x, out) => unary('mish', x, out),
  derivative(x) {
    const t = softplusOp(x, 1, 20).tanh();
    return t.add(x.mul(t.mul(t).neg().add(1)).mul(x.sigmoid()));
  },
  formula: 'dx = g · (t + x · (1 − t²) · σ(x)) with t = tanh(softplus x)',
});

/** x · tanh(softplus x). https://pytorch.org/docs/stable/generated/torch.nn.functional.mish.html */
export const mish: (input: Tensor, inplace?: boolean | InplaceOptions) => Tensor = signature(
  'mish(input, inplace?)',
  (input, inplace) => runActivation('mish', mishOp, input, [], [inplace]),
);

const softplusOp: Activation<[beta: number, threshold: number]> = activation('softplus', {
  forward: (x, out, beta, threshold) => elementwise('softplus', 'softplus', [x, beta, threshold], x.dtype, out),
  derivative(x, beta, threshold) {
    const z = x.mul(beta);
    // the corner has no second derivative
    return where(z.gt(threshold), 1, where(z.ge(threshold), threshold, z).sigmoid()).to(x.dtype);
  },
  formula: 'dx = g · σ(beta · x), g above the threshold',
});

export interface SoftplusOptions {
  readonly beta?: number;
  readonly threshold?: number;
}

/**
 * ln(1 + e^(beta · x)) / beta; x itself where beta · x > threshold.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.softplus.html
 */
export const softplus: (
  input: Tensor,
  beta?: number | SoftplusOptions,
  threshold?: number | SoftplusOptions,
) => Tensor = signature('softplus(input, beta?, threshold?)', (input, b, t) => {
  checkTensor('softplus', 'input', input);
  return softplusOp(input, checkNumber('softplus', 'beta', b ?? 1), checkNumber('softplus', 'threshold', t ?? 20));
});

/** ln σ(x), without overflow. https://pytorch.org/docs/stable/generated/torch.nn.functional.logsigmoid.html */
export const logsigmoid: UnaryOp = activation<[]>('log_sigmoid', {
  parameters: 'input',
  forward: (x, out) => unary('log_sigmoid', x, out),
  derivative: (x) => x.neg().sigmoid(),
  formula: 'dx = g · σ(−x)',
});

/** x / (1 + |x|). https://pytorch.org/docs/stable/generated/torch.nn.functional.softsign.html */
export const softsign: (input: Tensor) => Tensor = signature('softsign(input)', (input) =>
  checkTensor('softsign', 'input', input).div(input.abs().add(1)),
);

/** x − tanh x. https://pytorch.org/docs/stable/generated/torch.nn.functional.tanhshrink.html */
export const tanhshrink: (input: Tensor) => Tensor = signature('tanhshrink(input)', (input) =>
  checkTensor('tanhshrink', 'input', input).sub(input.tanh()),
);
