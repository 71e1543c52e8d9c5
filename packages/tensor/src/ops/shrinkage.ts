/** Shrinkages, gates, and the activation with a learned slope. */
import { checkInteger, checkNumber } from '../arguments.js';
import { defineOp, type Op } from '../autograd/op.js';
import { cName, type DType, isFloating } from '../dtype.js';
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { wrapDim } from '../shape.js';
import { type Named, signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { type Activation, activation } from './activation-op.js';
import { where } from './comparison.js';
import { cat } from './joining.js';
import { checkSameDevice, checkSameDType, checkTensor } from './kernel.js';
import { type FunctionalSoftmaxOptions, functionalSoftmax } from './softmax.js';

export interface LambdaOptions {
  readonly lambd?: number;
}

const hardshrinkOp: Activation<[lambd: number]> = activation('hardshrink', {
  forward: (x, _out, lambd) => where(x.ge(-lambd).mul(x.le(lambd)), 0, x),
  derivative: (x, lambd) => x.ge(-lambd).mul(x.le(lambd)).logical_not().to(x.dtype),
  formula: 'dx = g · [|x| > lambd]',
});

/** x where |x| > lambd, else 0. https://pytorch.org/docs/stable/generated/torch.nn.functional.hardshrink.html */
export const hardshrink: (input: Tensor, lambd?: number | LambdaOptions) => Tensor = signature(
  'hardshrink(input, lambd?)',
  (input, l) => {
    checkTensor('hardshrink', 'input', input);
    return hardshrinkOp(input, checkNumber('hardshrink', 'lambd', l ?? 0.5));
  },
);

const softshrinkOp: Activation<[lambd: number]> = activation('softshrink', {
  forward: (x, _out, lambd) => where(x.gt(lambd), x.sub(lambd), where(x.lt(-lambd), x.add(lambd), x.mul(0))),
  derivative: (x, lambd) => x.ge(-lambd).mul(x.le(lambd)).logical_not().to(x.dtype),
  formula: 'dx = g · [|x| > lambd]',
});

/** x moved towards 0 by lambd. https://pytorch.org/docs/stable/generated/torch.nn.functional.softshrink.html */
export const softshrink: (input: Tensor, lambd?: number | LambdaOptions) => Tensor = signature(
  'softshrink(input, lambd?)',
  (input, l) => {
    checkTensor('softshrink', 'input', input);
    const width = checkNumber('softshrink', 'lambd', l ?? 0.5);
    if (width < 0) throw new ValueError(`lambda must be greater or equal to 0, but found to be ${width}.`);
    return softshrinkOp(input, width);
  },
);

const preluOp: Op<[input: Tensor, weight: Tensor], Tensor> = defineOp('prelu', {
  forward(ctx, x, weight) {
    ctx.save_for_backward(x, weight);
    return where(x.gt(0), x, x.mul(weight));
  },
  backward(ctx, g) {
    const [x, weight] = ctx.saved_tensors;
    const positive = x.gt(0);
    return [where(positive, g, g.mul(weight)), where(positive, 0, g.mul(x))];
  },
  formula: ['dx = g · (1 if x > 0, else weight)', 'dweight = g · min(x, 0)'],
  grad_name: 'PreluKernelBackward0',
});

/**
 * x, and weight · x below 0; weight has one element, or one for each channel (dimension 1).
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.prelu.html
 * @throws ShapeError when the weight does not fit.
 */
export const prelu: (input: Tensor, weight: Named<'weight', Tensor>) => Tensor = signature(
  'prelu(input, weight)',
  (input, weight) => {
    const op = 'prelu';
    checkTensor(op, 'input', input);
    checkTensor(op, 'weight', weight);
    checkSameDevice(op, input, weight);
    checkSameDType(op, input, weight);
    if (!isFloating(input.dtype))
      throw new DTypeError(`${op}(): "prelu_cpu" not implemented for '${cName(input.dtype)}'`);
    if (weight.ndim > 1) {
      throw new ShapeError(`${op}: Expected \`weight\` to be a scalar or 1D tensor, but got: ndim = ${weight.ndim}`);
    }
    if (weight.numel() === 1) return preluOp(input, weight.reshape(input.shape.map(() => 1)));
    if (input.ndim === 0) throw new ShapeError(`${op}(): Not allow zero-dim input tensor.`);
    const channels = input.ndim > 1 ? input.shape[1] : 1;
    if (weight.numel() !== channels) {
      throw new ShapeError(
        `Mismatch of parameter numbers and input channel size. Found parameter numbers = ${weight.numel()} and channel size = ${channels}.`,
      );
    }
    return preluOp(input, weight.reshape(input.shape.map((size, d) => (d === 1 ? size : 1))));
  },
);

const gluOp: Op<[input: Tensor, dim: number], Tensor> = defineOp<[Tensor, number], Tensor, number>('glu', {
  forward(ctx, x, dim) {
    ctx.state = dim;
    ctx.save_for_backward(x);
    const [a, b] = halves(x, dim);
    return a.mul(b.sigmoid());
  },
  backward(ctx, g) {
    const dim = ctx.state;
    const [a, b] = halves(ctx.saved_tensors[0], dim);
    const s = b.sigmoid();
    const da = g.mul(s);
    return [cat([da, da.mul(a).mul(s.neg().add(1))], dim)];
  },
  formula: ['dx = [g · σ(b), g · a · σ(b) · (1 − σ(b))], the halves of x being a and b'],
});

function halves(x: Tensor, dim: number): [Tensor, Tensor] {
  const n = x.shape[dim] / 2;
  return [x.narrow(dim, 0, n), x.narrow(dim, n, n)];
}

export interface GluOptions {
  readonly dim?: number;
}

/** a · σ(b) for the halves a, b of the input along `dim`. https://pytorch.org/docs/stable/generated/torch.nn.functional.glu.html */
export const glu: (input: Tensor, dim?: number | GluOptions) => Tensor = signature('glu(input, dim?)', (input, d) => {
  const op = 'glu';
  if (checkTensor(op, 'input', input).ndim === 0)
    throw new ShapeError('glu does not support scalars because halving size must be even');
  const at = wrapDim(op, checkInteger(op, 'dim', d ?? -1), input.ndim);
  if (input.shape[at] % 2 !== 0) {
    throw new ShapeError(`Halving dimension must be even, but dimension ${at} is size ${input.shape[at]}`);
  }
  if (!isFloating(input.dtype)) throw new DTypeError(`${op}(): "glu_cpu" not implemented for '${cName(input.dtype)}'`);
  return gluOp(input, at);
});

/** softmax(−x). https://pytorch.org/docs/stable/generated/torch.nn.functional.softmin.html */
export const softmin: (
  input: Tensor,
  dim?: number | null | FunctionalSoftmaxOptions,
  _stacklevel?: number | FunctionalSoftmaxOptions,
  dtype?: DType | null | FunctionalSoftmaxOptions,
) => Tensor = signature('softmin(input, dim?, _stacklevel?, dtype?)', (input, dim, _stacklevel, dtype) =>
  functionalSoftmax(checkTensor('softmin', 'input', input).neg(), dim, _stacklevel, dtype),
);
