/** gpu.js on this thread, in a mode whose results are plain arrays: everything is done when a call returns. */
import { DeviceError } from '../../../errors.js';
import type { GpuMode } from '../config.js';
import type { ArrayId, Driver, DriverMemory, KernelSource } from '../driver.js';
import type { GpuJs } from './gpu-js.js';
import { KernelCache } from './kernel-cache.js';

export class LocalDriver implements Driver {
  readonly ended = null;
  readonly name: string;
  private readonly cache: KernelCache;
  private readonly arrays = new Map<ArrayId, Float32Array>();

  constructor(
    gpu: GpuJs,
    readonly mode: GpuMode,
    cacheSize?: number,
  ) {
    this.name = `gpu.js in ${mode} mode (emulated, no GPU hardware)`;
    this.cache = new KernelCache(gpu, mode, cacheSize);
  }

  /** Number of compiled kernels that are kept. */
  get cachedKernels(): number {
    return this.cache.count;
  }

  upload(id: ArrayId, data: Float32Array): void {
    this.arrays.set(id, data);
  }

  run(kernel: KernelSource, arrays: readonly ArrayId[], scalars: readonly number[], out: ArrayId): void {
    const inputs = arrays.map((id) => this.download(id));
    const result = this.cache.run(kernel, inputs, scalars);
    if (!(result instanceof Float32Array) || result.length !== kernel.outputs) {
      throw new DeviceError(`${kernel.op}(): gpu.js returned no array of ${kernel.outputs} elements`);
    }
    this.arrays.set(out, result);
  }

  download(id: ArrayId): Float32Array {
    const array = this.arrays.get(id);
    if (array === undefined) throw new DeviceError(`the gpu device has no array ${id}`);
    return array;
  }

  free(id: ArrayId): void {
    this.arrays.delete(id);
  }

  synchronize(): void {
    // nothing is ever pending
  }

  memory(): DriverMemory {
    let reserved = 0;
    for (const { byteLength } of this.arrays.values()) reserved += byteLength;
    return { reserved, buffers: this.arrays.size };
  }

  emptyCache(): void {
    // nothing is kept that is not in use
  }

  close(): void {
    this.arrays.clear();
  }
}
