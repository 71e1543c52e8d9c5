/** Compiled kernels of a gpu.js whose kernels answer at once, bounded in number. */
import { DeviceError } from '../../../errors.js';
import type { GpuMode } from '../config.js';
import type { KernelSource } from '../driver.js';
import {
  type ArgumentType,
  checkMode,
  type DeviceArray,
  type GpuJs,
  type GpuJsKernel,
  isWebGl,
  reason,
  setThreads,
} from './gpu-js.js';
import { type KernelId, KernelIds } from './kernel-ids.js';
import { type KernelForm, kernelSettings, kernelText, resizes, threadsFor } from './kernel-text.js';

/** Compiled kernels that are kept; each holds its code and, on a GPU, its last output. */
const CACHE_SIZE = 256;

export class KernelCache {
  private readonly kernels = new Map<KernelId, GpuJsKernel>();
  private readonly ids: KernelIds;
  private readonly arrayType: ArgumentType;

  constructor(
    private readonly gpu: GpuJs,
    private readonly mode: GpuMode,
    size: number = CACHE_SIZE,
  ) {
    this.arrayType = isWebGl(mode) ? 'ArrayTexture(1)' : 'Array';
    this.ids = new KernelIds(
      size,
      resizes(mode),
      (id, form) => this.compile(id, form),
      (id) => this.destroy(id),
    );
  }

  /** Number of kernels compiled since the start. */
  get compiled(): number {
    return this.ids.given;
  }

  /** Number of compiled kernels that are kept. */
  get count(): number {
    return this.kernels.size;
  }

  /** Runs a kernel. @throws DeviceError naming the op, when gpu.js fails or falls back to another mode. */
  run(source: KernelSource, inputs: readonly DeviceArray[], scalars: readonly number[]): unknown {
    const { id, sizes } = this.ids.kernelFor(source);
    const kernel = this.kernels.get(id) as GpuJsKernel;
    let result: unknown;
    try {
      setThreads(kernel, threadsFor(source.outputs, source));
      result = kernel(...inputs, ...scalars, ...sizes);
    } catch (cause) {
      throw new DeviceError(`${source.op}(): the gpu kernel failed: ${reason(cause)}`, { cause });
    }
    checkMode(source.op, kernel, this.mode);
    return result;
  }

  private compile(id: KernelId, form: KernelForm): void {
    this.kernels.set(id, this.gpu.createKernel(kernelText(form), kernelSettings(form, this.arrayType)));
  }

  private destroy(id: KernelId): void {
    const kernel = this.kernels.get(id) as GpuJsKernel;
    this.kernels.delete(id);
    kernel.destroy();
    // some modes of gpu.js keep destroyed kernels, and so their memory, in this list
    const at = this.gpu.kernels.indexOf(kernel.kernel);
    if (at >= 0) this.gpu.kernels.splice(at, 1);
  }
}
