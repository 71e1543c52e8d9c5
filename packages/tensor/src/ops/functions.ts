/** The functions of `torch.*` on tensors, by PyTorch's names. https://pytorch.org/docs/stable/torch.html */
export { relu, relu_, sigmoid, sigmoid_, tanh, tanh_ } from './activation.js';
export { adaptive_avg_pool1d, avg_pool1d, max_pool1d, max_pool1d_with_indices } from './adaptive-pool.js';
export { addbmm, addmm, addmv, addmv_, addr, baddbmm } from './addmm.js';
export {
  absolute,
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
  arctanh,
  arctanh_,
  clip,
  clip_,
  divide,
  fix,
  fix_,
  greater,
  greater_equal,
  less,
  less_equal,
  multiply,
  negative,
  negative_,
  not_equal,
  subtract,
  true_divide,
} from './aliases.js';
export { add, div, mul, neg, neg_, pow, square, square_, sub } from './arithmetic.js';
export { as_strided } from './as-strided.js';
export {
  atleast_1d,
  atleast_2d,
  atleast_3d,
  broadcast_shapes,
  broadcast_tensors,
  moveaxis,
  movedim,
  ravel,
  swapaxes,
  swapdims,
  unflatten,
} from './axes.js';
export {
  addcdiv,
  addcmul,
  clamp_max,
  clamp_max_,
  clamp_min,
  clamp_min_,
  hypot,
  lerp,
  nan_to_num,
  nan_to_num_,
} from './combination.js';
export { clamp, clamp_, eq, equal, ge, gt, le, lt, masked_fill, maximum, minimum, ne, where } from './comparison.js';
export { conv2d } from './conv.js';
export { conv_transpose1d, conv_transpose2d } from './conv-transpose.js';
export { conv1d } from './conv1d.js';
export { clone, detach, detach_ } from './conversion.js';
export { cummax, cummin, cumprod, cumsum, logcumsumexp, prod } from './cumulative.js';
export {
  diag,
  diag_embed,
  diagonal,
  diagonal_scatter,
  trace,
  tril,
  tril_indices,
  triu,
  triu_indices,
} from './diagonal.js';
export { bincount, bucketize, searchsorted, unique, unique_consecutive } from './distinct.js';
export { torchDropout as dropout } from './dropout.js';
export { einsum } from './einsum.js';
export { abs, abs_, exp, exp_, log, log_, logical_not, sign, sqrt, sqrt_ } from './exponential.js';
export { amax, amin, argmax, argmin, max, min } from './extrema.js';
export { masked_scatter, masked_select, nonzero, put, take, take_along_dim } from './flat.js';
export { index_put, index_put_ } from './index.js';
export { index_add, index_copy, index_fill } from './index-along.js';
export { gather, index_select, scatter_add } from './indexing.js';
export { cat, cat as concat, column_stack, dstack, hstack, stack, vstack } from './joining.js';
export {
  allclose,
  isclose,
  isfinite,
  isinf,
  isnan,
  isneginf,
  isposinf,
  logical_and,
  logical_or,
  logical_xor,
} from './logic.js';
export { bmm, dot, matmul, mm, mv } from './matmul.js';
export { meshgrid } from './meshgrid.js';
export { std, std_mean, var_mean, varianceAlong as var } from './moments.js';
export { norm } from './norm.js';
export { argsort, kthvalue, median, msort, sort, topk } from './order.js';
export { celu, celu_, selu, selu_, threshold, threshold_ } from './piecewise-activation.js';
export { pixel_shuffle, pixel_unshuffle } from './pixels.js';
export { cross, ger, inner, kron, matrix_power, outer, tensordot, vdot } from './products.js';
export { flip, fliplr, flipud, repeat_interleave, roll, rot90, tile } from './rearrange.js';
export { mean, sum } from './reduction.js';
export {
  ceil,
  ceil_,
  floor,
  floor_,
  floor_divide,
  fmod,
  frac,
  frac_,
  remainder,
  round,
  round_,
  trunc,
  trunc_,
} from './rounding.js';
export { bernoulli, multinomial, normal } from './sampling.js';
export { scatter } from './scatter.js';
export { hardshrink, prelu } from './shrinkage.js';
export { cosine_similarity, pairwise_distance } from './similarity.js';
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
export { split_copy, split_with_sizes_copy, unbind_copy } from './split-copy.js';
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
export { is_floating_point, is_tensor, numel, result_type } from './type-queries.js';
export {
  broadcast_to,
  flatten,
  permute,
  reshape,
  squeeze,
  t,
  transpose,
  unsqueeze,
} from './view.js';
