/** Buffers of the cpu device: typed arrays, in WebAssembly memory where the fast kernels are and it pays. */
import { allocateArray32, MIN_RESIDENT, releaseArray } from '@torchlet/kernels';
import { allocateArray, DTYPES, type DType, type TypedArray } from '../../dtype.js';
import { contiguousStrides, numelOf, type Shape } from '../../shape.js';
import { type DeviceBuffer, Storage, takeBuffer } from '../../storage.js';
import type { View } from '../backend.js';

/** Room for `numel` elements, zeroed unless the caller will write every one of them. */
export function allocate(numel: number, dtype: DType, zero: boolean): TypedArray {
  if (numel >= MIN_RESIDENT && numel < 2 ** 30) {
    if (dtype === 'float32') return allocateArray32(Float32Array, numel, zero);
    if (dtype === 'int32') return allocateArray32(Int32Array, numel, zero);
  }
  return allocateArray(dtype, numel);
}

/**
 * Elements of an array that storages share. Whoever keeps one of them keeps all of it: so much and no more. Programs keep losses by
 * the thousand, so that single elements share an array that is hardly larger than one of its own would be.
 */
const SHARED = [16, 512, 1024] as const;
/** More elements than these have a place in one of the longer arrays … */
const MOST_SMALL = 64;
/** … and more than these an array of their own, where the kernels are. */
const MOST_SHARED = MIN_RESIDENT - 1;

/** An array with room for further storages behind those that have their places in it. Places are never used again. */
class Shared {
  private array: TypedArray | null = null;
  private next: number;

  constructor(
    private readonly dtype: DType,
    private readonly room: number,
  ) {
    this.next = room;
  }

  storage(numel: number): Storage {
    let start = this.next;
    if (start + numel > this.room || this.array === null) {
      this.array = allocateArray(this.dtype, this.room);
      start = 1; // 0 says that memory is not shared
    }
    this.next = start + numel;
    return new Storage('cpu', this.dtype, numel, this.array, start);
  }
}

const [single, small, medium] = SHARED.map(
  (room) =>
    Object.fromEntries(DTYPES.map((dtype) => [dtype, new Shared(dtype, room)])) as Readonly<Record<DType, Shared>>,
);

/** Small ones share an array, because one of its own takes longer to make than a small kernel runs, and ten times the memory. */
export function storage(numel: number, dtype: DType, zero: boolean): Storage {
  if (numel === 1) return single[dtype].storage(1);
  if (numel > 0 && numel <= MOST_SHARED) return (numel <= MOST_SMALL ? small : medium)[dtype].storage(numel);
  return new Storage('cpu', dtype, numel, allocate(numel, dtype, zero));
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

/** A row-major view of memory for the time of an operation, to be given back by {@link discard}. It may hold anything. */
export function temporary(dtype: DType, shape: Shape): View {
  const numel = numelOf(shape);
  const storage = new Storage('cpu', dtype, numel, allocate(numel, dtype, false));
  return { storage, dtype, offset: 0, shape, strides: contiguousStrides(shape) };
}

/** Takes back a view whose memory nobody else sees. */
export const discard = ({ storage }: View): void => release(takeBuffer(storage));
