import { defineOp, type Op } from '../autograd/op.js';
import { cName, isFloating, promote_types } from '../dtype.js';
import { DTypeError } from '../errors.js';
import { broadcastShapes, numelOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { checkSameDevice, checkTensor } from './kernel.js';
import { type LossOptions, type Reduction, reduceLoss } from './loss.js';

/** Arguments by position, any of which may be the trailing options object. */
export type Arguments<T extends readonly unknown[], O> = { [K in keyof T]?: T[K] | O };
/** `size_average`, `reduce` and `reduction`, as most losses end. */
export type Reducing = [size_average: boolean | null, reduce: boolean | null, reduction: Reduction];

/** Constants of a loss: numbers, and tensors that have no gradient. */
type Constants = readonly (number | Tensor | null)[];
export type LossOp<C extends Constants> = (input: Tensor, target: Tensor, reduction: Reduction, constants: C) => Tensor;

/** In a box, so that no tensor among them is taken for an argument. */
interface Box<C> {
  readonly values: C;
}

interface LossDefinition<C extends Constants> {
  readonly each: (x: Tensor, y: Tensor, ...constants: C) => Tensor;
  /** The derivatives of `each` with respect to input and target. */
  readonly slopes: readonly [
    (x: Tensor, y: Tensor, ...constants: C) => Tensor,
    (x: Tensor, y: Tensor, ...constants: C) => Tensor,
  ];
  readonly formula: readonly [string, string];
}

/** An elementwise loss and its mean, sum or neither, as one op. */
export function defineLoss<C extends Constants>(name: string, definition: LossDefinition<C>): LossOp<C> {
  const { each, slopes, formula } = definition;
  const op: Op<[Tensor, Tensor, Reduction, Box<C>], Tensor> = defineOp<
    [Tensor, Tensor, Reduction, Box<C>],
    Tensor,
    { reduction: Reduction; constants: C }
  >(name, {
    forward(ctx, x, y, reduction, { values: constants }) {
      ctx.state = { reduction, constants };
      ctx.save_for_backward(x, y);
      return reduceLoss(each(x, y, ...constants), reduction);
    },
    backward(ctx, g) {
      const [x, y] = ctx.saved_tensors;
      const { reduction, constants } = ctx.state;
      const n = numelOf(broadcastShapes(name, x.shape, y.shape));
      const h = reduction === 'mean' ? g.div(n) : g;
      return slopes.map((slope, i) => (ctx.needs_input_grad[i] ? slope(x, y, ...constants).mul(h) : null));
    },
    formula: formula.map((line) => `${line} (g / n for the mean)`),
  });
  return (x, y, reduction, values) => op(x, y, reduction, { values });
}

/** Tensors of one floating dtype. @throws DTypeError when none of them is floating. */
export function floatingPair(op: string, input: Tensor, target: Tensor): [Tensor, Tensor] {
  checkSameDevice(op, checkTensor(op, 'input', input), checkTensor(op, 'target', target));
  const dtype = promote_types(input.dtype, target.dtype);
  if (!isFloating(dtype)) throw new DTypeError(`${op}(): not implemented for '${cName(dtype)}'`);
  return [input.to(dtype), target.to(dtype)];
}

export type { LossOptions };
