/** Views on the gpu device for tests of its backend. */
import type { View } from '../src/backend/backend.js';
import { gpuBackend } from '../src/backend/gpu/gpu-backend.js';
import { contiguousStrides, numelOf } from '../src/shape.js';
import { Storage } from '../src/storage.js';

/** A float32 tensor's view. */
export function onGpu(shape: readonly number[], data: readonly number[]): View {
  const buffer = gpuBackend().fromHost(new Float32Array(data), 'float32');
  const storage = new Storage('gpu', 'float32', data.length, buffer);
  return { storage, shape, strides: contiguousStrides(shape), offset: 0, dtype: 'float32' };
}

/** An int64 vector's view. */
export function integers(data: readonly number[]): View {
  const storage = new Storage('gpu', 'int64', data.length, gpuBackend().fromHost(new Float64Array(data), 'int64'));
  return { storage, shape: [data.length], strides: [1], offset: 0, dtype: 'int64' };
}

export const empty = (...shape: number[]): View => onGpu(shape, new Array<number>(numelOf(shape)).fill(0));
export const read = (x: View): number[] => Array.from(gpuBackend().toHost(x));
