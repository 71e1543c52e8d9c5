/** Functions of several operands in one pass. https://pytorch.org/docs/stable/torch.html#pointwise-ops */
import { checkNumber } from '../arguments.js';
import { composed, defineOp, type Op } from '../autograd/op.js';
import { cName, isFloating, resultType } from '../dtype.js';
import { DTypeError } from '../errors.js';
import { type ByName, type Named, signature } from '../signature.js';
import { Tensor } from '../tensor.js';
import { clamp, clamp_, where } from './comparison.js';
import { checkTensor, elementwise, type Operand } from './kernel.js';
import { isfinite, isnan } from './logic.js';

type LerpOp = Op<[input: Tensor, end: Tensor, weight: Operand], Tensor>;

/** @throws DTypeError: nothing is promoted. */
function checkLerp(x: Tensor, end: Tensor, weight: Operand): void {
  checkTensor('lerp', 'input', x);
  checkTensor('lerp', 'end', end);
  for (const [name, y] of [
    ['end', end],
    ['weight', weight],
  ] as const) {
    if (y instanceof Tensor && y.dtype !== x.dtype) {
      throw new DTypeError(`lerp(): expected dtype ${x.dtype} for \`${name}\` but got dtype ${y.dtype}`);
    }
  }
  if (!isFloating(x.dtype)) throw new DTypeError(`lerp(): "lerp_kernel" not implemented for '${cName(x.dtype)}'`);
}

const lerpOp: LerpOp = defineOp<[Tensor, Tensor, Operand], Tensor, number | null>('lerp', {
  forward(ctx, x, end, weight) {
    checkLerp(x, end, weight);
    if (weight instanceof Tensor) ctx.save_for_backward(x, end, weight);
    ctx.state = weight instanceof Tensor ? null : Number(weight);
    return elementwise('lerp', 'lerp', [x, end, weight], x.dtype, ctx.out);
  },
  backward(ctx, g) {
    const weight = ctx.state;
    if (weight !== null) return [g.mul(1 - weight), g.mul(weight)];
    const [x, end, w] = ctx.saved_tensors;
    return [g.mul(w.neg().add(1)), g.mul(w), ctx.needs_input_grad[2] ? g.mul(end.sub(x)) : null];
  },
  formula: ['dx = g · (1 − w)', 'dend = g · w', 'dweight = g · (end − x)'],
  grad_name: (ctx) => `LerpBackward${ctx.state === null ? 1 : 0}`,
});

type Weight = Operand | { readonly weight: Operand };

const weightOf = (w: unknown): Operand =>
  typeof w === 'number' || w instanceof Tensor ? w : checkNumber('lerp', 'weight', w);

type Interpolate = (input: Tensor, end: Tensor, weight: Weight) => Tensor;
type Lerp = ByName<Interpolate, { readonly end: Tensor; readonly weight: Operand }>;

/** input + weight · (end − input). https://pytorch.org/docs/stable/generated/torch.lerp.html */
export const lerp: Lerp = signature<Interpolate>('lerp(input, end, weight)', (input, end, weight) =>
  lerpOp(input, end, weightOf(weight)),
) as Lerp;
/** `lerp` in place. */
export const lerp_: Lerp = signature<Interpolate>('lerp_(input, end, weight)', (input, end, weight) =>
  lerpOp.inplace(input, end, weightOf(weight)),
) as Lerp;

/** `value`: a factor, 1 unless given. */
export interface ValueOptions {
  readonly value?: number;
}

type Ternary = Op<[input: Tensor, tensor1: Tensor, tensor2: Tensor, options?: ValueOptions], Tensor>;
type TernaryNames = ValueOptions & { readonly tensor1: Tensor; readonly tensor2: Tensor };
type TernaryOp = ByName<Ternary, TernaryNames>;
type TernaryInplace = ByName<Ternary['inplace'], TernaryNames>;

function readValue(op: string, given: unknown, all: readonly Tensor[]): number {
  const value = checkNumber(op, 'value', given ?? 1);
  const common = all.reduce((dtype, x) => resultType({ dtype, shape: [1] }, x), all[0].dtype);
  if (!isFloating(common) && !Number.isInteger(value)) {
    throw new DTypeError(`${op}(): value cannot be converted to type int64_t without overflow: ${value}`);
  }
  return value;
}

/** input + value · tensor1 · tensor2. https://pytorch.org/docs/stable/generated/torch.addcmul.html */
export const addcmul: TernaryOp = defineOp<[Tensor, Tensor, Tensor, unknown?], Tensor, number>('addcmul', {
  parameters: 'input, tensor1, tensor2, *, value?',
  forward(ctx, x, a, b, value) {
    checkTensor('addcmul', 'input', x);
    ctx.save_for_backward(checkTensor('addcmul', 'tensor1', a), checkTensor('addcmul', 'tensor2', b));
    ctx.state = readValue('addcmul', value, [x, a, b]);
    return x.add(a.mul(b), { alpha: ctx.state });
  },
  backward(ctx, g) {
    const [a, b] = ctx.saved_tensors;
    return [g, g.mul(b.mul(ctx.state)), g.mul(a.mul(ctx.state))];
  },
  formula: ['dx = g', 'dtensor1 = value · g · tensor2', 'dtensor2 = value · g · tensor1'],
}) as TernaryOp;

/** input + value · tensor1 / tensor2. https://pytorch.org/docs/stable/generated/torch.addcdiv.html */
export const addcdiv: TernaryOp = defineOp<[Tensor, Tensor, Tensor, unknown?], Tensor, number>('addcdiv', {
  parameters: 'input, tensor1, tensor2, *, value?',
  forward(ctx, x, a, b, value) {
    checkTensor('addcdiv', 'input', x);
    ctx.save_for_backward(checkTensor('addcdiv', 'tensor1', a), checkTensor('addcdiv', 'tensor2', b));
    if (!isFloating(a.dtype) && !isFloating(b.dtype)) {
      throw new DTypeError(
        'addcdiv(): Integer division with addcdiv is no longer supported, and in a future release addcdiv will perform a ' +
          'true division of tensor1 and tensor2.',
      );
    }
    ctx.state = readValue('addcdiv', value, [x, a, b]);
    return x.add(a.div(b), { alpha: ctx.state });
  },
  backward(ctx, g) {
    const [a, b] = ctx.saved_tensors;
    const scaled = g.mul(ctx.state).div(b);
    return [g, scaled, scaled.mul(a).div(b).neg()];
  },
  formula: ['dx = g', 'dtensor1 = value · g / tensor2', 'dtensor2 = −value · g · tensor1 / tensor2²'],
}) as TernaryOp;

type PairOp = Op<[input: Tensor, other: Named<'other', Tensor>], Tensor>;

/** √(input² + other²), without overflow. https://pytorch.org/docs/stable/generated/torch.hypot.html */
export const hypot: PairOp = defineOp<Parameters<PairOp>, Tensor>('hypot', {
  parameters: 'input, other',
  forward(ctx, x, y) {
    const dtype = resultType(checkTensor('hypot', 'input', x), checkTensor('hypot', 'other', y));
    if (!isFloating(dtype)) throw new DTypeError(`hypot(): "hypot_cpu" not implemented for '${cName(dtype)}'`);
    const result = elementwise('hypot', 'hypot', [x, y], dtype, ctx.out);
    ctx.save_for_backward(x, y, result);
    return result;
  },
  backward(ctx, g) {
    const [x, y, result] = ctx.saved_tensors;
    return [g.mul(x.div(result)), g.mul(y.div(result))];
  },
  formula: ['dx = g · x / result', 'dy = g · y / result'],
});

/** What stands for NaN, ∞ and −∞; the largest and least finite numbers unless given. */
export interface NanToNumOptions {
  readonly nan?: number | null;
  readonly posinf?: number | null;
  readonly neginf?: number | null;
}

const LARGEST = { float32: 3.4028234663852886e38, float64: Number.MAX_VALUE };

const nanToNum = defineOp<[Tensor, number, number | null, number | null], Tensor>('nan_to_num', {
  forward(ctx, x, nan, posinf, neginf) {
    ctx.save_for_backward(x);
    if (!isFloating(x.dtype)) return x.clone();
    const largest = LARGEST[x.dtype as 'float32' | 'float64'];
    const finite = x.masked_fill(x.eq(Infinity), posinf ?? largest).masked_fill(x.eq(-Infinity), neginf ?? -largest);
    return finite.masked_fill(isnan(x), nan);
  },
  backward: (ctx, g) => [where(isfinite(ctx.saved_tensors[0]), g, 0)],
  formula: ['dx = g where x is finite'],
});

type NanArgument = number | null | NanToNumOptions;

function bindNanToNum(input: Tensor, args: readonly unknown[]): [Tensor, number, number | null, number | null] {
  checkTensor('nan_to_num', 'input', input);
  const [nan, posinf, neginf] = args.map((v) => (v ?? null) as number | null);
  return [input, nan ?? 0, posinf, neginf];
}

/** Finite numbers in the place of NaN and infinities. https://pytorch.org/docs/stable/generated/torch.nan_to_num.html */
export const nan_to_num: (input: Tensor, nan?: NanArgument, posinf?: NanArgument, neginf?: NanArgument) => Tensor =
  signature('nan_to_num(input, nan?, posinf?, neginf?)', (input, nan, posinf, neginf) =>
    nanToNum(...bindNanToNum(input, [nan, posinf, neginf])),
  );
/** `nan_to_num` in place. */
export const nan_to_num_: (input: Tensor, nan?: NanArgument, posinf?: NanArgument, neginf?: NanArgument) => Tensor =
  signature('nan_to_num_(input, nan?, posinf?, neginf?)', (input, nan, posinf, neginf) =>
    nanToNum.inplace(...bindNanToNum(input, [nan, posinf, neginf])),
  );

type Bound = number | Tensor;

/** `clamp` with a lower bound only. https://pytorch.org/docs/stable/generated/torch.clamp.html */
export const clamp_min: (input: Tensor, min: Bound | { readonly min?: Bound }) => Tensor = signature(
  'clamp_min(input, min)',
  (input, min) => composed(`ClampMinBackward${min instanceof Tensor ? 1 : 0}`, clamp(input, min)),
);
/** `clamp` with an upper bound only. https://pytorch.org/docs/stable/generated/torch.clamp.html */
export const clamp_max: (input: Tensor, max: Bound | { readonly max?: Bound }) => Tensor = signature(
  'clamp_max(input, max)',
  (input, max) => composed(`ClampMaxBackward${max instanceof Tensor ? 1 : 0}`, clamp(input, null, max)),
);
/** `clamp_min` in place. */
export const clamp_min_: (input: Tensor, min: Bound | { readonly min?: Bound }) => Tensor = signature(
  'clamp_min_(input, min)',
  (input, min) => clamp_(input, min),
);
/** `clamp_max` in place. */
export const clamp_max_: (input: Tensor, max: Bound | { readonly max?: Bound }) => Tensor = signature(
  'clamp_max_(input, max)',
  (input, max) => clamp_(input, null, max),
);

export const addcmul_: TernaryInplace = addcmul.inplace as TernaryInplace;
export const addcdiv_: TernaryInplace = addcdiv.inplace as TernaryInplace;
export const hypot_: PairOp['inplace'] = hypot.inplace;
