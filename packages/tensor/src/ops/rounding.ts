/** Rounding, remainders and whole quotients. https://pytorch.org/docs/stable/torch.html#pointwise-ops */
import { checkInteger } from '../arguments.js';
import { defineOp, type Op, type UnaryOp } from '../autograd/op.js';
import type { ElementwiseName } from '../backend/elementwise.js';
import { cName, isFloating } from '../dtype.js';
import { AutogradError, DTypeError, ValueError } from '../errors.js';
import { type Named, signature } from '../signature.js';
import { Tensor } from '../tensor.js';
import { div } from './arithmetic.js';
import { checkTensor, elementwise, type Operand, operandType, unary } from './kernel.js';
import { stepFunction } from './pointwise.js';

/** The greatest integer that is not above x. https://pytorch.org/docs/stable/generated/torch.floor.html */
export const floor: UnaryOp = stepFunction('floor');
/** The least integer that is not below x. https://pytorch.org/docs/stable/generated/torch.ceil.html */
export const ceil: UnaryOp = stepFunction('ceil');
/** x without its fraction. https://pytorch.org/docs/stable/generated/torch.trunc.html */
export const trunc: UnaryOp = stepFunction('trunc');
const roundToInteger: UnaryOp = stepFunction('round');

/** The fraction of x, with its sign. https://pytorch.org/docs/stable/generated/torch.frac.html */
export const frac: UnaryOp = defineOp('frac', {
  parameters: 'input',
  forward(ctx, x) {
    if (!isFloating(checkTensor('frac', 'input', x).dtype)) {
      throw new DTypeError(`frac(): "frac_cpu" not implemented for '${cName(x.dtype)}'`);
    }
    return unary('frac', x, ctx.out);
  },
  backward: (_ctx, g) => [g],
  formula: ['dx = g'],
});

const roundDecimals: Op<[input: Tensor, decimals: number], Tensor> = defineOp<[Tensor, number], Tensor>('round', {
  forward(_ctx, x, decimals) {
    if (!isFloating(x.dtype)) {
      throw new DTypeError(`round(): "round_vml_cpu" not implemented for '${cName(x.dtype)}'`);
    }
    const scale = 10 ** Math.abs(decimals);
    return decimals > 0 ? x.mul(scale).round().div(scale) : x.div(scale).round().mul(scale);
  },
  backward: (_ctx, g) => [g.mul(0)],
  formula: ['dx = 0'],
  grad_name: 'RoundBackward1',
});

export interface RoundOptions {
  /** Digits behind the point; negative ones before it. */
  readonly decimals?: number;
}

const bindDecimals = (input: Tensor, decimals: unknown): number => {
  checkTensor('round', 'input', input);
  return checkInteger('round', 'decimals', decimals ?? 0);
};

/** The nearest integer, or multiple of 10^−decimals; halves go to the even one. https://pytorch.org/docs/stable/generated/torch.round.html */
export const round: (input: Tensor, options?: RoundOptions) => Tensor = signature(
  'round(input, *, decimals?)',
  (input, given) => {
    const decimals = bindDecimals(input, given);
    return given === undefined ? roundToInteger(input) : roundDecimals(input, decimals);
  },
);
/** `round` in place. */
export const round_: (input: Tensor, options?: RoundOptions) => Tensor = signature(
  'round_(input, *, decimals?)',
  (input, given) => {
    const decimals = bindDecimals(input, given);
    return given === undefined ? roundToInteger.inplace(input) : roundDecimals.inplace(input, decimals);
  },
);

type RemainderOp = Op<[input: Tensor, other: Named<'other', Operand>], Tensor>;
type NumberFirst = Op<[input: Operand, other: Operand], Tensor>;

const hasZero = (y: Operand): boolean => (y instanceof Tensor ? y.toArray().includes(0) : Number(y) === 0);

const remainderOf = (
  name: 'fmod' | 'remainder',
  rounding: 'trunc' | 'floor',
  formula: string,
  gradNames: [string, string],
): NumberFirst =>
  defineOp<[Operand, Operand], Tensor, { y: Operand | null; scalar: boolean }>(name, {
    forward(ctx, x, y) {
      const dtype = operandType(name, x, y);
      if (dtype === 'bool') throw new DTypeError(`${name}(): "${name}_cpu" not implemented for 'Bool'`);
      if (!isFloating(dtype) && hasZero(y)) throw new ValueError(`${name}(): ZeroDivisionError`);
      if (y instanceof Tensor) {
        if (x instanceof Tensor) ctx.save_for_backward(x, y);
        else ctx.save_for_backward(y);
      }
      ctx.state = { y: y instanceof Tensor ? (x instanceof Tensor ? null : x) : y, scalar: !(y instanceof Tensor) };
      return elementwise(name, name satisfies ElementwiseName, [x, y], dtype, ctx.out);
    },
    backward(ctx, g) {
      if (ctx.state.scalar || !ctx.needs_input_grad[1]) return [g, null];
      const saved = ctx.saved_tensors;
      const y = saved[saved.length - 1];
      const x = saved.length === 2 ? saved[0] : y.new_full([], Number(ctx.state.y));
      return [g, g.neg().mul(div(x, y, { rounding_mode: rounding }))];
    },
    formula: ['dx = g', formula],
    grad_name: (ctx) => gradNames[ctx.state.scalar ? 0 : 1],
  });

const fmodOp = remainderOf('fmod', 'trunc', 'dy = −g · trunc(x / y)', ['FmodBackward0', 'FmodBackward1']);
const remainderOp = remainderOf('remainder', 'floor', 'dy = −g · ⌊x / y⌋', [
  'RemainderBackward0',
  'RemainderBackward1',
]);

/** The remainder of division, with the sign of `input` (C's fmod). https://pytorch.org/docs/stable/generated/torch.fmod.html */
export const fmod: (input: Tensor, other: Named<'other', Operand>) => Tensor = signature(
  'fmod(input, other)',
  (input, other) => fmodOp(checkTensor('fmod', 'input', input), other),
);
/** The remainder of division, with the sign of `other` (Python's %). https://pytorch.org/docs/stable/generated/torch.remainder.html */
export const remainder: (input: Operand, other: Named<'other', Operand>) => Tensor = signature(
  'remainder(input, other)',
  (input, other) => remainderOp(input, other),
);
/** `fmod` in place. */
export const fmod_: (input: Tensor, other: Named<'other', Operand>) => Tensor = signature(
  'fmod_(input, other)',
  (input, other) => fmodOp.inplace(input, other),
);
/** `remainder` in place. */
export const remainder_: (input: Tensor, other: Named<'other', Operand>) => Tensor = signature(
  'remainder_(input, other)',
  (input, other) => remainderOp.inplace(input, other),
);

const wholeQuotient = (name: string): RemainderOp =>
  defineOp<Parameters<RemainderOp>, Tensor>(name, {
    parameters: 'input, other',
    forward: (_ctx, x, y) => div(checkTensor(name, 'input', x), y, { rounding_mode: 'floor' }),
    backward() {
      throw new AutogradError(`the derivative for '${name}' is not implemented.`);
    },
    formula: ['dx = not implemented', 'dy = not implemented'],
  });

/** ⌊input / other⌋, whose derivative is an error. https://pytorch.org/docs/stable/generated/torch.floor_divide.html */
export const floor_divide: RemainderOp = wholeQuotient('floor_divide');

export const floor_: UnaryOp['inplace'] = floor.inplace;
export const ceil_: UnaryOp['inplace'] = ceil.inplace;
export const trunc_: UnaryOp['inplace'] = trunc.inplace;
export const frac_: UnaryOp['inplace'] = frac.inplace;
export const floor_divide_: RemainderOp['inplace'] = floor_divide.inplace;
