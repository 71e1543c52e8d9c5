import { ValueError } from '@torchlet/tensor';

/** Whether `value` is an object literal (and so an options object), not an instance of a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** @throws {ValueError} unless `options` is an object literal with no other keys than the known ones */
export function checkOptions(what: string, options: unknown, known: readonly string[]): void {
  if (!isPlainObject(options)) throw new ValueError(`${what} takes an object of options, but got ${show(options)}`);
  checkKeys(what, options, known);
}

function checkKeys(what: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      throw new ValueError(`${what} got an unexpected keyword argument '${key}'; it takes ${known.join(', ')}`);
    }
  }
}

/**
 * Python's way of calling: arguments by position in the order of `keys`, the rest by name in one trailing object.
 * @throws {ValueError} for unknown, doubled or surplus arguments
 */
export function bindArguments(
  what: string,
  keys: readonly string[],
  args: readonly unknown[],
): Record<string, unknown> {
  const last = args.length - 1;
  const named = isPlainObject(args[last]) ? args[last] : {};
  const positional = isPlainObject(args[last]) ? args.slice(0, last) : args;
  if (positional.length > keys.length) {
    throw new ValueError(
      `${what} takes at most ${keys.length} of ${keys.join(', ')}, but got ${positional.length} arguments`,
    );
  }
  checkKeys(what, named, keys);
  const bound: Record<string, unknown> = { ...named };
  positional.forEach((value, i) => {
    if (Object.hasOwn(named, keys[i])) throw new ValueError(`${what} got multiple values for argument '${keys[i]}'`);
    bound[keys[i]] = value;
  });
  return bound;
}

/** How an error message shows an argument. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'object' && value !== null) return value.constructor?.name ?? 'object';
  return typeof value === 'function' ? `function ${value.name}` : String(value);
}
