/** What torchlet's other packages share with this one. Not for users: it may change with any version. */
export { bindArguments, checkBoolean, checkInteger, checkNumber, checkOptions, isOptions } from './arguments.js';
export { cName, type DType, isDType, isFloating } from './dtype.js';
export type { Padding, Pair } from './ops/conv.js';
export type { Reduction } from './ops/loss.js';
export { pairOf } from './ops/pairs.js';
export { defineUpdate, type Update, type UpdateDefinition } from './ops/update.js';
export { integerKeyed, isIntegerKeyed } from './serialization/integer-keys.js';
export { isOrderedDict, metadataOf, orderedDict } from './serialization/ordered-dicts.js';
export { registerParameterType } from './serialization/parameters.js';
export { sameShape } from './shape.js';
