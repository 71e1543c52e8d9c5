/**
 * What the gpu device leaves to the cpu, and when: its operands go to the host and the result comes back, counted and, with
 * `TORCHLET_GPU_DEBUG=1`, printed. No method goes through the cpu that does not stand here; the page of supported names
 * prints this list. Where nothing has to move, because the elements are few or the host's own, the cpu computes uncounted.
 */
const INEXACT = 'of integers that may leave ±2^24, beyond which 32-bit floats skip some';

/** Methods whose operands may go through the cpu. */
export type ThroughCpu =
  | 'copy'
  | 'accumulate'
  | 'elementwise'
  | 'reduce'
  | 'argReduce'
  | 'scan'
  | 'sort'
  | 'softmax'
  | 'gather'
  | 'scatterAdd'
  | 'scatter'
  | 'matmul'
  | 'conv2d'
  | 'conv2dInputGrad'
  | 'conv2dWeightGrad'
  | 'maxPool2d'
  | 'maxPool2dBackward'
  | 'avgPool2d'
  | 'avgPool2dBackward';

/** What of PyTorch it is, and when; null where there are no elements, so that nothing moves. */
export const THROUGH_CPU: Readonly<Record<ThroughCpu, string | null>> = {
  copy: 'of integers beyond ±2^24 into another dtype',
  accumulate: `gradients added up ${INEXACT}; into windows that overlap in more than 64 places`,
  elementwise: `arithmetic ${INEXACT}: add, sub, mul, neg, pow, floor_divide, fmod, remainder`,
  reduce: `sum and prod ${INEXACT}: of bool and uint8 only large ones; max and min of integers beyond ±2^24`,
  argReduce: 'argmax and argmin of integers beyond ±2^24',
  scan: 'cumsum, cumprod, cummax, cummin, logcumsumexp',
  sort: 'sort, argsort, msort, topk, kthvalue, median',
  softmax: null,
  gather: 'gather, index_select of integers beyond ±2^24',
  scatterAdd: 'scatter_add, index_add of integers',
  scatter: 'scatter, index_copy of integers beyond ±2^24',
  matmul: 'matrix products of integers',
  conv2d: null,
  conv2dInputGrad: null,
  conv2dWeightGrad: null,
  maxPool2d: null,
  maxPool2dBackward: null,
  avgPool2d: null,
  avgPool2dBackward: null,
};
