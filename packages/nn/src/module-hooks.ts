/** The kinds of hooks around a module's call, and lists of them. */

import type { autograd, Tensor } from '@torchlet/tensor';
import { ValueError } from '@torchlet/tensor';
import { checkBoolean, checkOptions, HookList } from '@torchlet/tensor/internal';

type Grads = autograd.Grads;

// Methods, not arrow types: hooks of a particular module are then also hooks of any module (parameters are compared in
// both directions), without which no module would be an AnyModule.

/** Sees the arguments before `forward`, and may return others: all in an array, or the only one. */
export type ForwardPreHook<M, Args extends unknown[]> =
  | { hook(module: M, args: Args): Args | Args[0] | null }['hook']
  | { hook(module: M, args: Args): void }['hook'];
/** Sees the result of `forward`, and may return another. */
export type ForwardHook<M, Args extends unknown[], Out> =
  | { hook(module: M, args: Args, output: Out): Out | null }['hook']
  | { hook(module: M, args: Args, output: Out): void }['hook'];
/** Sees the gradients of the outputs before they go through the module, and may return others. */
export type BackwardPreHook<M> =
  | { hook(module: M, grad_output: Grads): Grads | Tensor | null }['hook']
  | { hook(module: M, grad_output: Grads): void }['hook'];
/** Sees the gradients of inputs and outputs, and may return other gradients of the inputs. */
export type BackwardHook<M> =
  | { hook(module: M, grad_input: Grads, grad_output: Grads): Grads | Tensor | null }['hook']
  | { hook(module: M, grad_input: Grads, grad_output: Grads): void }['hook'];

export interface ForwardPreHookOptions {
  /** Ahead of the hooks that are there already. */
  readonly prepend?: boolean;
  /** Only false: there are no keyword arguments. */
  readonly with_kwargs?: false;
}

export interface ForwardHookOptions extends ForwardPreHookOptions {
  /** Also run when `forward` or another hook throws. */
  readonly always_call?: boolean;
}

/** Hooks without the types of a particular module. */
export type AnyForwardPreHook = (module: object, args: unknown[]) => unknown;
export interface AnyForwardHook {
  readonly hook: (module: object, args: unknown[], output: unknown) => unknown;
  readonly always: boolean;
}
export type AnyBackwardPreHook = (module: object, grad_output: Grads) => unknown;
export type AnyBackwardHook = (module: object, grad_input: Grads, grad_output: Grads) => unknown;

/** All hooks of one module, or of all modules. */
export class ModuleHooks {
  readonly forwardPre: HookList<AnyForwardPreHook> = new HookList<AnyForwardPreHook>();
  readonly forward: HookList<AnyForwardHook['hook']> = new HookList<AnyForwardHook['hook']>();
  readonly backwardPre: HookList<AnyBackwardPreHook> = new HookList<AnyBackwardPreHook>();
  readonly backward: HookList<AnyBackwardHook> = new HookList<AnyBackwardHook>();
  /** The forward hooks that run after exceptions too. */
  readonly always: WeakSet<AnyForwardHook['hook']> = new WeakSet();

  get isEmpty(): boolean {
    return this.forwardPre.isEmpty && this.forward.isEmpty && this.backwardPre.isEmpty && this.backward.isEmpty;
  }
}

/** Checks the options of a registration. @throws ValueError for `with_kwargs` and unknown keys. */
export function readHookOptions(
  fn: string,
  options: ForwardHookOptions,
  names: readonly string[] = ['prepend', 'with_kwargs', 'always_call'],
): { readonly prepend: boolean; readonly always: boolean } {
  checkOptions(fn, names, options);
  if (checkBoolean(fn, 'with_kwargs', options.with_kwargs ?? false)) {
    throw new ValueError(`${fn}(): with_kwargs=True is not supported: there are no keyword arguments`);
  }
  return {
    prepend: checkBoolean(fn, 'prepend', options.prepend ?? false),
    always: checkBoolean(fn, 'always_call', options.always_call ?? false),
  };
}
