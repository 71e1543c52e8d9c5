/** Whether a call has to be recorded. */
import { isFloating } from '../dtype.js';
import { Tensor } from '../tensor.js';
import { requiresGrad } from './history.js';

/** An argument that is a list of tensors, such as cat's. */
export const isList = (x: unknown): x is readonly Tensor[] => Array.isArray(x) && x[0] instanceof Tensor;

function wantsGrad(x: unknown): boolean {
  if (x instanceof Tensor) return requiresGrad(x);
  return isList(x) && x.some(requiresGrad);
}

/** Whether a gradient is wanted of any argument. */
export function anyWantsGrad(args: readonly unknown[]): boolean {
  for (let i = 0; i < args.length; i++) if (wantsGrad(args[i])) return true;
  return false;
}

/** Whether `next_functions` has a place for an argument; for a number only where PyTorch makes a tensor of it. */
export function isListed(arg: unknown, wrapsNumbers: boolean): boolean {
  if (typeof arg === 'number') return wrapsNumbers;
  return isList(arg) || (arg instanceof Tensor && isFloating(arg.dtype));
}
