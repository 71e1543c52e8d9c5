/** The layers, containers and losses of `torch.nn`. */
export { type DimOptions, type InplaceOptions, LogSoftmax, ReLU, Sigmoid, Softmax, Tanh } from './activation.js';
export * from './adaptive-pooling.js';
export { type AttentionCallOptions, MultiheadAttention, type MultiheadAttentionOptions } from './attention.js';
export { BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNormOptions } from './batchnorm.js';
export { ModuleList, type NamedModules, Sequential } from './container.js';
export * from './conv.js';
export type { ConvOptions, ConvTransposeOptions, PaddingMode } from './conv-base.js';
export * from './distance.js';
export * from './dropout.js';
export * from './embedding.js';
export { Flatten, type FlattenOptions } from './flatten.js';
export * from './folding.js';
export * from './inplace-activation.js';
export * from './instancenorm.js';
export * from './layer-norm.js';
export { Identity, Linear, type LinearOptions } from './linear.js';
export {
  type ClassLossOptions,
  CrossEntropyLoss,
  type CrossEntropyLossOptions,
  type LossOptions,
  MSELoss,
  NLLLoss,
} from './loss.js';
export * from './margin-loss.js';
export { ModuleDict } from './module-dict.js';
export * from './more-activation.js';
export type { NamedMembersInput } from './named-members.js';
export * from './normalization.js';
export * from './padding.js';
export { ParameterDict, ParameterList } from './parameter-containers.js';
export { AvgPool2d, type AvgPool2dOptions, MaxPool2d, type MaxPool2dOptions } from './pooling.js';
export * from './recurrent/index.js';
export * from './resizing.js';
export { Transformer, type TransformerCallOptions, type TransformerOptions } from './transformer.js';
export {
  type DecoderLayerCallOptions,
  type EncoderLayerCallOptions,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
} from './transformer-layers.js';
export type { Activation, TransformerLayerOptions } from './transformer-options.js';
export {
  type EncoderCallOptions,
  TransformerDecoder,
  type TransformerDecoderOptions,
  TransformerEncoder,
  type TransformerEncoderOptions,
} from './transformer-stacks.js';
export * from './value-loss.js';
