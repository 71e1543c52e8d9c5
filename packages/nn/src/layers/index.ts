/** The layers, containers and losses of `torch.nn`. */
export { type DimOptions, type InplaceOptions, LogSoftmax, ReLU, Sigmoid, Softmax, Tanh } from './activation.js';
export { ModuleList, type NamedModules, Sequential } from './container.js';
export { Conv2d, type Conv2dOptions } from './conv.js';
export { Dropout, type DropoutOptions } from './dropout.js';
export { Flatten, type FlattenOptions } from './flatten.js';
export { Identity, Linear, type LinearOptions } from './linear.js';
export {
  type ClassLossOptions,
  CrossEntropyLoss,
  type CrossEntropyLossOptions,
  type LossOptions,
  MSELoss,
  NLLLoss,
} from './loss.js';
export { AvgPool2d, type AvgPool2dOptions, MaxPool2d, type MaxPool2dOptions } from './pooling.js';
