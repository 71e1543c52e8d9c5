import { DataError } from '@torchlet/tensor';

/** The typed arrays that an IDX file can hold. */
export type IdxArray = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** The contents of an IDX file: an array of any number of dimensions, in row-major order. */
export interface IdxContents {
  shape: number[];
  data: IdxArray;
}

interface ElementType {
  readonly name: string;
  readonly bytes: number;
  /** Reads `count` big-endian elements of `source`, which holds exactly those. */
  read(source: DataView, count: number): IdxArray;
}

function fill<A extends IdxArray>(out: A, read: (byte: number) => number): A {
  for (let i = 0; i < out.length; i++) out[i] = read(i * out.BYTES_PER_ELEMENT);
  return out;
}

const bytesOf = (v: DataView): Uint8Array => new Uint8Array(v.buffer, v.byteOffset, v.byteLength);

/** By the type code in the third byte of the file. */
const ELEMENT_TYPES: ReadonlyMap<number, ElementType> = new Map([
  [0x08, { name: 'uint8', bytes: 1, read: (v) => bytesOf(v).slice() }],
  [0x09, { name: 'int8', bytes: 1, read: (v) => new Int8Array(bytesOf(v)) }],
  [0x0b, { name: 'int16', bytes: 2, read: (v, n) => fill(new Int16Array(n), (at) => v.getInt16(at)) }],
  [0x0c, { name: 'int32', bytes: 4, read: (v, n) => fill(new Int32Array(n), (at) => v.getInt32(at)) }],
  [0x0d, { name: 'float32', bytes: 4, read: (v, n) => fill(new Float32Array(n), (at) => v.getFloat32(at)) }],
  [0x0e, { name: 'float64', bytes: 8, read: (v, n) => fill(new Float64Array(n), (at) => v.getFloat64(at)) }],
]);

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');

/**
 * Parses an IDX file, the format of the MNIST data set: two zero bytes, a type code, the number of dimensions, each
 * dimension as a big-endian 32-bit integer, then the elements, big-endian, in row-major order.
 *
 * @param bytes the whole (unpacked) file
 * @param name the file's name, for error messages
 * @throws {DataError} for anything but one complete IDX array and nothing behind it
 * @see http://yann.lecun.com/exdb/mnist/ (the section on the file formats)
 */
export function parseIdx(bytes: Uint8Array, name: string): IdxContents {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = readType(bytes, name);
  const shape = readShape(view, name);
  const header = 4 + 4 * shape.length;
  const count = shape.reduce((product, size) => product * size, 1);
  const expected = header + count * type.bytes;
  if (bytes.length !== expected) {
    const problem = bytes.length < expected ? 'truncated' : `${bytes.length - expected} bytes too long`;
    throw new DataError(
      `${name}: ${problem}: its header promises ${type.name} of shape [${shape.join(', ')}], ${expected} bytes in all, ` +
        `but it has ${bytes.length}`,
    );
  }
  const body = new DataView(bytes.buffer, bytes.byteOffset + header, count * type.bytes);
  return { shape, data: type.read(body, count) };
}

function readType(bytes: Uint8Array, name: string): ElementType {
  if (bytes.length < 4) {
    throw new DataError(`${name}: truncated: expected a header of at least 4 bytes, but it has ${bytes.length}`);
  }
  if (bytes[0] !== 0 || bytes[1] !== 0) {
    throw new DataError(
      `${name}: no IDX file: expected it to start with 00 00, but got ${hex(bytes[0])} ${hex(bytes[1])}`,
    );
  }
  const type = ELEMENT_TYPES.get(bytes[2]);
  if (type === undefined) {
    const known = [...ELEMENT_TYPES].map(([code, { name }]) => `${hex(code)} (${name})`).join(', ');
    throw new DataError(`${name}: unknown IDX type code ${hex(bytes[2])}: expected one of ${known}`);
  }
  return type;
}

function readShape(view: DataView, name: string): number[] {
  const dimensions = view.getUint8(3);
  if (dimensions === 0) throw new DataError(`${name}: an IDX array needs at least 1 dimension, but got 0`);
  const header = 4 + 4 * dimensions;
  if (view.byteLength < header) {
    throw new DataError(
      `${name}: truncated: expected a header of ${header} bytes for ${dimensions} dimensions, ` +
        `but it has ${view.byteLength}`,
    );
  }
  return Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
}
