/** gpu.js on this thread, in a mode that answers at once: what is asked for is done, or lies before its results in a queue. */
import { DeviceError } from '../../../errors.js';
import type { GpuMode } from '../config.js';
import type { ArrayId, Driver, DriverMemory, KernelSource, Lanes } from '../driver.js';
import { type DeviceArray, type GpuJs, isTexture, isWebGl } from './gpu-js.js';
import { KernelCache } from './kernel-cache.js';
import { TextureUploader } from './texture-uploader.js';

export class LocalDriver implements Driver {
  readonly ended = null;
  readonly maxBytes: number = Number.POSITIVE_INFINITY;
  readonly name: string;
  readonly lanes: Lanes;
  private readonly cache: KernelCache;
  private readonly arrays = new Map<ArrayId, DeviceArray>();
  /** In modes whose memory is the GPU's; the others read the caller's array. */
  private readonly uploader: TextureUploader | null;

  constructor(
    gpu: GpuJs,
    readonly mode: GpuMode,
    cacheSize?: number,
  ) {
    this.cache = new KernelCache(gpu, mode, cacheSize);
    this.uploader = isWebGl(mode) ? new TextureUploader(gpu, mode) : null;
    // a texture of four numbers a texel is not laid out as one of single numbers is, and cannot be read as one
    this.lanes = this.uploader === null ? 4 : 1;
    this.name = this.uploader?.rendererName() ?? `gpu.js in ${mode} mode (emulated, no GPU hardware)`;
  }

  get compiled(): number {
    return this.cache.compiled;
  }

  /** Number of compiled kernels that are kept. */
  get cachedKernels(): number {
    return this.cache.count;
  }

  upload(id: ArrayId, data: Float32Array): void {
    this.arrays.set(id, this.uploader === null ? data : this.uploader.upload(data));
  }

  run(kernel: KernelSource, arrays: readonly ArrayId[], scalars: readonly number[], out: ArrayId): void {
    const inputs = arrays.map((id) => this.array(id));
    const result = flat(this.cache.run(kernel, inputs, scalars), kernel);
    const texture = isTexture(result);
    if (texture !== (this.uploader !== null) || lengthOf(result) !== kernel.outputs) {
      throw new DeviceError(`${kernel.op}(): gpu.js returned no array of ${kernel.outputs} elements`);
    }
    this.arrays.set(out, result as DeviceArray);
  }

  download(id: ArrayId): Float32Array {
    const array = this.array(id);
    return isTexture(array) ? Float32Array.from(array.toArray()) : array;
  }

  private array(id: ArrayId): DeviceArray {
    const array = this.arrays.get(id);
    if (array === undefined) throw new DeviceError(`the gpu device has no array ${id}`);
    return array;
  }

  free(id: ArrayId): void {
    const array = this.arrays.get(id);
    if (isTexture(array)) array.delete();
    this.arrays.delete(id);
  }

  synchronize(): void {
    this.uploader?.finish();
  }

  memory(): DriverMemory {
    let reserved = 0;
    for (const array of this.arrays.values()) reserved += lengthOf(array) * Float32Array.BYTES_PER_ELEMENT;
    return { reserved, buffers: this.arrays.size };
  }

  emptyCache(): void {
    // nothing is kept that is not in use
  }

  close(): void {
    // at the end of a process the GPU's context is gone already
    this.arrays.clear();
  }
}

/** Elements of an array; -1 for anything else. */
function lengthOf(array: unknown): number {
  if (array instanceof Float32Array) return array.length;
  return isTexture(array) && array.output.length === 1 ? array.output[0] : -1;
}

/** Where a thread has several outputs, gpu.js's emulations return an array of each thread's. */
function flat(result: unknown, { lanes = 1, outputs }: KernelSource): unknown {
  if (lanes === 1 || !Array.isArray(result)) return result;
  const threads: readonly ArrayLike<number>[] = result;
  return Float32Array.from({ length: outputs }, (_, i) => threads[Math.floor(i / lanes)][i % lanes]);
}
