/**
 * Whether operations are recorded. https://pytorch.org/docs/stable/notes/autograd.html#locally-disable-grad-doc
 */
import { checkFunction } from '../arguments.js';
import { ValueError } from '../errors.js';
import { inferenceMode } from '../storage.js';

/** The current mode; read by every op. Only this folder writes it. */
export const gradMode: { enabled: boolean } = { enabled: true };

export const is_grad_enabled = (): boolean => gradMode.enabled;

/** A mode that ends when its block ends: `using _ = no_grad();` */
export interface GradModeScope extends Disposable {
  readonly previous: boolean;
}

function scope(enabled: boolean): GradModeScope {
  const previous = gradMode.enabled;
  gradMode.enabled = enabled;
  return {
    previous,
    [Symbol.dispose]: (): void => {
      gradMode.enabled = previous;
    },
  };
}

/** Runs `fn` in a mode and restores the old one, also after an exception. */
export function withGradMode<T>(enabled: boolean, fn: () => T): T {
  const previous = gradMode.enabled;
  gradMode.enabled = enabled;
  try {
    return fn();
  } finally {
    gradMode.enabled = previous;
  }
}

function run<T>(name: string, wanted: boolean, fn: (() => T) | undefined): T | GradModeScope {
  // nothing is ever recorded in inference mode
  const enabled = wanted && !inferenceMode.enabled;
  if (fn === undefined) return scope(enabled);
  checkFunction(name, 'fn', fn);
  const result = withGradMode(enabled, fn);
  if (result instanceof Promise) {
    // the mode has already been restored although the function still runs
    throw new ValueError(`${name}(): the function returned a Promise; write \`using _ = ${name}()\` inside it instead`);
  }
  return result;
}

/**
 * Runs `fn` without recording and returns its result; without `fn`, until the block ends: `using _ = no_grad()`.
 * https://pytorch.org/docs/stable/generated/torch.no_grad.html
 * @throws ValueError when `fn` returns a Promise.
 */
export function no_grad<T>(fn: () => T): T;
export function no_grad(): GradModeScope;
export function no_grad<T>(fn?: () => T): T | GradModeScope {
  return run('no_grad', false, fn);
}

/** Records inside a `no_grad` block. https://pytorch.org/docs/stable/generated/torch.enable_grad.html */
export function enable_grad<T>(fn: () => T): T;
export function enable_grad(): GradModeScope;
export function enable_grad<T>(fn?: () => T): T | GradModeScope {
  return run('enable_grad', true, fn);
}

/**
 * Sets the mode: for `fn`, or from now on (until the block ends, with `using`).
 * https://pytorch.org/docs/stable/generated/torch.set_grad_enabled.html
 */
export function set_grad_enabled<T>(mode: boolean, fn: () => T): T;
export function set_grad_enabled(mode: boolean): GradModeScope;
export function set_grad_enabled<T>(mode: boolean, fn?: () => T): T | GradModeScope {
  if (typeof mode !== 'boolean')
    throw new ValueError(`set_grad_enabled(): mode must be a boolean, got ${String(mode)}`);
  return run('set_grad_enabled', mode, fn);
}
