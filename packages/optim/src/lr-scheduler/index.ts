/** torch.optim.lr_scheduler. https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate */
export { LRScheduler, type LRSchedulerOptions } from './lr-scheduler.js';
export { StepLR, type StepLROptions } from './step-lr.js';
