/**
 * The methods of Tensor, by PyTorch's names: `x.add(y)` is `add(x, y)`. A name is listed here if `torch.Tensor` has it.
 * https://pytorch.org/docs/stable/tensors.html
 */
export { new_full, new_ones, new_tensor, new_zeros } from '../factories.js';
export { relu, relu_, sigmoid, sigmoid_, tanh, tanh_ } from './activation.js';
export { add, add_, div, div_, mul, mul_, neg, neg_, pow, pow_, square, sub, sub_ } from './arithmetic.js';
export { as_strided } from './as-strided.js';
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
export { abs, abs_, exp, exp_, log, log_, logical_not, sign, sign_, sqrt, sqrt_ } from './exponential.js';
export { backward, requires_grad_, retain_grad } from './graph-methods.js';
export { gather, index_select, scatter_add, scatter_add_ } from './indexing.js';
export { bmm, dot, matmul, mm, mv } from './matmul.js';
export { bernoulli_, exponential_, normal_, random_, uniform_ } from './random.js';
export { amax, amin, argmax, argmin, max, mean, min, sum, sum_to_size } from './reduction.js';
export { narrow, select, unbind } from './slice.js';
export { log_softmax, logsumexp, softmax } from './softmax.js';
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
