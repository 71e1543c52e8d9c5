/** Gpu views seen from the host, and kernel operands made from views. */
import type { TypedArray } from '../../dtype.js';
import { contiguousStrides, isContiguous, numelOf } from '../../shape.js';
import type { Storage } from '../../storage.js';
import type { View } from '../backend.js';
import { cpuBackend } from '../cpu/cpu-backend.js';
import { gpuBufferOf, Handle, handleOf } from './handles.js';
import { countTransfer } from './stats.js';

/** The same window over host memory. Not a `new Storage`: those have numbers that tell the engine their age. */
export function hostView(x: View, array: TypedArray): View {
  const storage: Storage = {
    version: 0,
    id: 0,
    inference: false,
    device: 'cpu',
    dtype: x.dtype,
    numel: array.length,
    buffer: array,
  };
  return { storage, shape: x.shape, strides: x.strides, offset: x.offset, dtype: x.dtype };
}

/** Whether the view shows its whole storage in order, so that writing it may replace the handle. */
export const isWhole = (x: View): boolean =>
  x.offset === 0 && numelOf(x.shape) === x.storage.numel && isContiguous(x.shape, x.strides);

/** For messages: `[2, 3] float32, …` */
export const describe = (views: readonly View[]): string =>
  views.map((x) => `[${x.shape.join(', ')}] ${x.dtype}`).join(', ');

/** A handle of the view's elements in row-major order; packs them on the host unless they are all of the storage. */
export function contiguousHandle(x: View): Handle {
  if (isWhole(x)) return handleOf(x);
  countTransfer('pack', () => describe([x]));
  return Handle.ofHost(x.dtype, cpuBackend.toHost(hostView(x, handleOf(x).toHost())).slice());
}

/** Makes a kernel's result the view's elements. */
export function store(result: Handle, out: View): void {
  const buffer = gpuBufferOf(out.storage.buffer);
  if (isWhole(out)) {
    buffer.handle = result;
    return;
  }
  countTransfer('store', () => describe([out]));
  const array = handleOf(out).toHost().slice();
  const packed = { ...hostView(out, result.toHost()), strides: contiguousStrides(out.shape), offset: 0 };
  cpuBackend.copy(packed, hostView(out, array));
  buffer.handle = Handle.ofHost(out.dtype, array);
}
