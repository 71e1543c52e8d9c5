import { SerializationError } from '../errors.js';
import { type ByteSource, readRange } from './byte-source.js';
import {
  CENTRAL_HEADER,
  CENTRAL_HEADER_SIZE,
  END_RECORD,
  END_RECORD_SIZE,
  IN_ZIP64,
  IN_ZIP64_16,
  METHOD_DEFLATED,
  METHOD_STORED,
  viewOf,
  ZIP64_END_RECORD,
  ZIP64_END_RECORD_SIZE,
  ZIP64_EXTRA,
  ZIP64_LOCATOR,
  ZIP64_LOCATOR_SIZE,
} from './zip-format.js';

/** One line of a zip file's central directory. */
export interface CentralEntry {
  readonly name: string;
  readonly method: number;
  readonly flags: number;
  readonly crc: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly headerOffset: number;
}

/** The central directory and where it starts: no entry may reach into it. */
export interface CentralDirectory {
  readonly start: number;
  readonly entries: readonly CentralEntry[];
}

/** Flag bits that mean encryption: of the data, strong, and of the directory. */
const FLAGS_ENCRYPTED = 0x0001 | 0x0040 | 0x2000;
/** The end record may be followed by a comment of at most this length. */
const MAX_COMMENT = 0xffff;

/**
 * Reads the list of a zip file's entries and checks everything that can be checked without their data.
 * @throws SerializationError for anything but a whole, plain, single-disk zip file.
 */
export function readCentralDirectory(source: ByteSource): CentralDirectory {
  const { count, size, start } = findDirectory(source);
  if (count > Math.floor(size / CENTRAL_HEADER_SIZE)) {
    throw new SerializationError(`the zip directory declares ${count} entries in ${size} bytes`);
  }
  const bytes = readRange(source, start, size, 'the zip directory');
  const entries: CentralEntry[] = [];
  const names = new Set<string>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    const { entry, next } = readCentralEntry(bytes, at, i);
    if (names.has(entry.name)) throw new SerializationError(`zip entry ${entry.name} exists twice`);
    names.add(entry.name);
    entries.push(entry);
    at = next;
  }
  if (at !== size) throw new SerializationError(`the zip directory has ${size} bytes, but its entries take ${at}`);
  return { start, entries };
}

function findDirectory(source: ByteSource): { count: number; size: number; start: number } {
  const tailSize = Math.min(source.size, END_RECORD_SIZE + MAX_COMMENT);
  const tail = readRange(source, source.size - tailSize, tailSize, 'the zip end record');
  const view = viewOf(tail);
  let at = tail.length - END_RECORD_SIZE;
  // The comment's length must lead exactly to the end of the file, so that its text cannot pose as an end record.
  while (at >= 0 && !(view.getUint32(at, true) === END_RECORD && isCommentAt(view, at))) at--;
  if (at < 0) throw new SerializationError('there is no zip end record (not a zip file, or truncated)');
  const record = {
    disks: [view.getUint16(at + 4, true), view.getUint16(at + 6, true)],
    counts: [view.getUint16(at + 8, true), view.getUint16(at + 10, true)],
    size: view.getUint32(at + 12, true),
    start: view.getUint32(at + 16, true),
  };
  if (record.disks.some((disk) => disk !== 0) || record.counts[0] !== record.counts[1]) {
    throw new SerializationError('the zip file spans several disks');
  }
  const endOffset = source.size - tailSize + at;
  const zip64 = readZip64End(source, endOffset);
  const fields = {
    count: pick(record.counts[0], IN_ZIP64_16, zip64?.count, 'count'),
    size: pick(record.size, IN_ZIP64, zip64?.size, 'size'),
    start: pick(record.start, IN_ZIP64, zip64?.start, 'start'),
  };
  if (fields.start + fields.size !== (zip64?.offset ?? endOffset)) {
    throw new SerializationError('the zip directory does not end where the end record starts');
  }
  return fields;
}

const isCommentAt = (view: DataView, at: number): boolean =>
  at + END_RECORD_SIZE + view.getUint16(at + 20, true) === view.byteLength;

/** A field of the end record, or the zip64 record's where the field is all ones; both must agree otherwise. */
function pick(short: number, inZip64: number, long: number | undefined, what: string): number {
  if (long === undefined || (short !== inZip64 && short === long)) return short;
  if (short !== inZip64) throw new SerializationError(`the two zip end records differ in the directory's ${what}`);
  return long;
}

interface Zip64End {
  readonly offset: number;
  readonly count: number;
  readonly size: number;
  readonly start: number;
}

function readZip64End(source: ByteSource, endOffset: number): Zip64End | null {
  const locatorOffset = endOffset - ZIP64_LOCATOR_SIZE;
  if (locatorOffset < ZIP64_END_RECORD_SIZE) return null;
  const locator = viewOf(readRange(source, locatorOffset, ZIP64_LOCATOR_SIZE, 'the zip64 locator'));
  if (locator.getUint32(0, true) !== ZIP64_LOCATOR) return null;
  const offset = getSafe64(locator, 8, 'the zip64 end record');
  const bytes = readRange(source, offset, ZIP64_END_RECORD_SIZE, 'the zip64 end record');
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== ZIP64_END_RECORD) {
    throw new SerializationError(`there is no zip64 end record at byte ${offset}`);
  }
  return {
    offset,
    count: getSafe64(view, 32, 'the zip entry count'),
    size: getSafe64(view, 40, "the zip directory's size"),
    start: getSafe64(view, 48, "the zip directory's start"),
  };
}

function getSafe64(view: DataView, at: number, what: string): number {
  const value = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) throw new SerializationError(`${what} is given as ${value}`);
  return value;
}

function readCentralEntry(bytes: Uint8Array, at: number, index: number): { entry: CentralEntry; next: number } {
  const cut = (): SerializationError => new SerializationError(`line ${index} of the zip directory is damaged`);
  if (at + CENTRAL_HEADER_SIZE > bytes.length) throw cut();
  const view = viewOf(bytes);
  if (view.getUint32(at, true) !== CENTRAL_HEADER) throw cut();
  const nameStart = at + CENTRAL_HEADER_SIZE;
  const extraStart = nameStart + view.getUint16(at + 28, true);
  const extraEnd = extraStart + view.getUint16(at + 30, true);
  const next = extraEnd + view.getUint16(at + 32, true);
  if (next > bytes.length) throw cut();
  const name = decodeName(bytes.subarray(nameStart, extraStart), index);
  const sizes = [view.getUint32(at + 24, true), view.getUint32(at + 20, true), view.getUint32(at + 42, true)];
  const [size, compressedSize, headerOffset] = widenSizes(sizes, bytes.subarray(extraStart, extraEnd), name);
  const entry: CentralEntry = {
    name,
    flags: view.getUint16(at + 8, true),
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    size,
    compressedSize,
    headerOffset,
  };
  checkEntry(entry);
  return { entry, next };
}

/** Replaces fields that are all ones by the zip64 extra field's values, which stand there in the same order. */
function widenSizes(sizes: readonly number[], extra: Uint8Array, name: string): number[] {
  if (!sizes.includes(IN_ZIP64)) return [...sizes];
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + view.getUint16(at + 2, true);
    if (end > extra.length) break;
    if (view.getUint16(at, true) === ZIP64_EXTRA) {
      let next = at + 4;
      return sizes.map((value) => {
        if (value !== IN_ZIP64) return value;
        if (next + 8 > end) throw new SerializationError(`zip entry ${name} lacks its 64-bit sizes`);
        next += 8;
        return getSafe64(view, next - 8, `the size of zip entry ${name}`);
      });
    }
    at = end;
  }
  throw new SerializationError(`zip entry ${name} lacks its 64-bit sizes`);
}

function decodeName(bytes: Uint8Array, index: number): string {
  let name: string;
  try {
    name = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new SerializationError(`the name of zip entry ${index} is not UTF-8`);
  }
  // Nothing is ever unpacked into a folder; such names mean that somebody hoped for it.
  const unsafe = /^[/\\]|^[A-Za-z]:|\\|\0|(^|\/)\.\.(\/|$)/;
  if (name === '' || unsafe.test(name)) throw new SerializationError(`zip entry ${JSON.stringify(name)}: unsafe name`);
  return name;
}

function checkEntry({ name, flags, method, size, compressedSize }: CentralEntry): void {
  if (flags & FLAGS_ENCRYPTED) throw new SerializationError(`zip entry ${name} is encrypted`);
  if (method !== METHOD_STORED && method !== METHOD_DEFLATED) {
    throw new SerializationError(`zip entry ${name}: unsupported compression method ${method}`);
  }
  if (method === METHOD_STORED && size !== compressedSize) {
    throw new SerializationError(
      `zip entry ${name} is stored, yet ${size} bytes are declared to take ${compressedSize}`,
    );
  }
}
