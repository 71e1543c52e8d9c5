import { defineOp, type Op } from '../autograd/op.js';
import type { ElementwiseName } from '../backend/elementwise.js';
import { convertScalar, type DType, promote_types, resultType } from '../dtype.js';
import { DTypeError, ValueError } from '../errors.js';
import { broadcastShapes } from '../shape.js';
import { type ByName, type Named, signature } from '../signature.js';
import { Tensor } from '../tensor.js';
import {
  allocate,
  backend,
  binary,
  cast,
  checkSameDevice,
  checkTensor,
  elementwise,
  type Operand,
  operandType,
} from './kernel.js';

export type CompareOp = Op<[input: Tensor, other: Named<'other', Operand>], Tensor>;

const compare = (name: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge'): CompareOp =>
  defineOp(name, {
    parameters: 'input, other',
    forward: (_ctx, x, y) => binary(name, name, checkTensor(name, 'input', x), y, null, 'bool'),
    backward: null,
    formula: ['not differentiable', 'not differentiable'],
  });

/** x = y, as bool. https://pytorch.org/docs/stable/generated/torch.eq.html */
export const eq: CompareOp = compare('eq');
/** x ≠ y, as bool. https://pytorch.org/docs/stable/generated/torch.ne.html */
export const ne: CompareOp = compare('ne');
/** x < y, as bool. https://pytorch.org/docs/stable/generated/torch.lt.html */
export const lt: CompareOp = compare('lt');
/** x ≤ y, as bool. https://pytorch.org/docs/stable/generated/torch.le.html */
export const le: CompareOp = compare('le');
/** x > y, as bool. https://pytorch.org/docs/stable/generated/torch.gt.html */
export const gt: CompareOp = compare('gt');
/** x ≥ y, as bool. https://pytorch.org/docs/stable/generated/torch.ge.html */
export const ge: CompareOp = compare('ge');

export type ExtremumOp = Op<[input: Tensor, other: Named<'other', Tensor>], Tensor>;

const extremum = (name: 'maximum' | 'minimum', loses: 'lt' | 'gt', formula: readonly string[]): ExtremumOp =>
  defineOp(name, {
    parameters: 'input, other',
    forward(ctx, x, y) {
      checkTensor(name, 'input', x);
      checkTensor(name, 'other', y);
      ctx.save_for_backward(x, y);
      return binary(name, name, x, y);
    },
    backward(ctx, g) {
      const [x, y] = ctx.saved_tensors;
      const shared = where(x.eq(y), g.div(2), g);
      return [shared.masked_fill(x[loses](y), 0), shared.masked_fill(y[loses](x), 0)];
    },
    formula,
  });

/** The greater one; NaN wins; a tie shares the gradient. https://pytorch.org/docs/stable/generated/torch.maximum.html */
export const maximum: ExtremumOp = extremum('maximum', 'lt', [
  'dx = g · [x > y], g / 2 at ties',
  'dy = g · [y > x], g / 2 at ties',
]);
/** The smaller one; NaN wins; a tie shares the gradient. https://pytorch.org/docs/stable/generated/torch.minimum.html */
export const minimum: ExtremumOp = extremum('minimum', 'gt', [
  'dx = g · [x < y], g / 2 at ties',
  'dy = g · [y < x], g / 2 at ties',
]);

type WhereOp = Op<[condition: Tensor, input: Operand, other: Operand], Tensor>;

const choose: WhereOp = defineOp('where', {
  forward(ctx, condition, x, y) {
    checkCondition(condition);
    ctx.save_for_backward(condition);
    const common = operandType('where', x, y);
    const shape = [x, y].reduce(
      (s, t) => (t instanceof Tensor ? broadcastShapes('where', s, t.shape) : s),
      condition.shape,
    );
    checkSameDevice('where', condition, ...[x, y].filter((t): t is Tensor => t instanceof Tensor && t.ndim > 0));
    const inputs = [
      condition,
      ...[x, y].map((t) => (t instanceof Tensor ? onDevice(cast(t, common), condition) : Number(t))),
    ];
    const out = allocate(shape, common, condition.device);
    backend(condition).elementwise('where', inputs, out);
    return out;
  },
  backward: (ctx, g) => {
    const [condition] = ctx.saved_tensors;
    return [null, where(condition, g, 0), where(condition, 0, g)];
  },
  formula: ['not differentiable', 'dx = g · [condition]', 'dy = g · [not condition]'],
  wrapsNumbers: true,
});

const onDevice = (t: Tensor, like: Tensor): Tensor | number => (t.device === like.device ? t : Number(t.item()));

function checkCondition(condition: unknown): void {
  const c = checkTensor('where', 'condition', condition);
  if (c.dtype !== 'bool' && c.dtype !== 'uint8') {
    throw new DTypeError(`where expected condition to be a boolean tensor, but got a tensor with dtype ${c.dtype}`);
  }
}

/**
 * `input` where the condition is true, else `other`; numbers and tensors, broadcast together.
 * https://pytorch.org/docs/stable/generated/torch.where.html
 */
export const where: (condition: Tensor, input: Operand, other: Operand) => Tensor = signature(
  'where(condition, input, other)',
  (condition, input, other) => choose(condition, input, other),
);

/** `x.where(condition, other)`: the tensor itself where the condition is true. */
export const whereMethod: (input: Tensor, condition: Tensor, other: Operand) => Tensor = signature(
  'where(input, condition, other)',
  (input, condition, other) => choose(condition, input, other),
);

type MaskedFill = Op<[input: Tensor, mask: Tensor, value: Operand], Tensor>;
type FillNames = { readonly mask: Tensor; readonly value: Operand };
type MaskedFillOp = ByName<MaskedFill, FillNames>;

/** `value` (a number or a 0-dim tensor) where the mask is true. https://pytorch.org/docs/stable/generated/torch.Tensor.masked_fill.html */
export const masked_fill: MaskedFillOp = defineOp<[Tensor, Tensor, Operand], Tensor, string>('masked_fill', {
  parameters: 'input, mask, value',
  grad_name: (ctx) => ctx.state,
  forward(ctx, x, mask, value) {
    checkTensor('masked_fill', 'input', x);
    if (checkTensor('masked_fill', 'mask', mask).dtype !== 'bool') {
      throw new DTypeError(
        `masked_fill(): masked_fill_ only supports boolean masks, but got mask with dtype ${mask.dtype}`,
      );
    }
    if (value instanceof Tensor && value.ndim !== 0) {
      throw new ValueError(
        `masked_fill(): masked_fill only supports a 0-dimensional value tensor, but got tensor with ${value.ndim} dimension(s).`,
      );
    }
    ctx.save_for_backward(mask);
    ctx.state = `MaskedFillBackward${value instanceof Tensor ? 1 : 0}`;
    const fill =
      value instanceof Tensor ? onDevice(cast(value, x.dtype), x) : convertScalar('masked_fill', value, x.dtype);
    const out = allocate(
      broadcastShapes('masked_fill', x.shape, mask.shape),
      x.dtype,
      checkSameDevice('masked_fill', x, mask),
    );
    backend(x).elementwise('where', [mask, fill, x], out);
    return out;
  },
  backward(ctx, g) {
    const [mask] = ctx.saved_tensors;
    const dv = ctx.needs_input_grad[2] ? where(mask, g, 0).sum() : null;
    return [ctx.needs_input_grad[0] ? g.masked_fill(mask, 0) : null, null, dv];
  },
  formula: ['dx = g · [not mask]', 'not differentiable', 'dvalue = Σ g · [mask]'],
}) as MaskedFillOp;

export const masked_fill_: ByName<MaskedFill['inplace'], FillNames> = masked_fill.inplace as ByName<
  MaskedFill['inplace'],
  FillNames
>;

type Bound = number | Tensor | null;

/** The common dtype: tensors with dimensions decide before those without, and both before numbers. */
function clampType(x: Tensor, min: Bound, max: Bound): DType {
  if (min !== null) operandType('clamp', x, min, 'min');
  if (max !== null) operandType('clamp', x, max, 'max');
  const bounds = [min, max].filter((b): b is number | Tensor => b !== null);
  const tensors = [x, ...bounds.filter((b) => b instanceof Tensor)];
  const typeOf = (some: readonly Tensor[]): DType => some.map((t) => t.dtype).reduce(promote_types);
  const [strong, weak] = [tensors.filter((t) => t.ndim > 0), tensors.filter((t) => t.ndim === 0)];
  const own =
    strong.length === 0 || weak.length === 0
      ? typeOf(tensors)
      : resultType({ dtype: typeOf(strong), shape: [1] }, { dtype: typeOf(weak), shape: [] });
  return bounds
    .filter((b) => !(b instanceof Tensor))
    .reduce<DType>((dtype, b) => resultType({ dtype, shape: [1] }, b as number), own);
}

const clampOp = defineOp<[Tensor, Bound, Bound], Tensor, readonly (number | 'saved' | null)[]>('clamp', {
  forward(ctx, x, min, max) {
    const bounds = [min, max].filter((b): b is number | Tensor => b !== null);
    const common = clampType(x, min, max);
    ctx.save_for_backward(x, ...bounds.filter((b): b is Tensor => b instanceof Tensor));
    ctx.state = [min, max].map((b) => (b instanceof Tensor ? 'saved' : b));
    if (common === 'bool' && bounds.some((b) => typeof b !== 'object')) {
      throw new DTypeError(`clamp(): "clamp_${min === null ? 'max' : 'min'}_cpu" not implemented for 'Bool'`);
    }
    const name: ElementwiseName = bounds.length === 2 ? 'clamp' : min === null ? 'minimum' : 'maximum';
    // alone, a number that is no number bounds nothing
    const first = bounds[0];
    const limits = bounds.length === 1 && Number.isNaN(first) ? [max === null ? -Infinity : Infinity] : bounds;
    return elementwise('clamp', name, [x, ...limits], common, ctx.out);
  },
  backward(ctx, g) {
    const saved = ctx.saved_tensors;
    let next = 1;
    const [min, max] = ctx.state.map((b) => (b === 'saved' ? saved[next++] : b));
    return clampGrads(g, saved[0], min, max);
  },
  grad_name: (ctx) => `ClampBackward${ctx.state.includes('saved') ? 0 : 1}`,
  formula: ['dx = g · [min ≤ x ≤ max]', 'dmin = g · [x < min < max]', 'dmax = g · [x > max or max < min]'],
});

function clampGrads(g: Tensor, x: Tensor, min: Bound, max: Bound): (Tensor | null)[] {
  const above = min === null ? null : x.ge(min);
  const below = max === null ? null : x.le(max);
  const inside = above === null ? (below as Tensor) : below === null ? above : above.mul(below);
  const dx = where(inside, g, 0);
  if (!(min instanceof Tensor) && !(max instanceof Tensor)) return [dx];
  let isMin = min === null ? null : x.lt(min);
  let isMax = max === null ? null : x.gt(max);
  if (min !== null && max !== null) {
    // max wins where the bounds cross
    const least = min instanceof Tensor ? min : (max as Tensor).new_tensor(min);
    isMin = (isMin as Tensor).mul(least.lt(max));
    isMax = (isMax as Tensor).add(least.gt(max));
  }
  return [
    dx,
    isMin !== null && min instanceof Tensor ? where(isMin, g, 0) : null,
    isMax !== null && max instanceof Tensor ? where(isMax, g, 0) : null,
  ];
}

export interface ClampOptions {
  readonly min?: number | Tensor | null;
  readonly max?: number | Tensor | null;
}

function clampBounds(input: Tensor, args: readonly unknown[]): [Tensor, Bound, Bound] {
  checkTensor('clamp', 'input', input);
  const [min, max] = args.map((b) => (b ?? null) as Bound);
  if (min === null && max === null) throw new ValueError("clamp(): At least one of 'min' or 'max' must not be None");
  return [input, min, max];
}

/**
 * Elements forced into [min, max]; a bound that is null or missing does not exist.
 * https://pytorch.org/docs/stable/generated/torch.clamp.html
 */
export const clamp: (
  input: Tensor,
  min?: number | Tensor | null | ClampOptions,
  max?: number | Tensor | null | ClampOptions,
) => Tensor = signature('clamp(input, min?, max?)', (input, min, max) => {
  const [x, low, high] = clampBounds(input, [min, max]);
  return clampOp(x, low, high);
});

/** `clamp` in place. */
export const clamp_: (
  input: Tensor,
  min?: number | Tensor | null | ClampOptions,
  max?: number | Tensor | null | ClampOptions,
) => Tensor = signature('clamp_(input, min?, max?)', (input, min, max) =>
  clampOp.inplace(...clampBounds(input, [min, max])),
);

/** Whether two tensors have one shape and equal elements. https://pytorch.org/docs/stable/generated/torch.equal.html */
export const equal: (input: Tensor, other: Named<'other', Tensor>) => boolean = signature(
  'equal(input, other)',
  (input, other) => {
    checkTensor('equal', 'input', input);
    checkTensor('equal', 'other', other);
    checkSameDevice('equal', input, other);
    if (input.shape.length !== other.shape.length || input.shape.some((s, i) => s !== other.shape[i])) return false;
    const [a, b] = [input.toArray('equal'), other.toArray('equal')];
    return a.every((v, i) => v === b[i]);
  },
);
