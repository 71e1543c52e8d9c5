/** Tensors out of a `.safetensors` file, one by one or in part. */

import { SerializationError } from '../errors.js';
import { index } from '../ops/index.js';
import { Slice, type TensorIndex, takeViews } from '../ops/index-plan.js';
import { contiguousStrides, isContiguous, numelOf, type Shape } from '../shape.js';
import { type Device, Storage } from '../storage.js';
import { Tensor } from '../tensor.js';
import type { ByteSource } from './byte-source.js';
import type { TensorInfo } from './safetensors-header.js';
import { STORAGE_FORMATS, type StorageFormat } from './storage-codec.js';
import { storageOf } from './storage-id.js';

/** PyTorch's storage classes by the format's dtypes. */
const CLASSES: Readonly<Record<string, string>> = {
  F64: 'DoubleStorage',
  F32: 'FloatStorage',
  F16: 'HalfStorage',
  BF16: 'BFloat16Storage',
  I64: 'LongStorage',
  I32: 'IntStorage',
  U8: 'ByteStorage',
  BOOL: 'BoolStorage',
};

/** Bytes read at once. */
const CHUNK = 1 << 20;
/** Wanted bytes that lie no farther apart are read together with what is between them. */
const NEAR = 1 << 14;

/** Where tensors come from, and where they go. */
export interface Place {
  readonly source: ByteSource;
  /** Where in the source the tensors' bytes start. */
  readonly dataStart: number;
  readonly device: Device;
}

/** A whole tensor. @throws SerializationError for a dtype that is not ours. */
export function readTensor(place: Place, info: TensorInfo): Tensor {
  const whole = { shape: info.shape, strides: contiguousStrides(info.shape), offset: 0 };
  return readWindow(place, info, whole);
}

/**
 * What `index(…)` of the whole tensor would give; only the bytes of what numbers, slices, `null` and `'...'` select are read.
 * @throws as `index` does
 */
export function readPart(place: Place, info: TensorInfo, parts: readonly TensorIndex[]): Tensor {
  const { dtype } = formatOf(info);
  // It has no elements, but views of it say which ones would be needed.
  const storage = new Storage('cpu', dtype, numelOf(info.shape), {});
  const shadow = new Tensor(storage, info.shape, contiguousStrides(info.shape), 0);
  const { view, indices } = takeViews('index', shadow, parts);
  const tensor = readWindow(place, info, view);
  if (indices.length === 0) return tensor;
  const rest: TensorIndex[] = [];
  let behind = 0;
  for (const [dim, at] of indices) {
    for (; behind < dim; behind++) rest.push(new Slice(null, null, null));
    rest.push(at);
    // A mask stands for as many dimensions as it has.
    behind += at.dtype === 'int64' ? 1 : at.ndim;
  }
  return index(tensor, ...rest);
}

function formatOf({ name, dtype }: TensorInfo): StorageFormat {
  const format = STORAGE_FORMATS.get(CLASSES[dtype] ?? '');
  if (format === undefined) {
    throw new SerializationError(`tensor \`${name}\`: dtype ${dtype} is not supported: convert it before saving`);
  }
  return format;
}

interface Window {
  readonly shape: Shape;
  readonly strides: Shape;
  readonly offset: number;
}

function readWindow({ source, dataStart, device }: Place, info: TensorInfo, window: Window): Tensor {
  const format = formatOf(info);
  const { shape } = window;
  const chunks = windowBytes(source, dataStart + info.start, window, format.itemsize);
  return new Tensor(storageOf(device, format, numelOf(shape), chunks), shape, contiguousStrides(shape), 0);
}

/** The bytes of the window's elements in row-major order. A piece is only valid until the next one is asked for. */
function* windowBytes(source: ByteSource, start: number, window: Window, itemsize: number): Generator<Uint8Array> {
  const { shape, strides, offset } = window;
  if (numelOf(shape) === 0) return;
  // The dimensions behind `outer` lie without gaps: they are one run.
  let outer = shape.length;
  while (outer > 0 && isContiguous(shape.slice(outer - 1), strides.slice(outer - 1))) outer--;
  const run = numelOf(shape.slice(outer)) * itemsize;
  const reader = new NearReader(source, start + storageEndOf(window) * itemsize);
  const position = new Array<number>(outer).fill(0);
  for (let more = true; more; more = advance(position, shape)) {
    const first = position.reduce((sum, p, d) => sum + p * strides[d], offset);
    yield* reader.run(start + first * itemsize, run);
  }
}

/** One behind the last element that the window shows. */
const storageEndOf = ({ shape, strides, offset }: Window): number =>
  shape.reduce((last, size, d) => last + (size - 1) * strides[d], offset) + 1;

/** The next position in row-major order. @returns false after the last */
function advance(position: number[], shape: Shape): boolean {
  for (let d = position.length - 1; d >= 0; d--) {
    if (++position[d] < shape[d]) return true;
    position[d] = 0;
  }
  return false;
}

/** Reads runs of bytes; short ones that lie near each other come from one reading. */
class NearReader {
  #buffer: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;
  #last = Number.NEGATIVE_INFINITY;

  constructor(
    readonly source: ByteSource,
    /** Nothing behind this is wanted. */
    readonly end: number,
  ) {}

  *run(start: number, length: number): Generator<Uint8Array> {
    const near = start >= this.#last && start - this.#last <= NEAR;
    this.#last = start + length;
    for (let at = start; at < start + length; ) {
      if (at < this.#start || at >= this.#end) this.#read(at, near ? CHUNK : start + length - at);
      const count = Math.min(start + length, this.#end) - at;
      yield this.#buffer.subarray(at - this.#start, at - this.#start + count);
      at += count;
    }
  }

  #read(at: number, wanted: number): void {
    const count = Math.min(wanted, CHUNK, this.end - at);
    if (this.#buffer.length < count) this.#buffer = new Uint8Array(count);
    this.#buffer = this.source.read(at, count, this.#buffer);
    this.#start = at;
    this.#end = at + count;
  }
}
