/** Python's calling convention in JavaScript: arguments by position, or by name in one trailing options object. */
import { ValueError } from './errors.js';

/** A plain object, which only options are: neither tensors, arrays, functions nor numbers. */
export function isOptions(x: unknown): x is Record<string, unknown> {
  if (typeof x !== 'object' || x === null) return false;
  const proto: unknown = Object.getPrototypeOf(x);
  return proto === Object.prototype || proto === null;
}

/**
 * Sorts the arguments of `fn` into the order of `names`. A trailing options object gives the others by name; what is
 * not given is undefined.
 * @throws ValueError in Python's words: unexpected keyword, several values, too many arguments.
 */
export function bindArguments(fn: string, names: readonly string[], args: readonly unknown[]): unknown[] {
  let count = args.length;
  while (count > 0 && args[count - 1] === undefined) count--;
  const last = count > 0 ? args[count - 1] : undefined;
  const options = isOptions(last) ? last : null;
  if (options !== null) count--;
  if (count > names.length) {
    throw new ValueError(`${fn}() takes ${names.length} positional arguments but ${count} were given`);
  }
  const bound = new Array<unknown>(names.length).fill(undefined);
  for (let i = 0; i < count; i++) bound[i] = args[i];
  if (options !== null) {
    for (const key of Object.keys(options)) {
      const i = names.indexOf(key);
      if (i < 0) throw new ValueError(`${fn}() got an unexpected keyword argument '${key}'`);
      if (bound[i] !== undefined) throw new ValueError(`${fn}() got multiple values for argument '${key}'`);
      bound[i] = options[key];
    }
  }
  return bound;
}

/** What came in the place of something else, for messages. */
export const kindOf = (x: unknown): string => (x === null ? 'null' : Array.isArray(x) ? 'an array' : `a ${typeof x}`);

/** An argument in a message, lists as Python prints them. */
export const shown = (x: unknown): string => (Array.isArray(x) ? `[${x.map(shown).join(', ')}]` : String(x));

/** @throws ValueError unless `value` is a function. */
export function checkFunction(fn: string, name: string, value: unknown): void {
  if (typeof value !== 'function')
    throw new ValueError(`${fn}(): argument '${name}' must be a function, not ${kindOf(value)}`);
}

/** Checks an options object that stands alone. @throws ValueError for an unknown key or a value that is no object. */
export function checkOptions(fn: string, names: readonly string[], options: unknown): void {
  if (options === undefined) return;
  if (!isOptions(options)) throw new ValueError(`${fn}() expected an options object, got ${String(options)}`);
  for (const key of Object.keys(options)) {
    if (!names.includes(key)) throw new ValueError(`${fn}() got an unexpected keyword argument '${key}'`);
  }
}

/** @throws ValueError unless `value` is a finite or infinite number (no NaN, no string). */
export function checkNumber(fn: string, name: string, value: unknown): number {
  if (typeof value !== 'number' || Number.isNaN(value)) {
    throw new ValueError(`${fn}(): argument '${name}' must be a number, got ${String(value)}`);
  }
  return value;
}

export function checkBoolean(fn: string, name: string, value: unknown): boolean {
  if (typeof value !== 'boolean')
    throw new ValueError(`${fn}(): argument '${name}' must be bool, got ${String(value)}`);
  return value;
}

/** A size or count. @throws ValueError unless it is an integer of at least `least`. */
export function checkInteger(
  fn: string,
  name: string,
  value: unknown,
  least: number = Number.MIN_SAFE_INTEGER,
): number {
  if (!Number.isSafeInteger(value))
    throw new ValueError(`${fn}(): argument '${name}' must be int, got ${String(value)}`);
  if ((value as number) < least) {
    throw new ValueError(`${fn}(): argument '${name}' must be at least ${least}, got ${String(value)}`);
  }
  return value as number;
}
