import { SerializationError, ValueError } from '../errors.js';
import { joined, writeFile } from './files.js';
import { writePt } from './pt.js';

/**
 * Writes a value to a file in PyTorch's format; `torch.load` reads it, also with `weights_only=True`. The old file, if
 * there is one, stays whole until the new one is on the disk.
 *
 * Values: tensors (views keep sharing their storage, strides are kept, a gpu tensor is written as a cpu one), plain
 * objects with string keys and Maps (dict), arrays (list), integer-valued numbers and bigints (int), other numbers
 * (float), strings, booleans, null (None), Sets (set), Uint8Arrays (bytes).
 * https://pytorch.org/docs/stable/generated/torch.save.html
 * @param obj the value; usually a `state_dict()`, or a plain object of several
 * @param path the file's path, with whatever extension
 * @throws SerializationError naming the place of a value that cannot be saved, or the file that cannot be written and
 * why; nothing half-written is left behind.
 */
export function save(obj: unknown, path: string): void {
  if (typeof path !== 'string') throw new ValueError(`save(): path must be a string, but got a ${typeof path}`);
  writeFile('save', path, pickled(obj));
}

/** The bytes that {@link save} writes for a value. */
export const serialize = (obj: unknown): Uint8Array => joined(pickled(obj));

function pickled(obj: unknown): Iterable<Uint8Array> {
  try {
    return writePt(obj);
  } catch (cause) {
    if (cause instanceof SerializationError) throw new SerializationError(`save: ${cause.message}`, { cause });
    throw cause;
  }
}
