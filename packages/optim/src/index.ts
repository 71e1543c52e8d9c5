/** torch.optim: optimizers and learning-rate schedulers. https://pytorch.org/docs/stable/optim.html */
export { Adadelta, type AdadeltaOptions, type AdadeltaState } from './adadelta.js';
export { Adafactor, type AdafactorOptions, type AdafactorState } from './adafactor.js';
export { Adagrad, type AdagradOptions, type AdagradState } from './adagrad.js';
export { Adam, type AdamOptions, type AdamState } from './adam.js';
export { Adamax, type AdamaxOptions, type AdamaxState } from './adamax.js';
export { AdamW, type AdamWOptions } from './adamw.js';
export { ASGD, type ASGDOptions, type ASGDState } from './asgd.js';
export type {
  OptimizerHook,
  RemovableHandle,
  StateDictHook,
  StepArguments,
  StepKeywords,
  StepPostHook,
  StepPreHook,
} from './hooks.js';
export { LBFGS, type LBFGSOptions, type LBFGSState } from './lbfgs.js';
export type { LBFGSHistory } from './lbfgs-direction.js';
export * as lr_scheduler from './lr-scheduler/index.js';
export { Muon, type MuonOptions, type MuonState } from './muon.js';
export { NAdam, type NAdamOptions, type NAdamState } from './nadam.js';
export { type Closure, type GroupOptions, Optimizer } from './optimizer.js';
export * as optimizer from './optimizer-module.js';
export type { ParamGroup, ParamGroupInput, ParamInput, ParamsInput } from './param-groups.js';
export { RAdam, type RAdamOptions, type RAdamState } from './radam.js';
export { RMSprop, type RMSpropOptions, type RMSpropState } from './rmsprop.js';
export { Rprop, type RpropOptions, type RpropState } from './rprop.js';
export { SGD, type SGDOptions, type SGDState } from './sgd.js';
export { SparseAdam, type SparseAdamOptions, type SparseAdamState } from './sparse-adam.js';
export type { OptimizerStateDict, StateEntry } from './state-dict.js';
export * as swa_utils from './swa-utils/index.js';
