/**
 * The methods of Tensor, by PyTorch's names: `x.add(y)` is `add(x, y)`. A name is listed here if `torch.Tensor` has it.
 * https://pytorch.org/docs/stable/tensors.html
 */
export { new_full, new_ones, new_tensor, new_zeros } from '../factories.js';
export { relu, relu_, sigmoid, sigmoid_, tanh, tanh_ } from './activation.js';
export { addbmm, addbmm_, addmm, addmm_, addmv, addmv_, addr, addr_, baddbmm, baddbmm_ } from './addmm.js';
export {
  absolute,
  absolute_,
  arccos,
  arccos_,
  arccosh,
  arccosh_,
  arcsin,
  arcsin_,
  arcsinh,
  arcsinh_,
  arctan,
  arctan_,
  arctan2,
  arctan2_,
  arctanh,
  arctanh_,
  clip,
  clip_,
  divide,
  divide_,
  fix,
  fix_,
  greater,
  greater_,
  greater_equal,
  greater_equal_,
  less,
  less_,
  less_equal,
  less_equal_,
  multiply,
  multiply_,
  negative,
  negative_,
  not_equal,
  not_equal_,
  subtract,
  subtract_,
  true_divide,
  true_divide_,
} from './aliases.js';
export { add, add_, div, div_, mul, mul_, neg, neg_, pow, pow_, square, square_, sub, sub_ } from './arithmetic.js';
export { as_strided } from './as-strided.js';
export {
  moveaxis,
  movedim,
  ravel,
  squeeze_,
  swapaxes,
  swapdims,
  t_,
  transpose_,
  unflatten,
  unfoldMethod as unfold,
  unsqueeze_,
} from './axes.js';
export {
  addcdiv,
  addcdiv_,
  addcmul,
  addcmul_,
  clamp_max,
  clamp_max_,
  clamp_min,
  clamp_min_,
  hypot,
  hypot_,
  lerp,
  lerp_,
  nan_to_num,
  nan_to_num_,
} from './combination.js';
export {
  clamp,
  clamp_,
  eq,
  equal,
  ge,
  gt,
  le,
  lt,
  masked_fill,
  masked_fill_,
  maximum,
  minimum,
  ne,
  whereMethod as where,
} from './comparison.js';
export {
  bool,
  byte,
  clone,
  contiguous,
  copy_,
  cpu,
  detach,
  detach_,
  double,
  fill_,
  float,
  gpu,
  int,
  long,
  to,
  type_as,
  zero_,
} from './conversion.js';
export { cummax, cummin, cumprod, cumprod_, cumsum, cumsum_, logcumsumexp, prod } from './cumulative.js';
export { diag, diag_embed, diagonal, diagonal_scatter, trace, tril, tril_, triu, triu_ } from './diagonal.js';
export { bincount, unique, unique_consecutive } from './distinct.js';
export { abs, abs_, exp, exp_, log, log_, logical_not, sign, sign_, sqrt, sqrt_ } from './exponential.js';
export { amax, amin, argmax, argmin, max, min } from './extrema.js';
export { masked_scatter, masked_scatter_, masked_select, nonzero, put, put_, take, take_along_dim } from './flat.js';
export {
  backward,
  register_hook,
  register_post_accumulate_grad_hook,
  requires_grad_,
  retain_grad,
} from './graph-methods.js';
export { index, index_put, index_put_ } from './index.js';
export { index_add, index_add_, index_copy, index_copy_, index_fill, index_fill_ } from './index-along.js';
export { gather, index_select, scatter_add, scatter_add_ } from './indexing.js';
export {
  allclose,
  eq_,
  ge_,
  gt_,
  isclose,
  isfinite,
  isinf,
  isnan,
  isneginf,
  isposinf,
  le_,
  logical_and,
  logical_and_,
  logical_not_,
  logical_or,
  logical_or_,
  logical_xor,
  logical_xor_,
  lt_,
  ne_,
} from './logic.js';
export { bmm, dot, matmul, mm, mv } from './matmul.js';
export { std, varianceAlong as var } from './moments.js';
export { norm } from './norm.js';
export { argsort, kthvalue, median, msort, sort, topk } from './order.js';
export { cross, ger, inner, kron, matrix_power, outer, vdot } from './products.js';
export { bernoulli_, exponential_, normal_, random_, uniform_ } from './random.js';
export { flip, fliplr, flipud, repeat, repeat_interleave, roll, rot90, tile } from './rearrange.js';
export { mean, sum, sum_to_size } from './reduction.js';
export {
  ceil,
  ceil_,
  floor,
  floor_,
  floor_divide,
  floor_divide_,
  fmod,
  fmod_,
  frac,
  frac_,
  remainder,
  remainder_,
  round,
  round_,
  trunc,
  trunc_,
} from './rounding.js';
export { bernoulli, multinomial } from './sampling.js';
export { scatter, scatter_ } from './scatter.js';
export { hardshrink, prelu } from './shrinkage.js';
export { narrow, select, unbind } from './slice.js';
export { log_softmax, logsumexp, softmax } from './softmax.js';
export {
  erf,
  erf_,
  erfc,
  erfc_,
  exp2,
  exp2_,
  expm1,
  expm1_,
  log1p,
  log1p_,
  log2,
  log2_,
  log10,
  log10_,
  logit,
  logit_,
  reciprocal,
  reciprocal_,
  rsqrt,
  rsqrt_,
  sinc,
  sinc_,
} from './special.js';
export { chunk, dsplit, hsplit, split, tensor_split, vsplit } from './split.js';
export {
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
  cos,
  cos_,
  cosh,
  cosh_,
  sin,
  sin_,
  sinh,
  sinh_,
  tan,
  tan_,
} from './trigonometry.js';
export { all, any, count_nonzero, nanmean, nansum } from './truth.js';
export {
  broadcast_to,
  expand,
  expand_as,
  flatten,
  permute,
  reshape,
  reshape_as,
  squeeze,
  t,
  transpose,
  unsqueeze,
  view,
  view_as,
} from './view.js';
