/** Logic, and questions about elements. https://pytorch.org/docs/stable/torch.html#comparison-ops */
import { checkBoolean, checkNumber } from '../arguments.js';
import { defineOp, type Op } from '../autograd/op.js';
import { isFloating } from '../dtype.js';
import { DTypeError, ValueError } from '../errors.js';
import { type Named, signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { eq, ge, gt, le, lt, ne } from './comparison.js';
import { logical_not } from './exponential.js';
import { allocate, backend, binary, checkTensor, type Operand } from './kernel.js';

type LogicOp = Op<[input: Tensor, other: Named<'other', Tensor>], Tensor>;

const logic = (name: 'logical_and' | 'logical_or' | 'logical_xor'): LogicOp =>
  defineOp(name, {
    parameters: 'input, other',
    forward: (_ctx, x, y) =>
      binary(name, name, checkTensor(name, 'input', x), checkTensor(name, 'other', y), null, 'bool'),
    backward: null,
    formula: ['not differentiable', 'not differentiable'],
  });

/** Whether both are nonzero. https://pytorch.org/docs/stable/generated/torch.logical_and.html */
export const logical_and: LogicOp = logic('logical_and');
/** Whether one of them is nonzero. https://pytorch.org/docs/stable/generated/torch.logical_or.html */
export const logical_or: LogicOp = logic('logical_or');
/** Whether exactly one of them is nonzero. https://pytorch.org/docs/stable/generated/torch.logical_xor.html */
export const logical_xor: LogicOp = logic('logical_xor');

/** A bool for each element; `forIntegers` is what all integers get. */
const question = (
  name: string,
  forIntegers: boolean,
  ask: (x: Tensor, out: Tensor) => void,
): ((input: Tensor) => Tensor) =>
  signature(`${name}(input)`, (input) => {
    const x = checkTensor(name, 'input', input);
    const out = allocate(x.shape, 'bool', x.device);
    if (isFloating(x.dtype)) ask(x, out);
    else backend(x).fill(out, Number(forIntegers));
    return out;
  });

const magnitude = (x: Tensor): Tensor => {
  const out = allocate(x.shape, x.dtype, x.device);
  backend(x).elementwise('abs', [x], out);
  return out;
};

/** https://pytorch.org/docs/stable/generated/torch.isnan.html */
export const isnan: (input: Tensor) => Tensor = question('isnan', false, (x, out) =>
  backend(x).elementwise('ne', [x, x], out),
);
/** Whether an element is ∞ or −∞. https://pytorch.org/docs/stable/generated/torch.isinf.html */
export const isinf: (input: Tensor) => Tensor = question('isinf', false, (x, out) =>
  backend(x).elementwise('eq', [magnitude(x), Infinity], out),
);
/** https://pytorch.org/docs/stable/generated/torch.isposinf.html */
export const isposinf: (input: Tensor) => Tensor = question('isposinf', false, (x, out) =>
  backend(x).elementwise('eq', [x, Infinity], out),
);
/** https://pytorch.org/docs/stable/generated/torch.isneginf.html */
export const isneginf: (input: Tensor) => Tensor = question('isneginf', false, (x, out) =>
  backend(x).elementwise('eq', [x, -Infinity], out),
);
/** Whether an element is neither infinite nor NaN. https://pytorch.org/docs/stable/generated/torch.isfinite.html */
export const isfinite: (input: Tensor) => Tensor = question('isfinite', true, (x, out) =>
  backend(x).elementwise('lt', [magnitude(x), Infinity], out),
);

/** Two numbers are close if |input − other| ≤ atol + rtol · |other|. */
export interface CloseOptions {
  readonly rtol?: number;
  readonly atol?: number;
  /** Whether NaN is close to NaN. */
  readonly equal_nan?: boolean;
}

function closeness(op: string, input: Tensor, other: Tensor, args: readonly unknown[]): Tensor {
  checkTensor(op, 'input', input);
  checkTensor(op, 'other', other);
  const [r, a, n] = args;
  const rtol = checkNumber(op, 'rtol', r ?? 1e-5);
  const atol = checkNumber(op, 'atol', a ?? 1e-8);
  const equalNan = checkBoolean(op, 'equal_nan', n ?? false);
  if (input.dtype !== other.dtype) {
    throw new DTypeError(`${op}(): ${input.dtype} did not match ${other.dtype}`);
  }
  if (!(rtol >= 0)) throw new ValueError(`${op}(): rtol must be greater than or equal to zero, but got ${rtol}`);
  if (!(atol >= 0)) throw new ValueError(`${op}(): atol must be greater than or equal to zero, but got ${atol}`);
  const [x, y] = [input.detach(), other.detach()];
  const same = x.eq(y);
  const equal = equalNan ? logical_or(same, logical_and(isnan(x), isnan(y))) : same;
  if (rtol === 0 && atol === 0) return equal;
  const [u, v] = isFloating(x.dtype) ? [x, y] : [x.to('float32'), y.to('float32')];
  const difference = u.sub(v).abs();
  const near = logical_and(isfinite(difference), difference.le(v.mul(rtol).abs().add(atol)));
  return logical_or(equal, near);
}

/** Whether elements are close, one bool each. https://pytorch.org/docs/stable/generated/torch.isclose.html */
export const isclose: (
  input: Tensor,
  other: Named<'other', Tensor, CloseOptions>,
  rtol?: number | CloseOptions,
  atol?: number | CloseOptions,
  equal_nan?: boolean | CloseOptions,
) => Tensor = signature('isclose(input, other, rtol?, atol?, equal_nan?)', (input, other, rtol, atol, equal_nan) =>
  closeness('isclose', input, other, [rtol, atol, equal_nan]),
);

/** Whether all elements are close. https://pytorch.org/docs/stable/generated/torch.allclose.html */
export const allclose: (
  input: Tensor,
  other: Named<'other', Tensor, CloseOptions>,
  rtol?: number | CloseOptions,
  atol?: number | CloseOptions,
  equal_nan?: boolean | CloseOptions,
) => boolean = signature('allclose(input, other, rtol?, atol?, equal_nan?)', (input, other, rtol, atol, equal_nan) =>
  closeness('allclose', input, other, [rtol, atol, equal_nan])
    .toArray()
    .every((v) => v !== 0),
);

type Overwrite = (input: Tensor, other: Named<'other', Operand>) => Tensor;

/** An answer written over the operand, as 0 and 1: what stood there has no gradient any more. */
const overwriting = (name: string, answer: (input: Tensor, other: Tensor) => Tensor): Overwrite =>
  defineOp<Parameters<Overwrite>, Tensor>(name, {
    parameters: 'input, other',
    forward: (_ctx, x, y) => answer(x, y as Tensor),
    backward: (_ctx, g) => [g.mul(0), null],
    formula: ['dx = 0', 'not differentiable'],
  }).inplace;

type LogicInplace = (input: Tensor, other: Named<'other', Tensor>) => Tensor;

export const logical_and_: LogicInplace = overwriting('logical_and', logical_and);
export const logical_or_: LogicInplace = overwriting('logical_or', logical_or);
export const logical_xor_: LogicInplace = overwriting('logical_xor', logical_xor);
export const eq_: Overwrite = overwriting('eq', eq);
export const ne_: Overwrite = overwriting('ne', ne);
export const lt_: Overwrite = overwriting('lt', lt);
export const le_: Overwrite = overwriting('le', le);
export const gt_: Overwrite = overwriting('gt', gt);
export const ge_: Overwrite = overwriting('ge', ge);
/** `logical_not` in place. */
export const logical_not_: (input: Tensor) => Tensor = signature('logical_not_(input)', (input) =>
  notInplace(input, 0),
);
const notInplace: Overwrite = overwriting('logical_not', (x) => logical_not(x));
