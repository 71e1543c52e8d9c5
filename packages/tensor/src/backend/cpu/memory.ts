/** Buffers of the cpu device: typed arrays, in WebAssembly memory where the fast kernels are and it pays. */
import { allocateArray32, MIN_RESIDENT, releaseArray } from '@torchlet/kernels';
import { allocateArray, type DType, type TypedArray } from '../../dtype.js';
import type { DeviceBuffer } from '../../storage.js';

/** Room for `numel` elements, zeroed unless the caller will write every one of them. */
export function allocate(numel: number, dtype: DType, zero: boolean): TypedArray {
  if (numel >= MIN_RESIDENT && numel < 2 ** 30) {
    if (dtype === 'float32') return allocateArray32(Float32Array, numel, zero);
    if (dtype === 'int32') return allocateArray32(Int32Array, numel, zero);
  }
  return allocateArray(dtype, numel);
}

/** Arrays that {@link fromHost} takes as they are: nobody else has them. */
const prepared = new WeakSet<TypedArray>();

/** An array to be filled, already where {@link fromHost} would move it. */
export function hostArray(numel: number, dtype: DType): TypedArray {
  const array = allocate(numel, dtype, false);
  prepared.add(array);
  return array;
}

/** float32 moves to where the kernels are: the kernels of every later use then need no copy. */
export function fromHost(data: TypedArray): TypedArray {
  if (!(data instanceof Float32Array) || data.length < MIN_RESIDENT) return data;
  if (prepared.delete(data)) return data;
  const array = allocate(data.length, 'float32', false);
  array.set(data);
  return array;
}

/** Takes back a buffer that nobody else can see. */
export function release(buffer: DeviceBuffer): void {
  if (buffer instanceof Float32Array || buffer instanceof Int32Array) releaseArray(buffer);
}
