/** What happens around a module's `forward`. */
import type { autograd } from '@torchlet/tensor';
import { anomalyMode, registerInternalCode, withinModule } from '@torchlet/tensor/internal';
import { BackwardHooks } from './backward-hooks.js';
import { Callable } from './callable.js';
import { globalHooks } from './global-hooks.js';
import {
  type AnyBackwardHook,
  type AnyBackwardPreHook,
  type AnyForwardHook,
  type AnyForwardPreHook,
  type BackwardHook,
  type BackwardPreHook,
  type ForwardHook,
  type ForwardHookOptions,
  type ForwardPreHook,
  type ForwardPreHookOptions,
  ModuleHooks,
  readHookOptions,
} from './module-hooks.js';

registerInternalCode(import.meta.url, 0);

/** A module as far as its call goes: its hooks, then `forward`. */
export abstract class HookedModule<Args extends unknown[], Out> extends Callable<Args, Out> {
  #hooks: ModuleHooks | null = null;

  abstract forward(...args: Args): Out;
  abstract named_modules(): IterableIterator<[string, object]>;

  _call_impl(...args: Args): Out {
    if (anomalyMode.enabled)
      return withinModule(
        this,
        (root) => pathBelow(root, this),
        () => this.#call(args),
      );
    return this.#hooks === null && globalHooks.isEmpty ? this.forward(...args) : this.#call(args);
  }

  #call(args: Args): Out {
    const own = this.#hooks ?? NONE;
    if (own.isEmpty && globalHooks.isEmpty) return this.forward(...args);
    const forward = (given: unknown[]): unknown => this.forward(...(given as Args));
    return callWithHooks(this, [globalHooks, own], forward, args) as Out;
  }

  get #ownHooks(): ModuleHooks {
    this.#hooks ??= new ModuleHooks();
    return this.#hooks;
  }

  /**
   * Runs before `forward`; what it returns are the arguments instead.
   * https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.register_forward_pre_hook
   */
  register_forward_pre_hook(
    hook: ForwardPreHook<this, Args>,
    options: ForwardPreHookOptions = {},
  ): autograd.RemovableHandle {
    const { prepend } = readHookOptions('register_forward_pre_hook', options, ['prepend', 'with_kwargs']);
    return this.#ownHooks.forwardPre.add(hook as AnyForwardPreHook, prepend);
  }

  /**
   * Runs after `forward`; what it returns is the result instead.
   * https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.register_forward_hook
   */
  register_forward_hook(
    hook: ForwardHook<this, Args, Out>,
    options: ForwardHookOptions = {},
  ): autograd.RemovableHandle {
    const { prepend, always } = readHookOptions('register_forward_hook', options);
    const handle = this.#ownHooks.forward.add(hook as AnyForwardHook['hook'], prepend);
    if (always) this.#ownHooks.always.add(hook as AnyForwardHook['hook']);
    return handle;
  }

  /**
   * Runs when the gradients of the outputs have been computed; what it returns takes their place.
   * https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.register_full_backward_pre_hook
   */
  register_full_backward_pre_hook(
    hook: BackwardPreHook<this>,
    prepend: boolean | { readonly prepend?: boolean } = false,
  ): autograd.RemovableHandle {
    const first = readPrepend('register_full_backward_pre_hook', prepend);
    return this.#ownHooks.backwardPre.add(hook as AnyBackwardPreHook, first);
  }

  /**
   * Runs when the gradients of the inputs have been computed; what it returns takes their place.
   * https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.register_full_backward_hook
   */
  register_full_backward_hook(
    hook: BackwardHook<this>,
    prepend: boolean | { readonly prepend?: boolean } = false,
  ): autograd.RemovableHandle {
    const first = readPrepend('register_full_backward_hook', prepend);
    return this.#ownHooks.backward.add(hook as AnyBackwardHook, first);
  }
}

const NONE = new ModuleHooks();

const readPrepend = (fn: string, prepend: boolean | { readonly prepend?: boolean }): boolean =>
  readHookOptions(fn, typeof prepend === 'boolean' ? { prepend } : prepend, ['prepend']).prepend;

/** Global hooks come first, then the module's own. */
function callWithHooks(
  module: object,
  lists: readonly ModuleHooks[],
  forward: (args: unknown[]) => unknown,
  given: unknown[],
): unknown {
  let args = given;
  let result: unknown = null;
  const done = new Set<unknown>();
  try {
    for (const { forwardPre } of lists) {
      for (const hook of forwardPre) {
        const other = hook(module, args) ?? null;
        if (other !== null) args = Array.isArray(other) ? other : [other];
      }
    }
    const pre = lists.flatMap(({ backwardPre }) => [...backwardPre]);
    const post = lists.flatMap(({ backward }) => [...backward]);
    const backward = pre.length + post.length === 0 ? null : new BackwardHooks(module, pre, post);
    result = forward(backward === null ? args : backward.wrapInputs(args));
    for (const list of lists) {
      for (const hook of list.forward) {
        done.add(hook);
        result = hook(module, args, result) ?? result;
      }
    }
    return backward === null ? result : backward.wrapOutput(result);
  } catch (error) {
    callAlways(module, lists, args, result, done);
    throw error;
  }
}

/** The hooks that run after an exception too. Their own exceptions give way to the first one. */
function callAlways(
  module: object,
  lists: readonly ModuleHooks[],
  args: unknown[],
  result: unknown,
  done: ReadonlySet<unknown>,
): void {
  for (const list of lists) {
    for (const hook of list.forward) {
      if (!list.always.has(hook) || done.has(hook)) continue;
      try {
        hook(module, args, result);
      } catch {
        // PyTorch too reports the first exception
      }
    }
  }
}

/** `Net.features.0 (Conv2d)`: the path of a module below the one that was called. */
function pathBelow(root: object, module: object): string {
  const name = module.constructor.name;
  if (root === module) return name;
  if (root instanceof HookedModule) {
    for (const [path, child] of root.named_modules()) {
      if (child === module) return `${root.constructor.name}.${path} (${name})`;
    }
  }
  return name;
}
