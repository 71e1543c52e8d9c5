/**
 * Where a gpu storage keeps its elements. The buffer is a box; the handle in it is immutable, so an in-place operation
 * puts a new handle into the box, and every view and state dict that shares the storage sees it.
 */
import { allocateArray, type DType, itemsize, type TypedArray } from '../../dtype.js';
import { DTypeError } from '../../errors.js';
import type { DeviceBuffer } from '../../storage.js';
import type { View } from '../backend.js';
import type { DeviceArray } from './gpu-js.js';
import { countReadback, countUpload } from './stats.js';

/** float64 is missing: GPUs compute in 32 bits through gpu.js. */
const DTYPES: readonly DType[] = ['float32', 'int64', 'int32', 'uint8', 'bool'];

/** @throws DTypeError for a dtype that the device does not have. */
export function checkGpuDType(op: string, dtype: DType): void {
  if (DTYPES.includes(dtype)) return;
  throw new DTypeError(`${op}(): the gpu device does not support ${dtype}, only ${DTYPES.join(', ')}`);
}

let allocated = 0;
const registry = new FinalizationRegistry<number>((bytes) => {
  allocated -= bytes;
});

/** Bytes of all handles that the garbage collector has not taken yet. */
export const allocatedBytes = (): number => allocated;

/**
 * Elements that never change, on the host, on the device, or on both after a move. Only float32 goes to the device:
 * integers and booleans are held as host arrays, because gpu.js computes in floats.
 */
export class Handle {
  readonly dtype: DType;
  readonly numel: number;
  private host: TypedArray | null;
  private device: DeviceArray | null;

  private constructor(dtype: DType, numel: number, host: TypedArray | null, device: DeviceArray | null) {
    this.dtype = dtype;
    this.numel = numel;
    this.host = host;
    this.device = device;
    const bytes = numel * itemsize(dtype);
    allocated += bytes;
    registry.register(this, bytes);
  }

  /** Zeros, made when they are first looked at: most new storages are overwritten whole. */
  static zeros(dtype: DType, numel: number): Handle {
    return new Handle(dtype, numel, null, null);
  }

  /** The array is the handle's from here on. */
  static ofHost(dtype: DType, array: TypedArray): Handle {
    return new Handle(dtype, array.length, array, null);
  }

  static ofKernel(result: DeviceArray): Handle {
    return new Handle('float32', result.length, null, result);
  }

  /** The elements on the host, to be read and never written. */
  toHost(): TypedArray {
    if (this.host === null) {
      if (this.device === null) this.host = allocateArray(this.dtype, this.numel);
      else {
        countReadback();
        this.host = this.device;
      }
    }
    return this.host;
  }

  /** The elements on the device; float32 only. */
  toDevice(): DeviceArray {
    if (this.device === null) {
      const host = this.toHost();
      if (!(host instanceof Float32Array)) throw new DTypeError(`gpu kernels take float32, got ${this.dtype}`);
      countUpload();
      this.device = host;
    }
    return this.device;
  }
}

/** A gpu storage's buffer. */
export class GpuBuffer {
  constructor(public handle: Handle) {}
}

export function gpuBufferOf(buffer: DeviceBuffer): GpuBuffer {
  if (!(buffer instanceof GpuBuffer))
    throw new TypeError('a storage of the gpu device holds a buffer of another device');
  return buffer;
}

export const handleOf = (x: View): Handle => gpuBufferOf(x.storage.buffer).handle;
