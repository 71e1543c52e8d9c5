/** Nonlinearities. https://pytorch.org/docs/stable/nn.functional.html#non-linear-activation-functions */
import { checkBoolean } from '../arguments.js';
import { defineOp, type Op, type UnaryOp } from '../autograd/op.js';
import { DTypeError } from '../errors.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { binary, checkTensor, floatUnary, unary } from './kernel.js';

/**
 * An activation's derivative in one pass over memory, itself differentiable: `f(g, y)` for a gradient `g` and the
 * activation's result `y`.
 */
export type ActivationBackward = Op<[grad: Tensor, result: Tensor], Tensor>;

/** The gradient that {@link relu} passes on. */
export const relu_backward: ActivationBackward = defineOp('relu_backward', {
  forward(ctx, g, y) {
    ctx.save_for_backward(y);
    return binary('relu_backward', 'relu_backward', g, y);
  },
  backward: (ctx, gg) => [relu_backward(gg, ctx.saved_tensors[0]), null],
  formula: ['dg = g · [y > 0]', 'dy = 0'],
  grad_name: 'ThresholdBackwardBackward0',
});

/** Rectified linear unit, max(x, 0). The derivative at 0 is 0. https://pytorch.org/docs/stable/generated/torch.nn.functional.relu.html */
export const relu: UnaryOp = defineOp('relu', {
  parameters: 'input',
  forward(ctx, x) {
    if (checkTensor('relu', 'input', x).dtype === 'bool')
      throw new DTypeError('relu(): Boolean inputs not supported for relu');
    return ctx.save_for_backward(unary('relu', x, ctx.out));
  },
  backward: (ctx, g) => [relu_backward(g, ctx.saved_tensors[0])],
  formula: ['dx = g · [x > 0]'],
});

const tanh_backward: ActivationBackward = defineOp('tanh_backward', {
  forward(ctx, g, y) {
    ctx.save_for_backward(g, y);
    return binary('tanh_backward', 'tanh_backward', g, y);
  },
  backward(ctx, gg) {
    const [g, y] = ctx.saved_tensors;
    return [tanh_backward(gg, y), ctx.needs_input_grad[1] ? gg.mul(g).mul(y).mul(-2) : null];
  },
  formula: ['dg = g · (1 − y²)', 'dy = −2 · g · gradient · y'],
});

/** tanh x. https://pytorch.org/docs/stable/generated/torch.tanh.html */
export const tanh: UnaryOp = defineOp('tanh', {
  parameters: 'input',
  forward: (ctx, x) => ctx.save_for_backward(floatUnary('tanh', checkTensor('tanh', 'input', x), ctx.out)),
  backward: (ctx, g) => [tanh_backward(g, ctx.saved_tensors[0])],
  formula: ['dx = g · (1 − y²)'],
});

const sigmoid_backward: ActivationBackward = defineOp('sigmoid_backward', {
  forward(ctx, g, y) {
    ctx.save_for_backward(g, y);
    return binary('sigmoid_backward', 'sigmoid_backward', g, y);
  },
  backward(ctx, gg) {
    const [g, y] = ctx.saved_tensors;
    return [sigmoid_backward(gg, y), ctx.needs_input_grad[1] ? gg.mul(g).mul(y.mul(-2).add(1)) : null];
  },
  formula: ['dg = g · y · (1 − y)', 'dy = g · gradient · (1 − 2y)'],
});

/** 1 / (1 + e^−x). https://pytorch.org/docs/stable/generated/torch.sigmoid.html */
export const sigmoid: UnaryOp = defineOp('sigmoid', {
  parameters: 'input',
  forward: (ctx, x) => ctx.save_for_backward(floatUnary('sigmoid', checkTensor('sigmoid', 'input', x), ctx.out)),
  backward: (ctx, g) => [sigmoid_backward(g, ctx.saved_tensors[0])],
  formula: ['dx = g · y · (1 − y)'],
});

export const relu_: UnaryOp['inplace'] = relu.inplace;
export const tanh_: UnaryOp['inplace'] = tanh.inplace;
export const sigmoid_: UnaryOp['inplace'] = sigmoid.inplace;

export interface InplaceOptions {
  readonly inplace?: boolean;
}

/** `nn.functional.relu`, with its `inplace` argument. */
export const functionalRelu: (input: Tensor, inplace?: boolean | InplaceOptions) => Tensor = signature(
  'relu(input, inplace?)',
  (input, flag) => (checkBoolean('relu', 'inplace', flag ?? false) ? relu_(input) : relu(input)),
);
