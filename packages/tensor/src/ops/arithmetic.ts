/** Sums, products, quotients and powers. https://pytorch.org/docs/stable/torch.html#pointwise-ops */
import { gradMode } from '../autograd/grad-mode.js';
import { type Context, defineOp, type Op, type UnaryOp } from '../autograd/op.js';
import type { ElementwiseName } from '../backend/elementwise.js';
import { type DType, isFloating, toFloating } from '../dtype.js';
import { DTypeError, ValueError } from '../errors.js';
import { type Named, signature } from '../signature.js';
import { Tensor } from '../tensor.js';
import { binary, checkTensor, elementwise, type Operand, operandType, unary } from './kernel.js';

/** `alpha`: a factor for the second operand, 1 unless given. */
export interface AlphaOptions {
  readonly alpha?: number;
}

export type AddOp = Op<[input: Tensor, other: Named<'other', Operand, AlphaOptions>, options?: AlphaOptions], Tensor>;
export type BinaryOp = Op<[input: Tensor, other: Named<'other', Operand>], Tensor>;

function readAlpha(op: string, alpha: unknown, x: Operand, y: Operand): number {
  if (typeof alpha !== 'number')
    throw new ValueError(`${op}(): argument 'alpha' must be a number, got ${String(alpha)}`);
  if (!Number.isInteger(alpha) && !isFloating(operandType(op, x, y))) {
    throw new DTypeError(`${op}(): For integral input tensors, argument alpha must not be a floating point number.`);
  }
  return alpha;
}

function scaledSum(op: string, x: Tensor, y: Operand, alpha: number, out: Tensor | null): Tensor {
  if (x instanceof Tensor && x.is_sparse) return x.add(y, { alpha });
  checkTensor(op, 'input', x);
  if (y instanceof Tensor && y.addedTo !== undefined) return y.addedTo(x, alpha);
  if (alpha === 1) return binary(op, 'add', x, y, out);
  if (alpha === -1) return binary(op, 'sub', x, y, out);
  return elementwise(op, 'add_scaled', [x, y, alpha], operandType(op, x, y), out);
}

/** `input + alpha · other`. https://pytorch.org/docs/stable/generated/torch.add.html */
export const add: AddOp = defineOp<Parameters<AddOp>, Tensor, number>('add', {
  parameters: 'input, other, *, alpha?',
  forward(ctx, x, y, alpha) {
    ctx.state = alpha === undefined ? 1 : readAlpha('add', alpha, x, y);
    return scaledSum('add', x, y, ctx.state, ctx.out);
  },
  backward: (ctx, g) => [g, ctx.needs_input_grad[1] ? (ctx.state === 1 ? g : g.mul(ctx.state)) : null],
  formula: ['dx = g', 'dy = alpha · g'],
  wrapsNumbers: true,
});

const isBool = (x: Operand): boolean => typeof x === 'boolean' || (x instanceof Tensor && x.dtype === 'bool');

/** @throws DTypeError where a bool takes part. */
function checkSubtraction(x: Tensor, y: Operand): void {
  if (isBool(x) && isBool(y)) {
    throw new DTypeError(
      'sub(): Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` ' +
        'operator instead.',
    );
  }
  if (isBool(x) || isBool(y)) {
    throw new DTypeError(
      'sub(): Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use ' +
        'the `~` or `logical_not()` operator instead.',
    );
  }
}

/** `input − alpha · other`. https://pytorch.org/docs/stable/generated/torch.sub.html */
export const sub: AddOp = defineOp<Parameters<AddOp>, Tensor, number>('sub', {
  parameters: 'input, other, *, alpha?',
  forward(ctx, x, y, alpha) {
    checkSubtraction(checkTensor('sub', 'input', x), y);
    ctx.state = alpha === undefined ? 1 : readAlpha('sub', alpha, x, y);
    return scaledSum('sub', x, y, -ctx.state, ctx.out);
  },
  backward: (ctx, g) => [g, ctx.needs_input_grad[1] ? g.mul(-ctx.state) : null],
  formula: ['dx = g', 'dy = −alpha · g'],
  wrapsNumbers: true,
});

/** What a product's derivative needs: a number as it is, `'saved'` for a saved tensor, null for what is never read. */
type Kept = readonly (number | 'saved' | null)[];

function keep(ctx: Context<Kept>, operands: readonly Operand[], wanted: readonly boolean[]): void {
  const state = new Array<number | 'saved' | null>(operands.length);
  for (let i = 0; i < state.length; i++) {
    const x = operands[i];
    if (!wanted[i]) state[i] = null;
    else if (typeof x !== 'object') state[i] = Number(x);
    else {
      ctx.save_for_backward(x);
      state[i] = 'saved';
    }
  }
  ctx.state = state;
}

function kept(ctx: Context<Kept>): Operand[] {
  const { state } = ctx;
  const saved = state.includes('saved') ? ctx.saved_tensors : [];
  const operands = new Array<Operand>(state.length);
  for (let i = 0, next = 0; i < state.length; i++) {
    const x = state[i];
    operands[i] = x === 'saved' ? saved[next++] : (x ?? Number.NaN);
  }
  return operands;
}

/** `input · other`. https://pytorch.org/docs/stable/generated/torch.mul.html */
export const mul: BinaryOp = defineOp<Parameters<BinaryOp>, Tensor, Operand | null>('mul', {
  parameters: 'input, other',
  forward(ctx, x, y) {
    checkTensor('mul', 'input', x);
    const needs = ctx.needs_input_grad;
    if (needs[1]) ctx.save_for_backward(x);
    ctx.state = typeof y === 'object' ? null : y;
    if (needs[0] && y instanceof Tensor) ctx.save_for_backward(y);
    return binary('mul', 'mul', x, y, ctx.out);
  },
  backward(ctx, g) {
    const saved = ctx.saved_tensors;
    const needs = ctx.needs_input_grad;
    return [
      needs[0] ? g.mul(ctx.state ?? saved[saved.length - 1]) : null, // y was saved last
      needs[1] ? g.mul(saved[0]) : null,
    ];
  },
  formula: ['dx = g · y', 'dy = g · x'],
  wrapsNumbers: true,
});

/** `input / other`, always floating. https://pytorch.org/docs/stable/generated/torch.div.html */
const trueDivide: BinaryOp = defineOp<Parameters<BinaryOp>, Tensor, Kept>('div', {
  forward(ctx, x, y) {
    checkTensor('div', 'input', x);
    const needs = ctx.needs_input_grad;
    if (needs.length > 0) keep(ctx, [x, y], [needs[1], true]);
    return elementwise('div', 'div', [x, y], toFloating(operandType('div', x, y)), ctx.out);
  },
  backward(ctx, g) {
    const [x, y] = kept(ctx);
    const dx = g.div(y);
    return [dx, ctx.needs_input_grad[1] ? dx.div(y).mul(x).neg() : null];
  },
  formula: ['dx = g / y', 'dy = −g · x / y²'],
  wrapsNumbers: true,
});

/** `rounding_mode`: null divides, `'trunc'` rounds towards zero, `'floor'` down; both have zero gradients. */
export interface DivOptions {
  readonly rounding_mode?: 'trunc' | 'floor' | null;
}

const roundedDivide = defineOp<[Tensor, Operand, 'trunc' | 'floor'], Tensor>('div', {
  forward(ctx, x, y, mode) {
    const dtype = operandType('div', x, y);
    if (dtype === 'bool') throw new DTypeError(`div(): "div_${mode}_cpu" not implemented for 'Bool'`);
    if (!isFloating(dtype) && (y === 0 || (y instanceof Tensor && y.toArray().includes(0)))) {
      throw new ValueError('div(): ZeroDivisionError: integer division by zero');
    }
    if (mode === 'floor') return elementwise('div', 'floor_divide', [x, y], dtype, ctx.out);
    if (!isFloating(dtype)) return elementwise('div', 'trunc_divide', [x, y], dtype, ctx.out);
    // the quotient is rounded to its dtype first: 3 / 0.1 is 30 in float32
    const quotient = elementwise('div', 'div', [x, y], dtype, ctx.out);
    return elementwise('div', 'trunc', [quotient], dtype, quotient);
  },
  backward: (_ctx, g) => [g.mul(0), g.mul(0)],
  formula: ['dx = 0', 'dy = 0'],
  grad_name: 'DivBackward2',
});

export interface DivFunction {
  (input: Tensor, other: Named<'other', Operand, DivOptions>, options?: DivOptions): Tensor;
}

const readRounding = (mode: unknown = null): 'trunc' | 'floor' | null => {
  if (mode !== null && mode !== 'trunc' && mode !== 'floor') {
    throw new ValueError(
      `div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '${String(mode)}'`,
    );
  }
  return mode;
};

/** `input / other`, floating unless a `rounding_mode` is given. https://pytorch.org/docs/stable/generated/torch.div.html */
export const div: DivFunction = signature('div(input, other, *, rounding_mode?)', (input, other, rounding) => {
  const mode = rounding === undefined ? null : readRounding(rounding);
  return mode === null ? trueDivide(input, other) : roundedDivide(input, other, mode);
});

/** `div` in place. */
export const div_: DivFunction = signature('div_(input, other, *, rounding_mode?)', (input, other, rounding) => {
  const mode = readRounding(rounding);
  return mode === null ? trueDivide.inplace(input, other) : roundedDivide.inplace(input, other, mode);
});

/** `−input`. https://pytorch.org/docs/stable/generated/torch.neg.html */
export const neg: UnaryOp = defineOp('neg', {
  parameters: 'input',
  forward(ctx, x) {
    if (checkTensor('neg', 'input', x).dtype === 'bool') {
      throw new DTypeError(
        'neg(): Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use ' +
          'the `~` or `logical_not()` operator instead.',
      );
    }
    return unary('neg', x, ctx.out);
  },
  backward: (_ctx, g) => [g.neg()],
  formula: ['dx = −g'],
});

export type PowOp = Op<[input: Operand, exponent: Named<'exponent', Operand>], Tensor>;

/** `input ^ exponent`; the base or the exponent may be a number. https://pytorch.org/docs/stable/generated/torch.pow.html */
export const pow: PowOp = defineOp<Parameters<PowOp>, Tensor, Kept | number>('pow', {
  parameters: 'input, exponent',
  forward(ctx, x, y) {
    if (typeof x !== 'object') checkTensor('pow', 'exponent', y);
    const dtype = operandType('pow', x, y, 'exponent');
    if (dtype === 'bool') throw new DTypeError('pow(): "pow" not implemented for \'Bool\'');
    if (!isFloating(dtype) && typeof y === 'number' && y < 0) {
      throw new ValueError('pow(): Integers to negative integer powers are not allowed.');
    }
    const needs = ctx.needs_input_grad;
    const result = isFloating(dtype)
      ? floatPower(x, y, dtype, ctx.out)
      : elementwise('pow', 'pow_integer', [x, y, dtype === 'int64' ? 0 : 1], dtype, ctx.out);
    if (needs.length === 0) return result;
    if (x instanceof Tensor && typeof y === 'number') {
      // the everyday case, without lists
      ctx.save_for_backward(x);
      ctx.state = y;
    } else keep(ctx as Context<Kept>, [x, y, result], [true, true, needs[1]]);
    return result;
  },
  backward(ctx, g) {
    if (typeof ctx.state === 'number') return [powBase(g, ctx.saved_tensors[0], ctx.state), null];
    const [x, y, result] = kept(ctx as Context<Kept>);
    return [
      ctx.needs_input_grad[0] ? powBase(g, x as Tensor, y) : null,
      ctx.needs_input_grad[1] ? powExponent(g, x, y as Tensor, result as Tensor) : null,
    ];
  },
  formula: ['dx = g · y · x^(y − 1), 0 where y = 0', 'dy = g · x^y · ln x, 0 where x = 0 and y ≥ 0'],
  grad_name: ({ state }) => `PowBackward${typeof state === 'number' ? 0 : typeof state[0] === 'number' ? 2 : 1}`,
});

/** Exponents that PyTorch does not leave to C's pow either, which is slower and less exact. */
const EXPONENTS: ReadonlyMap<Operand, ElementwiseName> = new Map([
  [1, 'copy'],
  [0.5, 'sqrt'],
  [-0.5, 'rsqrt'],
  [-1, 'reciprocal'],
]);

function floatPower(x: Operand, y: Operand, dtype: DType, out: Tensor | null): Tensor {
  if (typeof x === 'object' && y === 2)
    return x.dtype === dtype ? binary('pow', 'mul', x, x, out) : elementwise('pow', 'mul', [x, x], dtype, out);
  const name = typeof x === 'object' ? EXPONENTS.get(y) : undefined;
  return name === undefined ? elementwise('pow', 'pow', [x, y], dtype, out) : elementwise('pow', name, [x], dtype, out);
}

function powBase(g: Tensor, x: Tensor, y: Operand): Tensor {
  if (y === 2) return gradMode.enabled ? g.mul(x.mul(2)) : binary('pow', 'square_backward', g, x);
  if (typeof y !== 'object') return y === 0 ? g.mul(0) : g.mul(x.pow(Number(y) - 1).mul(y));
  return g
    .mul(y)
    .mul(x.pow(y.sub(1)))
    .masked_fill(y.eq(0), 0);
}

function powExponent(g: Tensor, x: Operand, y: Tensor, result: Tensor): Tensor {
  const log = typeof x === 'object' ? x.log() : Math.log(Number(x));
  const dy = g.mul(result.mul(log));
  if (typeof x !== 'object') return Number(x) === 0 ? dy.masked_fill(y.ge(0), 0) : dy;
  return dy.masked_fill(x.eq(0).mul(y.ge(0)), 0);
}

/** `square(x) = x²`. https://pytorch.org/docs/stable/generated/torch.square.html */
export const square: (input: Tensor) => Tensor = signature('square(input)', (input) =>
  pow(checkTensor('square', 'input', input), 2),
);

export const square_: (input: Tensor) => Tensor = signature('square_(input)', (input) =>
  pow.inplace(checkTensor('square_', 'input', input), 2),
);

export const add_: AddOp['inplace'] = add.inplace;
export const sub_: AddOp['inplace'] = sub.inplace;
export const mul_: BinaryOp['inplace'] = mul.inplace;
export const neg_: UnaryOp['inplace'] = neg.inplace;
export const pow_: (input: Tensor, exponent: Named<'exponent', Operand>) => Tensor = pow.inplace;
