/**
 * Numbers on typed arrays: matrix products, attention, convolution, pooling. No tensors here. Everything is row-major and contiguous
 * unless a leading dimension says otherwise; offsets count elements.
 */
export { attentionBackward, attentionForward } from './attention/attention.js';
export type { AttentionShape, Heads } from './attention/shape.js';
export { conv2dForward, conv2dInputGrad, conv2dWeightGrad } from './conv/conv2d.js';
export { col2im, im2col } from './conv/im2col.js';
export type { Conv2dShape } from './conv/shape.js';
export { GarbageLimit, type GarbageLimitOptions } from './garbage-limit.js';
export { type Batch, gemmBatch } from './gemm/batch.js';
export { gemm, sgemm } from './gemm/gemm.js';
export { referenceGemm } from './gemm/reference.js';
export { info, type KernelInfo, setNumThreads } from './info.js';
export { threadLimits } from './parallel/limits.js';
export { WorkerError } from './parallel/pool.js';
export { avgPool2dBackward, avgPool2dForward } from './pool/avg-pool.js';
export { maxPool2dBackward, maxPool2dForward } from './pool/max-pool.js';
export type { Pool2dShape } from './pool/shape.js';
export { type ColumnsReduction, reduceColumns } from './reduce.js';
export {
  allocateArray32,
  collectEarly,
  copyArray,
  isResident,
  MIN_RESIDENT,
  releaseArray,
  repeatArray,
  residentUsage,
} from './resident.js';
export { moveRows, type RowPlaces, type RowsMove } from './rows.js';
export type { LoopDefinition, RowsDefinition } from './simd/compile.js';
export { applyOperator } from './simd/operators.js';
export {
  type Expression,
  namesIn,
  namesOf,
  parseExpression,
  parseStatements,
  type Statement,
  Unsupported,
} from './simd/syntax.js';
export { type VectorLoop, vectorLoop } from './simd/vector-loop.js';
export { type Rows, type VectorRows, vectorRows } from './simd/vector-rows.js';
export { copyStrided, type Strided } from './strided.js';
export type { FloatArray, Gemm, NumericArray } from './types.js';
export { afterCollections, type Effort, openWatch, type Watch, type Witness } from './watch.js';
