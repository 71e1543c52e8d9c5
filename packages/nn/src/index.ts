/** `torch.nn`: modules, layers, losses. https://pytorch.org/docs/stable/nn.html */
export { functional } from '@torchlet/tensor';
export type { ConvertOptions } from './conversion.js';
export { deepcopy } from './deepcopy.js';
export * as init from './init.js';
export * from './layers/index.js';
export { type AnyModule, Module } from './module.js';
export type {
  BackwardHook,
  BackwardPreHook,
  ForwardHook,
  ForwardHookOptions,
  ForwardPreHook,
  ForwardPreHookOptions,
} from './module-hooks.js';
export type * from './module-options.js';
export * as modules from './modules.js';
export { Parameter, type ParameterOptions } from './parameter.js';
export type { IncompatibleKeys, StateDict, StateDictInput } from './state-dict.js';
export { type LayerSummary, type ModuleSummary, type SummaryInput, type SummaryOptions, summary } from './summary.js';
export * as utils from './utils/index.js';
