/** `torch.autograd`. https://pytorch.org/docs/stable/autograd.html */
export {
  type DetectAnomalyOptions,
  detect_anomaly,
  set_detect_anomaly,
} from './anomaly.js';
export { type BackwardOptions, backward, type GradOptions, grad } from './backward.js';
export { CustomFunction as Function, once_differentiable } from './function.js';
export { FunctionContext, type FunctionCtx } from './function-context.js';
export * as functional from './functional.js';
export { enable_grad, is_grad_enabled, no_grad, set_grad_enabled } from './grad-mode.js';
export {
  type CheckedFunction,
  GradcheckError,
  type GradcheckOptions,
  type GradgradcheckOptions,
  gradcheck,
  gradgradcheck,
} from './gradcheck.js';
export * as graph from './graph.js';
export type {
  Grads,
  NodeHook,
  NodePreHook,
  PostAccumulateGradHook,
  TensorHook,
} from './hooks.js';
export { inference_mode } from './inference-mode.js';
export { Node } from './node.js';
export { RemovableHandle } from './removable-handle.js';
