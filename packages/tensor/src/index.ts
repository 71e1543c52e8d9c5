/** torch's core: tensors, their functions, gradients, random numbers, saving and loading. */
import { installMethods } from './methods.js';
import { installProperties } from './properties.js';

installMethods();
installProperties();

export { enable_grad, type GradModeScope, is_grad_enabled, no_grad, set_grad_enabled } from './autograd/grad-mode.js';
export * as autograd from './autograd/index.js';
export * from './dtype-names.js';
export * from './errors.js';
export * from './factories-list.js';
export { get_printoptions, type PrintOptions, set_printoptions } from './format.js';
export * as gpu from './gpu.js';
export type { TensorMethods } from './methods.js';
export * from './ops/functions.js';
export * as functional from './ops/nn-functional.js';
export { default_generator, Generator } from './random/generator.js';
export { integerKeyed, isIntegerKeyed } from './serialization/integer-keys.js';
export { type LoadOptions, load } from './serialization/load.js';
export { isOrderedDict, metadataOf, orderedDict } from './serialization/ordered-dicts.js';
export { type ParameterType, registerParameterType } from './serialization/parameters.js';
export type { MapLocation } from './serialization/pt.js';
export { save } from './serialization/save.js';
export type { Device } from './storage.js';
export { type NestedList, Tensor } from './tensor.js';
export { get_num_threads, set_num_threads } from './threads.js';
