import { kindOf } from '../arguments.js';
import { ValueError } from '../errors.js';

const branded = new WeakSet<object>();

/**
 * Brands an object whose keys are integers in Python, as those of an optimizer's `state_dict().state` are. Only branded
 * objects are saved with integer keys; `load` brands what had them. A copy of the object is not branded.
 * @returns the object itself
 */
export function integerKeyed<T extends object>(object: T): T {
  if (typeof object !== 'object' || object === null)
    throw new ValueError(`integerKeyed(): expected an object, got ${kindOf(object)}`);
  branded.add(object);
  return object;
}

/** Whether the object was branded by {@link integerKeyed}. */
export const isIntegerKeyed = (object: object): boolean => branded.has(object);

/** The integer that an object's key spells in its one usual way (`'10'`, not `'010'` or `'1e1'`), or null. */
export function integerOfKey(key: string): number | null {
  if (!/^(0|-?[1-9]\d*)$/.test(key)) return null;
  const value = Number(key);
  return Number.isSafeInteger(value) ? value : null;
}
