/** torch.optim: optimizers and learning-rate schedulers. https://pytorch.org/docs/stable/optim.html */
export { Adam, type AdamOptions, type AdamState } from './adam.js';
export { AdamW, type AdamWOptions } from './adamw.js';
export type {
  OptimizerHook,
  RemovableHandle,
  StateDictHook,
  StepArguments,
  StepKeywords,
  StepPostHook,
  StepPreHook,
} from './hooks.js';
export * as lr_scheduler from './lr-scheduler/index.js';
export { type Closure, type GroupOptions, Optimizer } from './optimizer.js';
export * as optimizer from './optimizer-module.js';
export type { ParamGroup, ParamGroupInput, ParamInput, ParamsInput } from './param-groups.js';
export { SGD, type SGDOptions, type SGDState } from './sgd.js';
export type { OptimizerStateDict, StateEntry } from './state-dict.js';
export * as swa_utils from './swa-utils/index.js';
