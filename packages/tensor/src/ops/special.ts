/** Error functions, exponentials and logarithms to other bases, reciprocals. https://pytorch.org/docs/stable/torch.html#pointwise-ops */
import { checkNumber } from '../arguments.js';
import { defineOp, type UnaryOp } from '../autograd/op.js';
import { toFloating } from '../dtype.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { where } from './comparison.js';
import { cast, checkTensor } from './kernel.js';
import { fromInput, fromOutput } from './pointwise.js';

/** The error function 2/√π · ∫₀ˣ e^(−t²) dt. https://pytorch.org/docs/stable/generated/torch.erf.html */
export const erf: UnaryOp = fromInput('erf', 'dx = g · 2/√π · e^(−x²)', (g, x) =>
  g.mul(
    x
      .mul(x)
      .neg()
      .exp()
      .mul(2 / Math.sqrt(Math.PI)),
  ),
);
/** 1 − erf x, exact for large x too. https://pytorch.org/docs/stable/generated/torch.erfc.html */
export const erfc: UnaryOp = fromInput('erfc', 'dx = −g · 2/√π · e^(−x²)', (g, x) =>
  g.mul(
    x
      .mul(x)
      .neg()
      .exp()
      .mul(-2 / Math.sqrt(Math.PI)),
  ),
);
/** e^x − 1, exact near 0. https://pytorch.org/docs/stable/generated/torch.expm1.html */
export const expm1: UnaryOp = fromOutput('expm1', 'dx = g · (y + 1)', (g, y) => g.mul(y.add(1)));
/** 2^x. https://pytorch.org/docs/stable/generated/torch.exp2.html */
export const exp2: UnaryOp = fromOutput('exp2', 'dx = g · y · ln 2', (g, y) => g.mul(y).mul(Math.LN2));
/** ln(1 + x), exact near 0. https://pytorch.org/docs/stable/generated/torch.log1p.html */
export const log1p: UnaryOp = fromInput('log1p', 'dx = g / (1 + x)', (g, x) => g.div(x.add(1)), 'Log1PBackward0');
/** log₂ x. https://pytorch.org/docs/stable/generated/torch.log2.html */
export const log2: UnaryOp = fromInput('log2', 'dx = g / (x · ln 2)', (g, x) => g.div(x.mul(Math.LN2)));
/** log₁₀ x. https://pytorch.org/docs/stable/generated/torch.log10.html */
export const log10: UnaryOp = fromInput('log10', 'dx = g / (x · ln 10)', (g, x) => g.div(x.mul(Math.LN10)));
/** 1 / √x. https://pytorch.org/docs/stable/generated/torch.rsqrt.html */
export const rsqrt: UnaryOp = fromOutput('rsqrt', 'dx = −g · y³ / 2', (g, y) => g.mul(-0.5).mul(y.pow(3)));
/** 1 / x. https://pytorch.org/docs/stable/generated/torch.reciprocal.html */
export const reciprocal: UnaryOp = fromOutput('reciprocal', 'dx = −g · y²', (g, y) => g.neg().mul(y.mul(y)));

/** sin(πx) / (πx), 1 at 0, where its derivative is 0. https://pytorch.org/docs/stable/generated/torch.sinc.html */
export const sinc: UnaryOp = fromInput('sinc', 'dx = g · (cos(πx) − y) / x, 0 where x = 0', (g, x) =>
  g.mul(x.mul(Math.PI).cos().sub(sinc(x)).div(x).masked_fill(x.eq(0), 0)),
);

export interface LogitOptions {
  readonly eps?: number | null;
}

const logitOp = defineOp<[Tensor, number | null], Tensor, number | null>('logit', {
  forward(ctx, x, eps) {
    ctx.state = eps;
    const y = cast(ctx.save_for_backward(x), toFloating(x.dtype)).detach();
    const z = eps === null ? y : y.clamp(eps, 1 - eps);
    return z.div(z.neg().add(1)).log();
  },
  backward(ctx, g) {
    const [x] = ctx.saved_tensors;
    const eps = ctx.state;
    const dx = g.div(x.neg().add(1).mul(x));
    const outside = x.lt(eps ?? 0).add(x.gt(1 - (eps ?? 0)));
    return [where(outside, eps === null ? Number.NaN : 0, dx)];
  },
  formula: ['dx = g / (x · (1 − x)); outside of [eps, 1 − eps] 0, or NaN where eps is null'],
});

function bindLogit(input: Tensor, eps: unknown): [Tensor, number | null] {
  checkTensor('logit', 'input', input);
  return [input, eps === undefined || eps === null ? null : checkNumber('logit', 'eps', eps)];
}

/** ln(x / (1 − x)), sigmoid's inverse; `eps` keeps x in [eps, 1 − eps]. https://pytorch.org/docs/stable/generated/torch.logit.html */
export const logit: (input: Tensor, eps?: number | null | LogitOptions) => Tensor = signature(
  'logit(input, eps?)',
  (input, eps) => logitOp(...bindLogit(input, eps)),
);
/** `logit` in place. */
export const logit_: (input: Tensor, eps?: number | null | LogitOptions) => Tensor = signature(
  'logit_(input, eps?)',
  (input, eps) => logitOp.inplace(...bindLogit(input, eps)),
);

export const erf_: UnaryOp['inplace'] = erf.inplace;
export const erfc_: UnaryOp['inplace'] = erfc.inplace;
export const expm1_: UnaryOp['inplace'] = expm1.inplace;
export const exp2_: UnaryOp['inplace'] = exp2.inplace;
export const log1p_: UnaryOp['inplace'] = log1p.inplace;
export const log2_: UnaryOp['inplace'] = log2.inplace;
export const log10_: UnaryOp['inplace'] = log10.inplace;
export const rsqrt_: UnaryOp['inplace'] = rsqrt.inplace;
export const sinc_: UnaryOp['inplace'] = sinc.inplace;
export const reciprocal_: UnaryOp['inplace'] = reciprocal.inplace;
