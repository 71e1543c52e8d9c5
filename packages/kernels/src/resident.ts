/** Memory for arrays on which kernels run without copies. */
import { wasmKernels } from './wasm/instance.js';
import type { ResidentArray } from './wasm/residents.js';

/** A smaller array is cheaper on JavaScript's heap. */
export const MIN_RESIDENT = 256;

/**
 * A float32 or int32 array for tensors, in WebAssembly memory where that pays and there is room, else on the heap.
 * @param zero whether it must be zeroed; otherwise its content is arbitrary
 */
export function allocateArray32<T extends ResidentArray>(
  type: new (buffer: ArrayBufferLike, address: number, length: number) => T,
  length: number,
  zero: boolean,
): T {
  const kernels = length < MIN_RESIDENT ? null : wasmKernels();
  const array = kernels?.memory.residents.allocate(type, length) ?? null;
  if (kernels === null || array === null) return new (type as unknown as new (length: number) => T)(length);
  if (zero) kernels.exports.clear(array.byteOffset, 4 * length);
  return array;
}

/** Gives an array of {@link allocateArray32} back. Nobody may use it, or a view of it, afterwards. */
export function releaseArray(array: ResidentArray): void {
  const kernels = wasmKernels();
  if (kernels?.memory.holds(array)) kernels.memory.residents.release(array);
}

/** Whether an array lies in the kernels' own memory. */
export const isResident = (array: { readonly buffer: ArrayBufferLike }): boolean =>
  wasmKernels()?.memory.holds(array) ?? false;

/** Bytes of the resident arrays that are in use, and the most there ever were. */
export const residentUsage = (): { readonly held: number; readonly peak: number } =>
  wasmKernels()?.memory.residents.usage ?? { held: 0, peak: 0 };

/** `to[toOffset …] = from[fromOffset …]`, `length` elements of arrays of one type. */
export function copyArray<T extends Float32Array | Int32Array>(
  from: T,
  fromOffset: number,
  to: T,
  toOffset: number,
  length: number,
): void {
  const kernels = length < MIN_RESIDENT ? null : wasmKernels();
  if (kernels?.memory.holds(from) && kernels.memory.holds(to)) {
    kernels.exports.copy(from.byteOffset + 4 * fromOffset, to.byteOffset + 4 * toOffset, 4 * length);
  } else to.set(from.subarray(fromOffset, fromOffset + length), toOffset);
}
