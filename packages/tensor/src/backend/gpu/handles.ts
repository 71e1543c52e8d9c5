/**
 * Where a gpu storage keeps its elements. The buffer is a box; the handle in it is immutable, so an in-place operation
 * puts a new handle into the box, and every view and state dict that shares the storage sees it.
 *
 * Handles are counted: several boxes may hold one, and the last box to let go frees the memory on the device. A handle that
 * no box has taken by the end of the operation that made it was a temporary of that operation (see `scope.ts`).
 */
import { allocateArray, checkSafe, type DType, itemsize, type TypedArray } from '../../dtype.js';
import { DeviceError, DTypeError } from '../../errors.js';
import type { DeviceBuffer } from '../../storage.js';
import type { View } from '../backend.js';
import { gpuDriver, startedDriver } from './device.js';
import type { ArrayId } from './driver.js';
import { enqueue } from './enqueue.js';
import { fillKernel } from './kernels/fill.js';
import { type Cell, countArray, forgetBox, watchBox } from './memory.js';
import { noteMade } from './scope.js';
import { countReadback, countUpload } from './stats.js';

/** float64 is missing: GPUs compute in 32 bits through gpu.js. */
const DTYPES: readonly DType[] = ['float32', 'int64', 'int32', 'uint8', 'bool'];

/** Beyond this, neighbouring integers are the same 32-bit float. */
const LARGEST_EXACT = 2 ** 24;

/** Bytes of an array that may stay on the host beside the device's. */
const KEPT_ON_HOST = 2 ** 16;

/** @throws DTypeError for a dtype that the device does not have. */
export function checkGpuDType(op: string, dtype: DType): void {
  if (DTYPES.includes(dtype)) return;
  throw new DTypeError(`${op}(): the gpu device does not support ${dtype}, only ${DTYPES.join(', ')}`);
}

let lastId: ArrayId = 0;

export const nextArrayId = (): ArrayId => ++lastId;

/**
 * Elements that never change, on the host, on the device, or on both after a move. The device holds 32-bit floats whatever
 * the dtype: integers and booleans go there as floats of the same value.
 */
export class Handle {
  readonly dtype: DType;
  readonly numel: number;
  private host: TypedArray | null;
  private id: ArrayId | null;
  private holders = 0;
  private freed = false;

  private constructor(
    dtype: DType,
    numel: number,
    host: TypedArray | null,
    id: ArrayId | null,
    /** The value of all elements, where it is known to be one. */
    readonly constant: number | null = null,
  ) {
    this.dtype = dtype;
    this.numel = numel;
    this.host = host;
    this.id = id;
    countArray(this.bytes, 1);
    noteMade(this);
  }

  private get bytes(): number {
    return this.numel * itemsize(this.dtype);
  }

  /**
   * One value everywhere. The elements are made when somebody looks at them: most new storages are overwritten whole, and
   * most kernels take a number as well.
   */
  static filled(dtype: DType, numel: number, value: number): Handle {
    return new Handle(dtype, numel, null, null, value);
  }

  /** The array is the handle's from here on. */
  static ofHost(dtype: DType, array: TypedArray): Handle {
    return new Handle(dtype, array.length, array, null);
  }

  /** What a kernel made; for integers and booleans, values that floats hold exactly. */
  static ofKernel(dtype: DType, numel: number, id: ArrayId): Handle {
    return new Handle(dtype, numel, null, id);
  }

  /** One more box holds this. */
  retain(): void {
    this.holders++;
  }

  /** A box lets go. The last one frees the memory. */
  release(): void {
    this.holders--;
    this.freeUnlessHeld();
  }

  /** Frees the memory when no box holds this. */
  freeUnlessHeld(): void {
    if (this.holders > 0 || this.freed) return;
    this.freed = true;
    countArray(this.bytes, -1);
    if (this.id !== null) startedDriver()?.free(this.id);
    this.id = null;
    this.host = null;
  }

  /** Whether the elements have been put or made on the device. */
  get onDevice(): boolean {
    return this.id !== null;
  }

  /** Whether the host has the elements, because they came from there or have been looked at. */
  get isKnown(): boolean {
    return this.host !== null || this.constant !== null;
  }

  /** Whether the elements are on the device, or would be there exactly. */
  get fitsDevice(): boolean {
    if (this.id !== null || (this.dtype !== 'int64' && this.dtype !== 'int32')) return true;
    if (this.constant !== null) return Math.abs(this.constant) <= LARGEST_EXACT;
    const host = this.toHost();
    for (let i = 0; i < host.length; i++) if (Math.abs(host[i]) > LARGEST_EXACT) return false;
    return true;
  }

  /**
   * Whether elements that are on the device stay on the host as well: integers, which are looked at there (indices are
   * checked) and may not fit, and what is small.
   */
  private get keepsHost(): boolean {
    return this.dtype !== 'float32' || this.bytes <= KEPT_ON_HOST;
  }

  /** Nobody has a handle that was freed; taking it for zeros would hide that somebody has. */
  private checkHeld(): void {
    if (this.freed) throw new DeviceError('the gpu device was given an array that it has already freed');
  }

  /** The elements on the host, to be read and never written. Waits for the device. */
  toHost(): TypedArray {
    this.checkHeld();
    if (this.host !== null) return this.host;
    const host = this.constant !== null ? this.filledHost(this.constant) : this.download(this.id as ArrayId);
    if (this.keepsHost) this.host = host;
    return host;
  }

  private filledHost(value: number): TypedArray {
    const array = allocateArray(this.dtype, this.numel);
    return value === 0 ? array : array.fill(value);
  }

  /** @throws ValueError for an int64 that a kernel could not make of a float. */
  private download(id: ArrayId): TypedArray {
    countReadback();
    const floats = gpuDriver().download(id);
    if (this.dtype === 'float32') return floats;
    const array = allocateArray(this.dtype, this.numel);
    if (this.dtype !== 'int64') array.set(floats);
    else for (let i = 0; i < floats.length; i++) array[i] = checkSafe(floats[i]);
    return array;
  }

  /** The elements on the device. @throws DTypeError for integers that 32-bit floats do not hold. */
  toDevice(): ArrayId {
    this.checkHeld();
    if (this.id === null) {
      if (!this.fitsDevice) throw new DTypeError(`gpu kernels hold ${this.dtype} only up to 2^24 in size`);
      const id = nextArrayId();
      if (this.constant !== null) {
        enqueue(fillKernel(this.numel), [], [this.constant], id);
      } else {
        const host = this.toHost();
        gpuDriver().upload(id, host instanceof Float32Array ? host : Float32Array.from(host));
        countUpload();
      }
      this.id = id;
      if (!this.keepsHost) this.host = null;
    }
    return this.id;
  }
}

/** What a box holds; it outlives the box until it has let go. */
class Content implements Cell {
  seen = 0;

  constructor(public handle: Handle | null) {}

  letGo(): void {
    this.handle?.release();
    this.handle = null;
  }
}

let boxes = 0;

/** Inside of {@link keepingContents}: what boxes held that were there before and have been given something else. */
let kept: { readonly last: number; readonly before: Map<GpuBuffer, Handle> } | null = null;

/** Runs, and puts back what every gpu storage held before, also when it throws. May not be nested. */
export function keepingContents<R>(run: () => R): R {
  const before = new Map<GpuBuffer, Handle>();
  kept = { last: boxes, before };
  try {
    return run();
  } finally {
    kept = null;
    for (const [buffer, handle] of before) {
      if (!buffer.isDisposed) buffer.handle = handle;
      handle.release();
    }
  }
}

/** A gpu storage's buffer. */
export class GpuBuffer {
  private readonly content: Content;
  private readonly serial = ++boxes;

  constructor(handle: Handle) {
    handle.retain();
    this.content = new Content(handle);
    watchBox(this, this.content);
  }

  /** @throws DeviceError after {@link dispose}. */
  get handle(): Handle {
    if (this.content.handle === null) throw new DeviceError(DISPOSED);
    return this.content.handle;
  }

  set handle(next: Handle) {
    const before = this.handle;
    if (before === next) return;
    if (kept !== null && this.serial <= kept.last && !kept.before.has(this)) {
      before.retain();
      kept.before.set(this, before);
    }
    next.retain();
    this.content.handle = next;
    before.release();
  }

  get isDisposed(): boolean {
    return this.content.handle === null;
  }

  /** Lets go of the elements at once. Nobody can use the buffer afterwards. */
  dispose(): void {
    forgetBox(this.content);
    this.content.letGo();
  }
}

const DISPOSED =
  'the memory of this gpu tensor was freed by dispose(), on it or on a tensor that shares its storage; it cannot be used ' +
  'any more';

export function gpuBufferOf(buffer: DeviceBuffer): GpuBuffer {
  if (!(buffer instanceof GpuBuffer))
    throw new TypeError('a storage of the gpu device holds a buffer of another device');
  return buffer;
}

export const handleOf = (x: View): Handle => gpuBufferOf(x.storage.buffer).handle;
