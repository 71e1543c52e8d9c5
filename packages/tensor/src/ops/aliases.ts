/** PyTorch's second names. https://pytorch.org/docs/stable/torch.html#pointwise-ops */

import { type Named, signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { div, div_, mul, mul_, neg, neg_, sub, sub_ } from './arithmetic.js';
import { clamp, clamp_, ge, gt, le, lt, ne } from './comparison.js';
import { abs, abs_ } from './exponential.js';
import type { Operand } from './kernel.js';
import { ge_, gt_, le_, lt_, ne_ } from './logic.js';
import { trunc, trunc_ } from './rounding.js';
import {
  acos,
  acos_,
  acosh,
  acosh_,
  asin,
  asin_,
  asinh,
  asinh_,
  atan,
  atan_,
  atan2,
  atan2_,
  atanh,
  atanh_,
} from './trigonometry.js';

export const arcsin: typeof asin = asin;
export const arcsin_: typeof asin_ = asin_;
export const arccos: typeof acos = acos;
export const arccos_: typeof acos_ = acos_;
export const arctan: typeof atan = atan;
export const arctan_: typeof atan_ = atan_;
export const arcsinh: typeof asinh = asinh;
export const arcsinh_: typeof asinh_ = asinh_;
export const arccosh: typeof acosh = acosh;
export const arccosh_: typeof acosh_ = acosh_;
export const arctanh: typeof atanh = atanh;
export const arctanh_: typeof atanh_ = atanh_;
export const arctan2: typeof atan2 = atan2;
export const arctan2_: typeof atan2_ = atan2_;
export const absolute: typeof abs = abs;
export const absolute_: typeof abs_ = abs_;
export const negative: typeof neg = neg;
export const negative_: typeof neg_ = neg_;
export const subtract: typeof sub = sub;
export const subtract_: typeof sub_ = sub_;
export const multiply: typeof mul = mul;
export const multiply_: typeof mul_ = mul_;
export const divide: typeof div = div;
export const divide_: typeof div_ = div_;
export const greater: typeof gt = gt;
export const greater_: typeof gt_ = gt_;
export const greater_equal: typeof ge = ge;
export const greater_equal_: typeof ge_ = ge_;
export const less: typeof lt = lt;
export const less_: typeof lt_ = lt_;
export const less_equal: typeof le = le;
export const less_equal_: typeof le_ = le_;
export const not_equal: typeof ne = ne;
export const not_equal_: typeof ne_ = ne_;
export const clip: typeof clamp = clamp;
export const clip_: typeof clamp_ = clamp_;
export const fix: typeof trunc = trunc;
export const fix_: typeof trunc_ = trunc_;
/** Division without rounding. https://pytorch.org/docs/stable/generated/torch.true_divide.html */
export const true_divide: (input: Tensor, other: Named<'other', Operand>) => Tensor = signature(
  'true_divide(input, other)',
  div,
);
export const true_divide_: (input: Tensor, other: Named<'other', Operand>) => Tensor = signature(
  'true_divide_(input, other)',
  div_,
);
