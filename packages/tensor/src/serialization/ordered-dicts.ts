import { kindOf } from '../arguments.js';
import { ValueError } from '../errors.js';

const metadata = new WeakMap<object, object | null>();

/**
 * Marks an object as a `collections.OrderedDict`, which a module's `state_dict()` is in PyTorch; it is saved as one, and
 * `load` marks what was one. A copy of the object is not marked.
 * @param _metadata PyTorch's attribute of that name: the version of each module, by its path.
 * @returns the object itself
 */
export function orderedDict<T extends object>(object: T, _metadata: object | null = null): T {
  if (typeof object !== 'object' || object === null)
    throw new ValueError(`orderedDict(): expected an object, got ${kindOf(object)}`);
  metadata.set(object, _metadata);
  return object;
}

/** Whether the object was marked by {@link orderedDict}. */
export const isOrderedDict = (object: object): boolean => metadata.has(object);

/** The `_metadata` that was given to {@link orderedDict}, or null. */
export const metadataOf = (object: object): object | null => metadata.get(object) ?? null;
