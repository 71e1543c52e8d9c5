/** Memory for arrays on which kernels run without copies. */
import { addressOf, share, unitsOf } from './parallel/split.js';
import type { NumericArray } from './types.js';
import { startedKernels, type WasmKernels, wasmKernels } from './wasm/instance.js';
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
  if (zero) clear(kernels, array.byteOffset, 4 * length);
  return array;
}

/** Bytes that a thread gets a multiple of: a cache line's. */
const LINE = 64;

function clear({ pool, shared }: WasmKernels, address: number, bytes: number): void {
  share(pool, shared.clear, Math.ceil(bytes / LINE), LINE / 4, (_, lines) => [
    addressOf(address, LINE * lines),
    unitsOf(bytes, LINE * lines || bytes),
  ]);
}

function copy({ pool, exports, shared }: WasmKernels, from: number, to: number, bytes: number): void {
  // what overlaps has to be moved in one piece
  if (from < to + bytes && to < from + bytes) exports.copy(from, to, bytes);
  else {
    share(pool, shared.copy, Math.ceil(bytes / LINE), LINE / 4, (_, lines) => [
      addressOf(from, LINE * lines),
      addressOf(to, LINE * lines),
      unitsOf(bytes, LINE * lines || bytes),
    ]);
  }
}

/** Gives an array of {@link allocateArray32} back. Nobody may use it, or a view of it, afterwards. */
export function releaseArray(array: ResidentArray): void {
  const kernels = wasmKernels();
  if (kernels?.memory.holds(array)) kernels.memory.residents.release(array);
}

/** To be called when much has become unreachable that was made lately, such as after a backward pass: may take it back. */
export const collectEarly = (): void => startedKernels()?.memory.residents.collectEarly();

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
    copy(kernels, from.byteOffset + 4 * fromOffset, to.byteOffset + 4 * toOffset, 4 * length);
  } else to.set(from.subarray(fromOffset, fromOffset + length), toOffset);
}

/** `to[toOffset …]` becomes `rows` times `from[fromOffset …]`, which has `length` elements. The arrays are of one type, at least one row. */
export function repeatArray<T extends NumericArray>(
  from: T,
  fromOffset: number,
  length: number,
  to: T,
  toOffset: number,
  rows: number,
): void {
  const first = to.subarray(toOffset, toOffset + length) as T;
  first.set(from.subarray(fromOffset, fromOffset + length));
  const kernels = length * rows < MIN_RESIDENT || to.BYTES_PER_ELEMENT !== 4 ? null : wasmKernels();
  if (kernels?.memory.holds(to)) {
    const bytes = 4 * length;
    share(kernels.pool, kernels.shared.repeat, rows - 1, length, (size, perBlock) => [
      first.byteOffset,
      addressOf(first.byteOffset + bytes, bytes * perBlock),
      bytes,
      size,
    ]);
    return;
  }
  const all = length * rows;
  for (let done = length; done < all; done *= 2)
    to.copyWithin(toOffset + done, toOffset, toOffset + Math.min(done, all - done));
}
