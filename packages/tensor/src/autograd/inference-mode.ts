/** `inference_mode`. https://pytorch.org/docs/stable/generated/torch.autograd.grad_mode.inference_mode.html */
import { checkFunction } from '../arguments.js';
import { ValueError } from '../errors.js';
import { inferenceMode } from '../storage.js';
import { gradMode } from './grad-mode.js';

export const is_inference_mode_enabled = (): boolean => inferenceMode.enabled;

/** Whether `t` was made in inference mode. https://pytorch.org/docs/stable/generated/torch.is_inference.html */
export const is_inference = (input: { is_inference(): boolean }): boolean => {
  checkFunction('is_inference', 'input', input?.is_inference);
  return input.is_inference();
};

function enter(mode: boolean): Disposable {
  const before = { inference: inferenceMode.enabled, grad: gradMode.enabled };
  inferenceMode.enabled = mode;
  // PyTorch's rule: leaving inference mode inside of it is to record again
  gradMode.enabled = !mode;
  return {
    [Symbol.dispose]: (): void => {
      inferenceMode.enabled = before.inference;
      gradMode.enabled = before.grad;
    },
  };
}

/**
 * `no_grad` and more: what is made inside are inference tensors, which no graph can ever save and which count no
 * versions. Runs `fn` and returns its result; without `fn`, until the block ends: `using _ = inference_mode()`.
 * `inference_mode(false)` is the normal mode again.
 * https://pytorch.org/docs/stable/generated/torch.autograd.grad_mode.inference_mode.html
 * @throws ValueError when `fn` returns a Promise.
 */
export function inference_mode<T>(fn: () => T): T;
export function inference_mode<T>(mode: boolean, fn: () => T): T;
export function inference_mode(mode?: boolean): Disposable;
export function inference_mode<T>(first: boolean | (() => T) = true, second?: () => T): T | Disposable {
  const fn = typeof first === 'function' ? first : second;
  const mode = typeof first === 'function' ? true : first;
  if (typeof mode !== 'boolean') throw new ValueError(`inference_mode(): mode must be a boolean, got ${String(mode)}`);
  if (fn !== undefined) checkFunction('inference_mode', 'fn', fn);
  const scope = enter(mode);
  return fn === undefined ? scope : runWithin('inference_mode', scope, fn);
}

/** Runs `fn` and ends the scope after it. @throws ValueError for a Promise, which would outlive the scope. */
export function runWithin<T>(name: string, scope: Disposable, fn: () => T): T {
  let result: T;
  try {
    result = fn();
  } finally {
    scope[Symbol.dispose]();
  }
  if (result instanceof Promise) {
    throw new ValueError(`${name}(): the function returned a Promise; write \`using _ = ${name}()\` inside it instead`);
  }
  return result;
}
