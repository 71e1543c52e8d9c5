import { SerializationError } from '../errors.js';
import type { ByteSource } from '../serialization/byte-source.js';

export { crc32 } from '../serialization/crc32.js';

const needsNode = (what: string, path: string): SerializationError =>
  new SerializationError(`${what}: files need Node; in a browser, load from a Uint8Array (path ${path})`);

export function openFile(path: string): ByteSource & { close(): void } {
  throw needsNode('load', path);
}

export function replaceFile(path: string, _chunks: Iterable<Uint8Array>): void {
  throw needsNode('save', path);
}
