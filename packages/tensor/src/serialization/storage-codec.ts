import { allocateArray, type DType, itemsize, type TypedArray } from '../dtype.js';
import { SerializationError } from '../errors.js';

/** How a kind of PyTorch storage lies in a file, little-endian, and in memory. */
export interface StorageFormat {
  readonly dtype: DType;
  /** Bytes per element in the file. */
  readonly itemsize: number;
  /**
   * Where `itemsize` or meaning differ between file and memory: turns the raw bytes, which stand at the end of the
   * array's memory, into its elements in place.
   */
  readonly convert?: (array: TypedArray) => void;
}

const same = (dtype: DType): StorageFormat => ({ dtype, itemsize: itemsize(dtype) });

/** The storage classes of module `torch` that can be read. */
export const STORAGE_FORMATS: ReadonlyMap<string, StorageFormat> = new Map<string, StorageFormat>([
  ['FloatStorage', same('float32')],
  ['DoubleStorage', same('float64')],
  ['LongStorage', { ...same('int64'), convert: int64ToFloat64 }],
  ['IntStorage', same('int32')],
  ['ByteStorage', same('uint8')],
  ['BoolStorage', { ...same('bool'), convert: toBool }],
  ['HalfStorage', { dtype: 'float32', itemsize: 2, convert: (array) => widen(array, halfToFloatBits) }],
  ['BFloat16Storage', { dtype: 'float32', itemsize: 2, convert: (array) => widen(array, (bits) => bits << 16) }],
]);

/** Storage classes that are known, with dtypes that are not ours. */
export const UNSUPPORTED_STORAGES: ReadonlyMap<string, string> = new Map([
  ['CharStorage', 'int8'],
  ['ShortStorage', 'int16'],
  ['ComplexFloatStorage', 'complex64'],
  ['ComplexDoubleStorage', 'complex128'],
  ['QInt8Storage', 'qint8'],
  ['QUInt8Storage', 'quint8'],
  ['QInt32Storage', 'qint32'],
]);

/** The storage class that each dtype is saved as. */
export const STORAGE_CLASSES: Readonly<Record<DType, string>> = {
  float32: 'FloatStorage',
  float64: 'DoubleStorage',
  int64: 'LongStorage',
  int32: 'IntStorage',
  uint8: 'ByteStorage',
  bool: 'BoolStorage',
};

/**
 * Elements from the bytes of a file, which arrive in chunks of any size and have `numel * format.itemsize` bytes
 * together. Needs no memory beside the result.
 * @param make where the result's memory comes from; it may hold anything
 * @throws SerializationError for an int64 that is no safe integer, or when memory is short.
 */
export function decodeStorage(
  chunks: Iterable<Uint8Array>,
  format: StorageFormat,
  numel: number,
  make: (numel: number, dtype: DType) => TypedArray = (count, dtype) => allocateArray(dtype, count),
): TypedArray {
  const array = allocate(format.dtype, numel, make);
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  let at = array.byteLength - numel * format.itemsize;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  format.convert?.(array);
  return array;
}

function allocate(dtype: DType, numel: number, make: (numel: number, dtype: DType) => TypedArray): TypedArray {
  try {
    return make(numel, dtype);
  } catch (cause) {
    throw new SerializationError(`no memory for a storage of ${numel} ${dtype} elements`, { cause });
  }
}

/** 2^32: the weight of an int64's upper half. */
const UPPER = 0x1_0000_0000;
const CHUNK_BYTES = 1 << 20;
const CHUNK_ELEMENTS = CHUNK_BYTES / 8;

/**
 * The bytes that a file holds for these elements, a mebibyte at a time: no system takes more than 2 GiB at once. A chunk
 * is only valid until the next one is asked for.
 */
export function* encodeStorage(array: TypedArray, dtype: DType): Generator<Uint8Array> {
  if (dtype !== 'int64') {
    for (let at = 0; at < array.byteLength; at += CHUNK_BYTES) {
      yield new Uint8Array(array.buffer, array.byteOffset + at, Math.min(CHUNK_BYTES, array.byteLength - at));
    }
    return;
  }
  const words = new Int32Array(2 * Math.min(CHUNK_ELEMENTS, array.length));
  for (let start = 0; start < array.length; start += CHUNK_ELEMENTS) {
    const count = Math.min(CHUNK_ELEMENTS, array.length - start);
    for (let i = 0; i < count; i++) {
      const value = array[start + i];
      words[2 * i] = value;
      words[2 * i + 1] = Math.floor(value / UPPER);
    }
    yield new Uint8Array(words.buffer, 0, count * 8);
  }
}

function int64ToFloat64(array: TypedArray): void {
  const words = new Int32Array(array.buffer, array.byteOffset, 2 * array.length);
  for (let i = 0; i < array.length; i++) {
    const upper = words[2 * i + 1];
    const value = upper * UPPER + (words[2 * i] >>> 0);
    if (!Number.isSafeInteger(value)) {
      throw new SerializationError(
        'an int64 tensor holds a value beyond ±(2^53 − 1), the integers that are held exactly',
      );
    }
    array[i] = value;
  }
}

function toBool(array: TypedArray): void {
  for (let i = 0; i < array.length; i++) array[i] = array[i] === 0 ? 0 : 1;
}

/** 16-bit floats, in the second half of the array's memory, become its elements; writing never overtakes reading. */
function widen(array: TypedArray, toFloatBits: (bits: number) => number): void {
  const n = array.length;
  const halves = new Uint16Array(array.buffer, array.byteOffset + 2 * n, n);
  const bits = new Int32Array(array.buffer, array.byteOffset, n);
  for (let i = 0; i < n; i++) bits[i] = toFloatBits(halves[i]);
}

/** IEEE 754 binary16 to the bits of the same value in binary32; every one of them is representable. */
function halfToFloatBits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 31;
  const fraction = half & 0x3ff;
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // A subnormal half is a normal float: shift until the leading 1 becomes the implicit one.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}
