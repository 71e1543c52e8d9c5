/** What torchlet's other packages share with this one. Not for users: it may change with any version. */

export { residentUsage as cpuMemory } from '@torchlet/kernels';
export {
  bindArguments,
  checkBoolean,
  checkFunction,
  checkInteger,
  checkNumber,
  checkOptions,
  isOptions,
} from './arguments.js';
export { AccumulateGrad } from './autograd/accumulate-grad.js';
export { anomalyMode, originOf, registerInternalCode } from './autograd/anomaly.js';
export { CheckpointError, type CheckpointOptions, checkpoint, checkpoint_sequential } from './autograd/checkpoint.js';
export { giveBack } from './autograd/give-back.js';
export { CopySlices, gradientEdge } from './autograd/history.js';
export { runWithin } from './autograd/inference-mode.js';
export { type ModuleCall, pathOf, withinModule } from './autograd/module-calls.js';
export type { Edge } from './autograd/node.js';
export { type Observer, observing } from './autograd/observer.js';
export { OpNode } from './autograd/op-node.js';
export { HookList, RemovableHandle } from './autograd/removable-handle.js';
export type { RowsKernel } from './backend/rows-kernel.js';
export type { UpdateKernel } from './backend/update-kernel.js';
export { cName, type DType, isDType, isFloating } from './dtype.js';
export type { OutputSize } from './ops/adaptive-pool.js';
export type { Padding, Pair } from './ops/conv.js';
export { type Padding1d, type Single, singleOf } from './ops/conv1d.js';
export { allocateLike } from './ops/kernel.js';
export type { Reduction } from './ops/loss.js';
export type { Arguments, Reducing } from './ops/loss-op.js';
export { matmulInto } from './ops/matmul-into.js';
export { pairOf } from './ops/pairs.js';
export type { KlReduction } from './ops/probability-loss.js';
export { runRows } from './ops/rows.js';
export { defineUpdate, type Update, type UpdateDefinition } from './ops/update.js';
export { partOf, vectorOf } from './ops/vector-parts.js';
export { writeFile } from './serialization/files.js';
export { integerKeyed, isIntegerKeyed } from './serialization/integer-keys.js';
export { isOrderedDict, metadataOf, orderedDict } from './serialization/ordered-dicts.js';
export { registerParameterType } from './serialization/parameters.js';
export { type Shape, sameShape, showShape } from './shape.js';
