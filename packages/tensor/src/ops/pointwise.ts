/** What the families of pointwise functions are made of. */
import { defineOp, type UnaryOp } from '../autograd/op.js';
import type { ElementwiseName } from '../backend/elementwise.js';
import { isFloating } from '../dtype.js';
import type { Tensor } from '../tensor.js';
import { cast, checkTensor, floatUnary, unary } from './kernel.js';

/** A floating-point function of one operand whose derivative is known from its argument. Integers become float32. */
export const fromInput = (
  name: ElementwiseName,
  formula: string,
  derivative: (g: Tensor, x: Tensor) => Tensor,
  grad_name?: string,
): UnaryOp =>
  defineOp(name, {
    parameters: 'input',
    ...(grad_name === undefined ? {} : { grad_name }),
    forward(ctx, x) {
      ctx.save_for_backward(checkTensor(name, 'input', x));
      return floatUnary(name, x, ctx.out);
    },
    backward: (ctx, g) => [derivative(g, ctx.saved_tensors[0])],
    formula: [formula],
  });

/** The same for a derivative that is known from the result. */
export const fromOutput = (
  name: ElementwiseName,
  formula: string,
  derivative: (g: Tensor, y: Tensor) => Tensor,
): UnaryOp =>
  defineOp(name, {
    parameters: 'input',
    forward: (ctx, x) => ctx.save_for_backward(floatUnary(name, checkTensor(name, 'input', x), ctx.out)),
    backward: (ctx, g) => [derivative(g, ctx.saved_tensors[0])],
    formula: [formula],
  });

/** Rounding: nothing happens to integers, and the derivative is 0. */
export const stepFunction = (name: ElementwiseName): UnaryOp =>
  defineOp(name, {
    parameters: 'input',
    forward(ctx, x) {
      checkTensor(name, 'input', x);
      return isFloating(x.dtype) ? unary(name, x, ctx.out) : copyOf(x);
    },
    backward: (_ctx, g) => [g.mul(0)],
    formula: ['dx = 0'],
  });

const copyOf = (x: Tensor): Tensor => unary('copy', cast(x, x.dtype));
