/** The functions of `torch.*` on tensors, by PyTorch's names. https://pytorch.org/docs/stable/torch.html */
export { relu, relu_, sigmoid, sigmoid_, tanh, tanh_ } from './activation.js';
export { add, div, mul, neg, neg_, pow, square, sub } from './arithmetic.js';
export { as_strided } from './as-strided.js';
export { clamp, clamp_, eq, equal, ge, gt, le, lt, masked_fill, maximum, minimum, ne, where } from './comparison.js';
export { conv2d } from './conv.js';
export { clone, detach, detach_ } from './conversion.js';
export { torchDropout as dropout } from './dropout.js';
export { abs, abs_, exp, exp_, log, log_, logical_not, sign, sqrt, sqrt_ } from './exponential.js';
export { gather, index_select, scatter_add } from './indexing.js';
export { cat, cat as concat, stack } from './joining.js';
export { bmm, dot, matmul, mm, mv } from './matmul.js';
export { amax, amin, argmax, argmin, max, mean, min, sum } from './reduction.js';
export { narrow, select, unbind } from './slice.js';
export { log_softmax, logsumexp, softmax } from './softmax.js';
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
