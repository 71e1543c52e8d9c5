import { crc32 } from '#platform';
import {
  CENTRAL_HEADER,
  CENTRAL_HEADER_SIZE,
  DATA_DESCRIPTOR,
  END_RECORD,
  END_RECORD_SIZE,
  FLAG_DESCRIPTOR,
  FLAG_UTF8,
  IN_ZIP64,
  IN_ZIP64_16,
  LOCAL_HEADER,
  LOCAL_HEADER_SIZE,
  viewOf,
  ZIP64_END_RECORD,
  ZIP64_END_RECORD_SIZE,
  ZIP64_EXTRA,
  ZIP64_LOCATOR,
  ZIP64_LOCATOR_SIZE,
} from './zip-format.js';

/** An entry to be written: its chunks together have exactly `size` bytes. */
export interface ZipInput {
  readonly name: string;
  readonly size: number;
  chunks(): Iterable<Uint8Array>;
}

interface Written {
  readonly name: Uint8Array;
  readonly size: number;
  readonly crc: number;
  readonly offset: number;
}

/** PyTorch starts every entry's data on such a boundary, so that a storage can be mapped into memory in place. */
const ALIGNMENT = 64;
/** PyTorch's padding field: the id is the letters "FB", the filling the letter Z. */
const PADDING_ID = 0x4246;
const PADDING_BYTE = 0x5a;
const FLAGS = FLAG_DESCRIPTOR | FLAG_UTF8;

/**
 * A zip file as PyTorch writes it, in chunks: stored entries, data aligned to 64 bytes by a padding field, sizes and
 * checksum in a descriptor after the data (so that nothing is read twice), no dates, and a zip64 end record. The same
 * entries give the same bytes.
 * @param zip64From sizes and offsets from here on are written as 64-bit fields; only tests lower it.
 */
export function* writeZip(entries: Iterable<ZipInput>, zip64From: number = IN_ZIP64): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  const written: Written[] = [];
  let cursor = 0;
  for (const entry of entries) {
    const name = encoder.encode(entry.name);
    const offset = cursor;
    const header = localHeader(name, entry.size, offset, entry.size >= zip64From);
    yield header;
    cursor += header.length;
    let crc = 0;
    let size = 0;
    for (const chunk of entry.chunks()) {
      crc = crc32(chunk, crc);
      size += chunk.length;
      yield chunk;
    }
    if (size !== entry.size)
      throw new RangeError(`zip entry ${entry.name}: ${size} bytes given, ${entry.size} declared`);
    const descriptor = dataDescriptor(crc, size, size >= zip64From);
    yield descriptor;
    cursor += size + descriptor.length;
    written.push({ name, size, crc, offset });
  }
  const start = cursor;
  for (const entry of written) {
    const header = centralHeader(entry, zip64From);
    yield header;
    cursor += header.length;
  }
  yield endRecords(written.length, start, cursor - start, zip64From);
}

function localHeader(name: Uint8Array, size: number, offset: number, zip64: boolean): Uint8Array {
  const zip64Bytes = zip64 ? 20 : 0;
  const unpadded = offset + LOCAL_HEADER_SIZE + name.length + zip64Bytes + 4;
  const padding = (ALIGNMENT - (unpadded % ALIGNMENT)) % ALIGNMENT;
  const header = new Uint8Array(unpadded - offset + padding).fill(PADDING_BYTE);
  const view = viewOf(header);
  header.fill(0, 0, LOCAL_HEADER_SIZE);
  view.setUint32(0, LOCAL_HEADER, true);
  view.setUint16(4, zip64 ? 45 : 0, true);
  view.setUint16(6, FLAGS, true);
  view.setUint16(26, name.length, true);
  view.setUint16(28, zip64Bytes + 4 + padding, true);
  header.set(name, LOCAL_HEADER_SIZE);
  let at = LOCAL_HEADER_SIZE + name.length;
  if (zip64) {
    view.setUint32(18, IN_ZIP64, true);
    view.setUint32(22, IN_ZIP64, true);
    at = putZip64Extra(view, at, [size, size]);
  }
  view.setUint16(at, PADDING_ID, true);
  view.setUint16(at + 2, padding, true);
  return header;
}

function putZip64Extra(view: DataView, at: number, values: readonly number[]): number {
  view.setUint16(at, ZIP64_EXTRA, true);
  view.setUint16(at + 2, values.length * 8, true);
  values.forEach((value, i) => {
    view.setBigUint64(at + 4 + i * 8, BigInt(value), true);
  });
  return at + 4 + values.length * 8;
}

function dataDescriptor(crc: number, size: number, zip64: boolean): Uint8Array {
  const bytes = new Uint8Array(zip64 ? 24 : 16);
  const view = viewOf(bytes);
  view.setUint32(0, DATA_DESCRIPTOR, true);
  view.setUint32(4, crc, true);
  if (zip64) {
    view.setBigUint64(8, BigInt(size), true);
    view.setBigUint64(16, BigInt(size), true);
  } else {
    view.setUint32(8, size, true);
    view.setUint32(12, size, true);
  }
  return bytes;
}

function centralHeader({ name, size, crc, offset }: Written, zip64From: number): Uint8Array {
  const bigSize = size >= zip64From;
  const bigOffset = offset >= zip64From;
  const values = [...(bigSize ? [size, size] : []), ...(bigOffset ? [offset] : [])];
  const extra = values.length > 0 ? 4 + values.length * 8 : 0;
  const header = new Uint8Array(CENTRAL_HEADER_SIZE + name.length + extra);
  const view = viewOf(header);
  view.setUint32(0, CENTRAL_HEADER, true);
  view.setUint16(6, extra > 0 ? 45 : 0, true);
  view.setUint16(8, FLAGS, true);
  view.setUint32(16, crc, true);
  view.setUint32(20, bigSize ? IN_ZIP64 : size, true);
  view.setUint32(24, bigSize ? IN_ZIP64 : size, true);
  view.setUint16(28, name.length, true);
  view.setUint16(30, extra, true);
  view.setUint32(42, bigOffset ? IN_ZIP64 : offset, true);
  header.set(name, CENTRAL_HEADER_SIZE);
  if (extra > 0) putZip64Extra(view, CENTRAL_HEADER_SIZE + name.length, values);
  return header;
}

function endRecords(count: number, start: number, size: number, zip64From: number): Uint8Array {
  const bytes = new Uint8Array(ZIP64_END_RECORD_SIZE + ZIP64_LOCATOR_SIZE + END_RECORD_SIZE);
  const view = viewOf(bytes);
  view.setUint32(0, ZIP64_END_RECORD, true);
  view.setBigUint64(4, BigInt(ZIP64_END_RECORD_SIZE - 12), true);
  view.setUint16(12, 45, true);
  view.setUint16(14, 45, true);
  view.setBigUint64(24, BigInt(count), true);
  view.setBigUint64(32, BigInt(count), true);
  view.setBigUint64(40, BigInt(size), true);
  view.setBigUint64(48, BigInt(start), true);
  const locator = ZIP64_END_RECORD_SIZE;
  view.setUint32(locator, ZIP64_LOCATOR, true);
  view.setBigUint64(locator + 8, BigInt(start + size), true);
  view.setUint32(locator + 16, 1, true);
  const end = locator + ZIP64_LOCATOR_SIZE;
  view.setUint32(end, END_RECORD, true);
  view.setUint16(end + 8, Math.min(count, IN_ZIP64_16), true);
  view.setUint16(end + 10, Math.min(count, IN_ZIP64_16), true);
  view.setUint32(end + 12, size >= zip64From ? IN_ZIP64 : size, true);
  view.setUint32(end + 16, start >= zip64From ? IN_ZIP64 : start, true);
  return bytes;
}
