import { ValueError } from '@torchlet/tensor';
import { show } from './arguments.js';

/** Anything that has a length: an array, or an object with Python's `__len__()` or a `length` of its own. */
export type Sized = { readonly length: number } | { __len__(): number };

/**
 * Python's `len(value)`: from `__len__()`, `length` or (of a Set or a Map) `size`.
 * @throws {ValueError} when it has none
 */
export function lengthOf(value: unknown): number {
  if (typeof value === 'object' && value !== null) {
    if ('__len__' in value && typeof value.__len__ === 'function') return Number(value.__len__());
    if ('length' in value && typeof value.length === 'number') return value.length;
    if ('size' in value && typeof value.size === 'number') return value.size;
  }
  throw new ValueError(`object of type '${show(value)}' has no len(): it needs __len__() or length`);
}

/**
 * The index counted from the front; a negative one counts from the end.
 * @throws {ValueError} when there is no such item
 */
export function checkIndex(index: number, length: number, what: string): number {
  if (!Number.isInteger(index)) throw new ValueError(`${what} indices must be integers, but got ${show(index)}`);
  const fromFront = index < 0 ? index + length : index;
  if (fromFront < 0 || fromFront >= length) {
    throw new ValueError(`${what} index ${index} is out of range for a length of ${length}`);
  }
  return fromFront;
}
