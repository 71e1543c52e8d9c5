/** gpu.js with a bounded cache of kernels. */
import { DeviceError } from '../../errors.js';
import { requestedMode } from './config.js';
import { type GpuJs, type GpuJsKernel, openGpuJs, reason } from './gpu-js.js';
import { Handle } from './handles.js';
import { countKernel } from './stats.js';

/** Compiled kernels that are kept; each holds its code and, on a GPU, its last output. */
const CACHE_SIZE = 256;

/** Far above every loop: gpu.js would stop at 1,000. */
const LOOP_MAX_ITERATIONS = 2 ** 31 - 1;

/** A kernel before it is compiled: everything but the elements is in the text, so the text alone tells kernels apart. */
export interface KernelSource {
  /** For error messages. */
  readonly op: string;
  /** Parameter names; each is a flat float32 array. */
  readonly parameters: readonly string[];
  /** JavaScript as gpu.js takes it; `this.thread.x` is the flat output index. */
  readonly body: string;
  /** Elements of the output, at least one. */
  readonly outputs: number;
}

export class GpuDevice {
  /** In the order of last use, oldest first. */
  private readonly kernels = new Map<string, GpuJsKernel>();

  constructor(
    private readonly gpu: GpuJs,
    readonly mode: string,
    private readonly cacheSize: number = CACHE_SIZE,
  ) {}

  /** Number of compiled kernels that are kept. */
  get cachedKernels(): number {
    return this.kernels.size;
  }

  /** Runs a kernel. @throws DeviceError naming the op, when gpu.js fails or falls back to another mode. */
  run(source: KernelSource, inputs: readonly Handle[]): Handle {
    const kernel = this.kernel(source);
    let result: unknown;
    try {
      result = kernel(...inputs.map((input) => input.toDevice()));
    } catch (cause) {
      throw new DeviceError(`${source.op}(): the gpu kernel failed: ${reason(cause)}`, { cause });
    }
    this.checkMode(source.op, kernel);
    if (!(result instanceof Float32Array) || result.length !== source.outputs) {
      throw new DeviceError(`${source.op}(): gpu.js returned no array of ${source.outputs} elements`);
    }
    countKernel();
    return Handle.ofKernel(result);
  }

  /** gpu.js falls back to its cpu mode with no more than a warning: here it is an error. */
  private checkMode(op: string, { kernel }: GpuJsKernel): void {
    const { mode } = kernel.constructor;
    if (mode === this.mode) return;
    const why = kernel.fallbackReason ?? 'gpu.js gives no reason';
    throw new DeviceError(`${op}(): gpu.js ran the kernel in ${mode} mode instead of ${this.mode}: ${why}`);
  }

  private kernel(source: KernelSource): GpuJsKernel {
    const text = `function (${source.parameters.join(', ')}) {\n${source.body}\n}`;
    const key = `${source.outputs} ${text}`;
    let kernel = this.kernels.get(key);
    if (kernel === undefined) {
      kernel = this.compile(source, text);
      if (this.kernels.size >= this.cacheSize) this.evict();
    } else this.kernels.delete(key);
    this.kernels.set(key, kernel);
    return kernel;
  }

  private compile(source: KernelSource, text: string): GpuJsKernel {
    return this.gpu.createKernel(text, {
      output: [source.outputs],
      argumentTypes: Object.fromEntries(source.parameters.map((name) => [name, 'Array'] as const)),
      pipeline: true,
      immutable: true,
      precision: 'single',
      loopMaxIterations: LOOP_MAX_ITERATIONS,
    });
  }

  private evict(): void {
    for (const [key, kernel] of this.kernels) {
      this.kernels.delete(key);
      kernel.destroy();
      // some modes of gpu.js keep destroyed kernels, and so their memory, in this list
      const at = this.gpu.kernels.indexOf(kernel.kernel);
      if (at >= 0) this.gpu.kernels.splice(at, 1);
      return;
    }
  }
}

let device: GpuDevice | null = null;

/**
 * The device, started on first use; the environment counts at that moment.
 * @throws DeviceError when `TORCHLET_GPU` says `off` or names no mode, or gpu.js does not start.
 */
export function gpuDevice(): GpuDevice {
  if (device === null) {
    const mode = requestedMode();
    if (mode === null) throw new DeviceError('the gpu device is not available: TORCHLET_GPU=off switches it off');
    device = new GpuDevice(openGpuJs(mode), mode);
  }
  return device;
}

/** The device if it has been started. */
export const startedGpuDevice = (): GpuDevice | null => device;
