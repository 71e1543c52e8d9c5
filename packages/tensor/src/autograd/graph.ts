/** `torch.autograd.graph`. https://pytorch.org/docs/stable/autograd.html#autograd-graph */
export { type MultiGradHook, register_multi_grad_hook } from './multi-grad-hook.js';
export { Node } from './node.js';
export {
  disable_saved_tensors_hooks,
  type PackHook,
  type SaveOnCpuOptions,
  save_on_cpu,
  saved_tensors_hooks,
  type UnpackHook,
} from './saved-tensor-hooks.js';
