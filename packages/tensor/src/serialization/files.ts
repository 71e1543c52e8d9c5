/** Files as whole: every error of the system becomes a SerializationError that names the file and why. */
import { openFile, replaceFile } from '#platform';
import { SerializationError } from '../errors.js';
import type { ByteSource } from './byte-source.js';
import { systemCode, systemReason } from './file-errors.js';

/** A file that is open for reading. `close()` may be called twice. */
export interface OpenFile extends ByteSource {
  close(): void;
}

/**
 * Writes a file: the old one, if there is one, stays whole until the new one is on the disk.
 * @throws SerializationError; nothing half-written is left behind.
 */
export function writeFile(fn: string, path: string, chunks: Iterable<Uint8Array>): void {
  try {
    replaceFile(path, chunks);
  } catch (cause) {
    if (cause instanceof SerializationError) throw cause;
    if (systemCode(cause) === 'ENOENT') {
      const parent = /^(.*)[/\\]/.exec(path)?.[1] ?? '.';
      throw new SerializationError(`${fn}: cannot write '${path}': Parent directory ${parent} does not exist.`, {
        cause,
      });
    }
    throw new SerializationError(`${fn}: cannot write '${path}': ${systemReason(cause)}`, { cause });
  }
}

/** Opens a file, lets `use` read, and closes it unless `use` has called `keep`. */
export function readFile<T>(fn: string, path: string, use: (file: OpenFile, keep: () => void) => T): T {
  const file = opened(fn, path);
  let kept = false;
  try {
    return named(fn, `'${path}'`, () =>
      use(file, () => {
        kept = true;
      }),
    );
  } finally {
    if (!kept) file.close();
  }
}

function opened(fn: string, path: string): OpenFile {
  try {
    return openFile(path);
  } catch (cause) {
    if (systemCode(cause) === null) throw cause;
    throw cannotRead(fn, `'${path}'`, cause);
  }
}

/** Says of what goes wrong while reading who read, and what. */
export function named<T>(fn: string, what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof SerializationError) {
      throw new SerializationError(`${fn}: ${cause.message}, in ${what}`, { cause });
    }
    throw systemCode(cause) === null ? cause : cannotRead(fn, what, cause);
  }
}

function cannotRead(fn: string, what: string, cause: unknown): SerializationError {
  const reason = systemCode(cause) === 'ENOENT' ? 'No such file or directory' : systemReason(cause);
  return new SerializationError(`${fn}: cannot read ${what}: ${reason}`, { cause });
}

/** Chunks, each valid until the next one, as one array. */
export function joined(chunks: Iterable<Uint8Array>): Uint8Array {
  const copies = Array.from(chunks, (chunk) => chunk.slice());
  const bytes = new Uint8Array(copies.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of copies) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
