/** `torch.nn.modules.module`: hooks of all modules, which run ahead of a module's own. For debugging. */
import type { autograd } from '@torchlet/tensor';
import {
  type AnyBackwardHook,
  type AnyBackwardPreHook,
  type BackwardHook,
  type BackwardPreHook,
  type ForwardHook,
  type ForwardHookOptions,
  type ForwardPreHook,
  ModuleHooks,
  readHookOptions,
} from './module-hooks.js';

/** @internal */
export const globalHooks: ModuleHooks = new ModuleHooks();

/** https://pytorch.org/docs/stable/generated/torch.nn.modules.module.register_module_forward_pre_hook.html */
export const register_module_forward_pre_hook = (hook: ForwardPreHook<object, unknown[]>): autograd.RemovableHandle =>
  globalHooks.forwardPre.add(hook);

/** https://pytorch.org/docs/stable/generated/torch.nn.modules.module.register_module_forward_hook.html */
export function register_module_forward_hook(
  hook: ForwardHook<object, unknown[], unknown>,
  options: Omit<ForwardHookOptions, 'prepend'> = {},
): autograd.RemovableHandle {
  const { always } = readHookOptions('register_module_forward_hook', options, ['with_kwargs', 'always_call']);
  const handle = globalHooks.forward.add(hook);
  if (always) globalHooks.always.add(hook);
  return handle;
}

/** https://pytorch.org/docs/stable/generated/torch.nn.modules.module.register_module_full_backward_pre_hook.html */
export const register_module_full_backward_pre_hook = (hook: BackwardPreHook<object>): autograd.RemovableHandle =>
  globalHooks.backwardPre.add(hook as AnyBackwardPreHook);

/** https://pytorch.org/docs/stable/generated/torch.nn.modules.module.register_module_full_backward_hook.html */
export const register_module_full_backward_hook = (hook: BackwardHook<object>): autograd.RemovableHandle =>
  globalHooks.backward.add(hook as AnyBackwardHook);
