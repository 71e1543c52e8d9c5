/** Exponentials, logarithms, roots and absolute values. https://pytorch.org/docs/stable/torch.html#pointwise-ops */
import { defineOp, type UnaryOp } from '../autograd/op.js';
import { DTypeError } from '../errors.js';
import { cast, checkTensor, floatUnary, unary } from './kernel.js';

/** e^x. https://pytorch.org/docs/stable/generated/torch.exp.html */
export const exp: UnaryOp = defineOp('exp', {
  parameters: 'input',
  forward: (ctx, x) => ctx.save_for_backward(floatUnary('exp', checkTensor('exp', 'input', x), ctx.out)),
  backward: (ctx, g) => [g.mul(ctx.saved_tensors[0])],
  formula: ['dx = g · y'],
});

/** ln x: −∞ at 0, NaN below. https://pytorch.org/docs/stable/generated/torch.log.html */
export const log: UnaryOp = defineOp('log', {
  parameters: 'input',
  forward(ctx, x) {
    ctx.save_for_backward(checkTensor('log', 'input', x));
    return floatUnary('log', x, ctx.out);
  },
  backward: (ctx, g) => [g.div(ctx.saved_tensors[0])],
  formula: ['dx = g / x'],
});

/** √x: NaN below 0; the derivative at 0 is ∞. https://pytorch.org/docs/stable/generated/torch.sqrt.html */
export const sqrt: UnaryOp = defineOp('sqrt', {
  parameters: 'input',
  forward: (ctx, x) => ctx.save_for_backward(floatUnary('sqrt', checkTensor('sqrt', 'input', x), ctx.out)),
  backward: (ctx, g) => [g.div(ctx.saved_tensors[0].mul(2))],
  formula: ['dx = g / 2y'],
});

/** |x|; the derivative at 0 is 0. https://pytorch.org/docs/stable/generated/torch.abs.html */
export const abs: UnaryOp = defineOp('abs', {
  parameters: 'input',
  forward(ctx, x) {
    if (checkTensor('abs', 'input', x).dtype === 'bool') throw new DTypeError("abs(): not supported for dtype 'bool'");
    ctx.save_for_backward(x);
    return unary('abs', x, ctx.out);
  },
  backward: (ctx, g) => [g.mul(ctx.saved_tensors[0].sign())],
  formula: ['dx = g · sign x'],
});

/** −1, 0 or 1. https://pytorch.org/docs/stable/generated/torch.sign.html */
export const sign: UnaryOp = defineOp('sign', {
  parameters: 'input',
  forward: (ctx, x) => unary('sign', checkTensor('sign', 'input', x), ctx.out),
  backward: (_ctx, g) => [g.mul(0)],
  formula: ['dx = 0'],
});

/** Whether an element is 0, as bool. https://pytorch.org/docs/stable/generated/torch.logical_not.html */
export const logical_not: UnaryOp = defineOp('logical_not', {
  parameters: 'input',
  forward: (_ctx, x) => unary('logical_not', cast(checkTensor('logical_not', 'input', x), 'bool')),
  backward: null,
  formula: ['not differentiable'],
});

export const exp_: UnaryOp['inplace'] = exp.inplace;
export const log_: UnaryOp['inplace'] = log.inplace;
export const sqrt_: UnaryOp['inplace'] = sqrt.inplace;
export const abs_: UnaryOp['inplace'] = abs.inplace;
export const sign_: UnaryOp['inplace'] = sign.inplace;
