/** torch's core: tensors, their functions, gradients, random numbers, saving and loading. */
// what `using` needs, for programs whose own libraries do not have it
/// <reference lib="esnext.disposable" preserve="true" />
import { installMethods } from './methods.js';
import { installProperties } from './properties.js';
import { installSparse } from './sparse.js';

installMethods();
installProperties();
installSparse();

export {
  is_anomaly_check_nan_enabled,
  is_anomaly_enabled,
} from './autograd/anomaly.js';
export { enable_grad, type GradModeScope, is_grad_enabled, no_grad, set_grad_enabled } from './autograd/grad-mode.js';
export * as autograd from './autograd/index.js';
export { inference_mode, is_inference, is_inference_mode_enabled } from './autograd/inference-mode.js';
export * as __config__ from './config.js';
export * from './dtype-names.js';
export * from './errors.js';
export * from './factories-list.js';
export { get_printoptions, type PrintOptions, set_printoptions } from './format.js';
export { default_generator, Generator } from './generator.js';
export * as gpu from './gpu.js';
export type { TensorMethods } from './methods.js';
export * from './ops/functions.js';
export { Slice, slice, type TensorIndex } from './ops/index-plan.js';
export * as linalg from './ops/linalg.js';
export * as functional from './ops/nn-functional.js';
export * as random from './random-state.js';
export { integerKeyed, isIntegerKeyed } from './serialization/integer-keys.js';
export { type LoadOptions, load } from './serialization/load.js';
export type { MapLocation } from './serialization/map-location.js';
export { isOrderedDict, metadataOf, orderedDict } from './serialization/ordered-dicts.js';
export { type ParameterType, registerParameterType } from './serialization/parameters.js';
export * as safetensors from './serialization/safetensors.js';
export { save } from './serialization/save.js';
export { SparseTensor } from './sparse.js';
export { type SparseCooOptions, sparse_coo_tensor } from './sparse-factory.js';
export type { Device } from './storage.js';
export { type NestedList, Tensor } from './tensor.js';
export { get_num_threads, set_num_threads } from './threads.js';
