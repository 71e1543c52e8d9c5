/**
 * torch.optim.swa_utils: averages of a model's weights over its training. The one part of optim that knows nn, as an
 * AveragedModel is a module. https://pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema
 */
export { AveragedModel, type AveragedModelOptions } from './averaged-model.js';
export {
  type AvgFn,
  type DecayOptions,
  get_ema_avg_fn,
  get_ema_multi_avg_fn,
  get_swa_avg_fn,
  get_swa_multi_avg_fn,
  type MultiAvgFn,
} from './averaging.js';
export { SWALR, type SWALROptions } from './swalr.js';
export { type UpdateBnOptions, update_bn } from './update-bn.js';
