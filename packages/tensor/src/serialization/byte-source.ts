import { SerializationError } from '../errors.js';

/** Bytes that can be read at any place: a file, or an array in memory. */
export interface ByteSource {
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset`. The array may be a view: it is read, never written.
   * @param buffer where the bytes may be put, at its start, if they are not in memory yet.
   */
  read(offset: number, length: number, buffer?: Uint8Array): Uint8Array;
}

/** A source over bytes in memory; reading copies nothing, unless it is shared memory, which browsers decode no text from. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  const isShared = typeof SharedArrayBuffer !== 'undefined' && bytes.buffer instanceof SharedArrayBuffer;
  return {
    size: bytes.length,
    read: (offset, length) =>
      isShared ? bytes.slice(offset, offset + length) : bytes.subarray(offset, offset + length),
  };
}

/** `source.read` after a check that the range lies inside; `what` names the range in the error. */
export function readRange(source: ByteSource, offset: number, length: number, what: string): Uint8Array {
  if (!(offset >= 0 && length >= 0 && offset + length <= source.size)) {
    throw new SerializationError(
      `${what} would lie at bytes ${offset} to ${offset + length}, but there are ${source.size} bytes (truncated?)`,
    );
  }
  return source.read(offset, length);
}
