/** torch.optim.lr_scheduler. https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate */
export { ChainedScheduler, type ChainedSchedulerOptions } from './chained-scheduler.js';
export { ConstantLR, type ConstantLROptions } from './constant-lr.js';
export { CosineAnnealingLR, type CosineAnnealingLROptions } from './cosine-annealing-lr.js';
export {
  CosineAnnealingWarmRestarts,
  type CosineAnnealingWarmRestartsOptions,
} from './cosine-annealing-warm-restarts.js';
export { CyclicLR, type CyclicLROptions } from './cyclic-lr.js';
export { ExponentialLR, type ExponentialLROptions } from './exponential-lr.js';
export { LambdaLR } from './lambda-lr.js';
export type { LambdaOptions, LRLambda } from './lambdas.js';
export { LinearLR, type LinearLROptions } from './linear-lr.js';
export { _LRScheduler, LRScheduler } from './lr-scheduler.js';
export { MultiStepLR, type MultiStepLROptions } from './multi-step-lr.js';
export { MultiplicativeLR } from './multiplicative-lr.js';
export { OneCycleLR, type OneCycleLROptions } from './one-cycle-lr.js';
export type { LRSchedulerOptions } from './options.js';
export { PolynomialLR, type PolynomialLROptions } from './polynomial-lr.js';
export { ReduceLROnPlateau, type ReduceLROnPlateauOptions } from './reduce-lr-on-plateau.js';
export { SequentialLR, type SequentialLROptions } from './sequential-lr.js';
export { StepLR, type StepLROptions } from './step-lr.js';
