import { Inflate } from 'fflate';
import { crc32 } from '#platform';
import { SerializationError } from '../errors.js';
import { type ByteSource, readRange } from './byte-source.js';
import { type CentralEntry, readCentralDirectory } from './zip-directory.js';
import { FLAG_DESCRIPTOR, IN_ZIP64, LOCAL_HEADER, LOCAL_HEADER_SIZE, METHOD_STORED, viewOf } from './zip-format.js';

/** Bytes of a stored entry read at once. */
const CHUNK = 1 << 20;
/** Bytes of a compressed entry given to the inflater at once: they grow at most 1032-fold. */
const COMPRESSED_CHUNK = 1 << 14;
/** Compressed entries may not grow more than this together, once they are larger than what no machine minds. */
const MAX_INFLATION = 200;
const HARMLESS_SIZE = 1 << 24;

interface Located extends CentralEntry {
  readonly dataOffset: number;
}

/**
 * A zip file, open for reading. The constructor checks the whole structure: names, sizes, that every entry lies where
 * the directory says, that no two overlap. Data is read on demand and checked against its CRC-32.
 * @throws SerializationError from the constructor and from every method.
 */
export class ZipReader {
  readonly #source: ByteSource;
  readonly #entries: ReadonlyMap<string, Located>;

  constructor(source: ByteSource) {
    this.#source = source;
    const { start, entries } = readCentralDirectory(source);
    checkInflation(entries);
    const located = entries.map((entry) => locate(source, entry, start));
    checkOverlaps(located);
    this.#entries = new Map(located.map((entry) => [entry.name, entry]));
  }

  /** Names in the directory's order. */
  get names(): string[] {
    return [...this.#entries.keys()];
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** Bytes of the entry once it is unpacked. */
  size(name: string): number {
    return this.#entry(name).size;
  }

  /** The entry's bytes. */
  read(name: string): Uint8Array {
    const entry = this.#entry(name);
    const out = new Uint8Array(entry.size);
    let at = 0;
    for (const chunk of this.chunks(name)) {
      out.set(chunk, at);
      at += chunk.length;
    }
    return out;
  }

  /**
   * The entry's bytes in pieces (about 1 MiB each), so that a large tensor needs no second copy. A piece is only
   * valid until the next one is asked for. A wrong checksum is found, and thrown, after the last one.
   */
  *chunks(name: string): Generator<Uint8Array> {
    const entry = this.#entry(name);
    let crc = 0;
    for (const chunk of entry.method === METHOD_STORED ? this.#stored(entry) : this.#inflated(entry)) {
      crc = crc32(chunk, crc);
      yield chunk;
    }
    if (crc !== entry.crc) throw new SerializationError(`zip entry ${name} is damaged (its CRC-32 is wrong)`);
  }

  #entry(name: string): Located {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new SerializationError(`there is no zip entry ${name}`);
    return entry;
  }

  *#stored(entry: Located): Generator<Uint8Array> {
    const buffer = new Uint8Array(Math.min(CHUNK, entry.size));
    for (let at = 0; at < entry.size; at += CHUNK) {
      yield this.#source.read(entry.dataOffset + at, Math.min(CHUNK, entry.size - at), buffer);
    }
  }

  /** Stops as soon as there is more than was declared: a small declaration cannot hide an endless stream. */
  *#inflated(entry: Located): Generator<Uint8Array> {
    let pieces: Uint8Array[] = [];
    const inflater = new Inflate((piece) => pieces.push(piece));
    let total = 0;
    let at = 0;
    do {
      const length = Math.min(COMPRESSED_CHUNK, entry.compressedSize - at);
      const compressed = this.#source.read(entry.dataOffset + at, length);
      at += length;
      try {
        inflater.push(compressed, at === entry.compressedSize);
      } catch (cause) {
        throw new SerializationError(`zip entry ${entry.name}: damaged compressed data`, { cause });
      }
      for (const piece of pieces) total += piece.length;
      if (total > entry.size) break;
      yield* pieces;
      pieces = [];
    } while (at < entry.compressedSize);
    if (total !== entry.size) {
      throw new SerializationError(`zip entry ${entry.name} does not unpack to the ${entry.size} bytes it declares`);
    }
  }
}

/** Reads an entry's local header, which must agree with the directory, and finds the start of the data. */
function locate(source: ByteSource, entry: CentralEntry, directoryStart: number): Located {
  const header = readRange(source, entry.headerOffset, LOCAL_HEADER_SIZE, `the header of zip entry ${entry.name}`);
  const view = viewOf(header);
  const nameLength = view.getUint16(26, true);
  const nameOffset = entry.headerOffset + LOCAL_HEADER_SIZE;
  const dataOffset = nameOffset + nameLength + view.getUint16(28, true);
  const agrees =
    view.getUint32(0, true) === LOCAL_HEADER &&
    view.getUint16(6, true) === entry.flags &&
    view.getUint16(8, true) === entry.method &&
    sizesAgree(view, entry) &&
    sameName(readRange(source, nameOffset, nameLength, `the name of zip entry ${entry.name}`), entry.name);
  if (!agrees) throw new SerializationError(`zip entry ${entry.name}: its header and the directory differ`);
  if (dataOffset + entry.compressedSize > directoryStart) {
    throw new SerializationError(`zip entry ${entry.name} reaches into the directory`);
  }
  return { ...entry, dataOffset };
}

function sizesAgree(view: DataView, entry: CentralEntry): boolean {
  if (entry.flags & FLAG_DESCRIPTOR) return true;
  const same = (value: number, size: number): boolean => value === size || value === IN_ZIP64;
  return (
    view.getUint32(14, true) === entry.crc &&
    same(view.getUint32(18, true), entry.compressedSize) &&
    same(view.getUint32(22, true), entry.size)
  );
}

function sameName(bytes: Uint8Array, name: string): boolean {
  const expected = new TextEncoder().encode(name);
  return bytes.length === expected.length && expected.every((byte, i) => byte === bytes[i]);
}

function checkInflation(entries: readonly CentralEntry[]): void {
  let size = 0;
  let compressedSize = 0;
  for (const entry of entries) {
    if (entry.method === METHOD_STORED) continue;
    size += entry.size;
    compressedSize += entry.compressedSize;
  }
  if (size > HARMLESS_SIZE && size > compressedSize * MAX_INFLATION) {
    throw new SerializationError(`the zip file declares ${size} bytes out of ${compressedSize} compressed ones`);
  }
}

function checkOverlaps(entries: readonly Located[]): void {
  const sorted = [...entries].sort((a, b) => a.headerOffset - b.headerOffset);
  for (let i = 1; i < sorted.length; i++) {
    const before = sorted[i - 1];
    if (before.dataOffset + before.compressedSize > sorted[i].headerOffset) {
      throw new SerializationError(`zip entries ${before.name} and ${sorted[i].name} overlap`);
    }
  }
}
