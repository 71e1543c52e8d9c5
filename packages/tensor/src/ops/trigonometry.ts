/** Trigonometric and hyperbolic functions. https://pytorch.org/docs/stable/torch.html#pointwise-ops */
import { defineOp, type Op, type UnaryOp } from '../autograd/op.js';
import { resultType, toFloating } from '../dtype.js';
import type { Named } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { checkTensor, elementwise } from './kernel.js';
import { fromInput, fromOutput } from './pointwise.js';

/** sin x. https://pytorch.org/docs/stable/generated/torch.sin.html */
export const sin: UnaryOp = fromInput('sin', 'dx = g · cos x', (g, x) => g.mul(x.cos()));
/** cos x. https://pytorch.org/docs/stable/generated/torch.cos.html */
export const cos: UnaryOp = fromInput('cos', 'dx = −g · sin x', (g, x) => g.mul(x.sin().neg()));
/** tan x. https://pytorch.org/docs/stable/generated/torch.tan.html */
export const tan: UnaryOp = fromOutput('tan', 'dx = g · (1 + y²)', (g, y) => g.mul(y.mul(y).add(1)));
/** arcsin x, NaN outside of [−1, 1]. https://pytorch.org/docs/stable/generated/torch.asin.html */
export const asin: UnaryOp = fromInput('asin', 'dx = g / √(1 − x²)', (g, x) => g.mul(x.mul(x).neg().add(1).rsqrt()));
/** arccos x, NaN outside of [−1, 1]. https://pytorch.org/docs/stable/generated/torch.acos.html */
export const acos: UnaryOp = fromInput('acos', 'dx = −g / √(1 − x²)', (g, x) =>
  g.mul(x.mul(x).neg().add(1).rsqrt().neg()),
);
/** arctan x. https://pytorch.org/docs/stable/generated/torch.atan.html */
export const atan: UnaryOp = fromInput('atan', 'dx = g / (1 + x²)', (g, x) => g.div(x.mul(x).add(1)));
/** sinh x. https://pytorch.org/docs/stable/generated/torch.sinh.html */
export const sinh: UnaryOp = fromInput('sinh', 'dx = g · cosh x', (g, x) => g.mul(x.cosh()));
/** cosh x. https://pytorch.org/docs/stable/generated/torch.cosh.html */
export const cosh: UnaryOp = fromInput('cosh', 'dx = g · sinh x', (g, x) => g.mul(x.sinh()));
/** the inverse of sinh. https://pytorch.org/docs/stable/generated/torch.asinh.html */
export const asinh: UnaryOp = fromInput('asinh', 'dx = g / √(x² + 1)', (g, x) => g.mul(x.mul(x).add(1).rsqrt()));
/** the inverse of cosh, NaN below 1. https://pytorch.org/docs/stable/generated/torch.acosh.html */
export const acosh: UnaryOp = fromInput('acosh', 'dx = g / √(x² − 1)', (g, x) => g.mul(x.mul(x).sub(1).rsqrt()));
/** the inverse of tanh, NaN outside of [−1, 1]. https://pytorch.org/docs/stable/generated/torch.atanh.html */
export const atanh: UnaryOp = fromInput('atanh', 'dx = g / (1 − x²)', (g, x) => g.div(x.mul(x).neg().add(1)));

type PairOp = Op<[input: Tensor, other: Named<'other', Tensor>], Tensor>;

/** The angle of the point (other, input), in (−π, π]. https://pytorch.org/docs/stable/generated/torch.atan2.html */
export const atan2: PairOp = defineOp<Parameters<PairOp>, Tensor>('atan2', {
  parameters: 'input, other',
  forward(ctx, y, x) {
    ctx.save_for_backward(checkTensor('atan2', 'input', y), checkTensor('atan2', 'other', x));
    return elementwise('atan2', 'atan2', [y, x], toFloating(resultType(y, x)), ctx.out);
  },
  backward(ctx, g) {
    const [y, x] = ctx.saved_tensors;
    const scaled = g.mul(y.mul(y).add(x.mul(x)).reciprocal());
    return [scaled.mul(x), scaled.mul(y.neg())];
  },
  formula: ['dy = g · x / (x² + y²)', 'dx = −g · y / (x² + y²)'],
});

export const sin_: UnaryOp['inplace'] = sin.inplace;
export const cos_: UnaryOp['inplace'] = cos.inplace;
export const tan_: UnaryOp['inplace'] = tan.inplace;
export const asin_: UnaryOp['inplace'] = asin.inplace;
export const acos_: UnaryOp['inplace'] = acos.inplace;
export const atan_: UnaryOp['inplace'] = atan.inplace;
export const sinh_: UnaryOp['inplace'] = sinh.inplace;
export const cosh_: UnaryOp['inplace'] = cosh.inplace;
export const asinh_: UnaryOp['inplace'] = asinh.inplace;
export const acosh_: UnaryOp['inplace'] = acosh.inplace;
export const atanh_: UnaryOp['inplace'] = atanh.inplace;
export const atan2_: PairOp['inplace'] = atan2.inplace;
