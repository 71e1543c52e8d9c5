/** Checks of the options that optimizers and schedulers take. */
import { Tensor, ValueError } from '@torchlet/tensor';
import { checkBoolean, checkOptions, cName, isOptions } from '@torchlet/tensor/internal';

/** Options that choose how PyTorch runs an update; none of them changes its result. */
export interface ImplementationOptions {
  /** PyTorch's choice between loops over tensors and over elements. Accepted; an update is one pass in any case. */
  foreach: boolean | null;
  /** Recording the update in a graph is not supported: false. */
  differentiable: boolean;
}

/** With those that only some optimizers have. */
export interface AnyImplementationOptions extends ImplementationOptions {
  /** PyTorch's CUDA kernels are not here: null or false. */
  fused?: boolean | null;
  /** CUDA graphs are not here: false. */
  capturable?: boolean;
}

/** What a value is, for messages: `torch.FloatTensor`, `string`, `Array`, `null`. */
export function typename(x: unknown): string {
  if (x instanceof Tensor) return `torch.${cName(x.dtype)}Tensor`;
  if (x === null) return 'null';
  // a module is called as a function is, but is none
  if (typeof x !== 'object' && (typeof x !== 'function' || x instanceof Function)) return typeof x;
  return (Object.getPrototypeOf(x) as { constructor?: { name?: string } } | null)?.constructor?.name ?? 'Object';
}

/** A copy that shares no array or plain object with the original; tensors and functions stay what they are. */
export function copyValue<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyValue) as T;
  if (!isOptions(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) define(copy, key, copyValue(value[key]));
  return copy as T;
}

/** `object[key] = value`, also for a key such as `__proto__`, which may come from a file. */
export function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

/**
 * The defaults with what the caller gave instead, in the order of the defaults.
 * @throws ValueError for an unknown key, or options that are no plain object.
 */
export function withDefaults<O extends object>(name: string, defaults: O, options: Partial<O> | undefined): O {
  checkOptions(name, Object.keys(defaults), options);
  const merged: Record<string, unknown> = Object.fromEntries(Object.entries(defaults));
  for (const [key, value] of Object.entries(options ?? {})) if (value !== undefined) merged[key] = value;
  return copyValue(merged) as O;
}

/**
 * A number of at least `least` and below `below`. `what` is PyTorch's name of it, as in `Invalid learning rate: -1`.
 * @throws ValueError, also for NaN and for what is no number.
 */
export function checkRange(
  what: string,
  value: unknown,
  least: number = 0,
  below: number = Number.POSITIVE_INFINITY,
): void {
  if (typeof value === 'number' && value >= least && (value < below || below === Number.POSITIVE_INFINITY)) return;
  throw new ValueError(`Invalid ${what}: ${show(value)}`);
}

/** A number above 0. @throws ValueError as {@link checkRange}. */
export function checkPositive(what: string, value: unknown): void {
  if (!(typeof value === 'number' && value > 0)) throw new ValueError(`Invalid ${what}: ${show(value)}`);
}

/** A number of at least `least`, in the words of PyTorch's newer optimizers. @throws ValueError, also for NaN. */
export function checkAtLeast(what: string, value: unknown, least: number = 0): void {
  if (typeof value === 'number' && value >= least) return;
  throw new ValueError(`${what} should be >= ${least} but is: ${show(value)}`);
}

/** An integer of at least `least`. @throws ValueError as {@link checkRange}. */
export function checkCount(what: string, value: unknown, least: number = 0): void {
  if (!(Number.isInteger(value) && (value as number) >= least)) {
    throw new ValueError(`Invalid ${what}: ${show(value)}`);
  }
}

/** @throws ValueError unless it is a number of at least 0. A Tensor is refused too: groups hold numbers. */
export function checkLearningRate(name: string, lr: unknown): void {
  refuseTensorRate(name, lr);
  checkRange('learning rate', lr);
}

/** @throws ValueError for a learning rate that is a Tensor, which PyTorch takes. */
export function refuseTensorRate(name: string, lr: unknown): void {
  if (lr instanceof Tensor) {
    throw new ValueError(
      `${name}(): lr as a Tensor is not supported: give a number, and change the group's lr between steps`,
    );
  }
}

/** @throws ValueError unless both are numbers of at least 0 and below 1. */
export function checkBetas(betas: unknown): void {
  const list: readonly unknown[] = Array.isArray(betas) ? betas : [betas];
  for (const index of [0, 1]) checkRange(`beta parameter at index ${index}`, list[index], 0, 1);
}

/** @throws ValueError for a choice that would lie about how the update runs. */
export function checkImplementation(name: string, options: AnyImplementationOptions): void {
  for (const option of ['foreach', 'fused'] as const) {
    if (options[option] !== null && options[option] !== undefined) checkBoolean(name, option, options[option]);
  }
  if (options.foreach === true && options.fused === true) {
    throw new ValueError('`fused` and `foreach` cannot be `True` together.');
  }
  for (const option of ['differentiable', 'capturable'] as const) {
    if (options[option] !== undefined) checkBoolean(name, option, options[option]);
  }
  for (const [option, why] of Object.entries(UNSUPPORTED)) {
    if (options[option as keyof AnyImplementationOptions] === true) {
      throw new ValueError(`${name}(): ${option}=true is not supported: ${why}`);
    }
  }
}

const UNSUPPORTED = {
  fused: "PyTorch's fused kernels are not here, and an update is one pass over memory without them",
  differentiable: 'a step is not recorded in the graph',
  capturable: 'there are no CUDA graphs',
} as const;

/** A value for a message. */
export const show = (value: unknown): string =>
  typeof value === 'string'
    ? `'${value}'`
    : typeof value === 'object' && value !== null
      ? typename(value)
      : String(value);
