/** Compiled kernels of gpu.js, bounded in number. */
import { DeviceError } from '../../../errors.js';
import type { KernelSource } from '../driver.js';
import { type DeviceArray, type GpuJs, type GpuJsKernel, reason } from './gpu-js.js';

/** Compiled kernels that are kept; each holds its code and, on a GPU, its last output. */
const CACHE_SIZE = 256;

/** Far above every loop: gpu.js would stop at 1,000. */
const LOOP_MAX_ITERATIONS = 2 ** 31 - 1;

export class KernelCache {
  /** In the order of last use, oldest first. */
  private readonly kernels = new Map<string, GpuJsKernel>();

  constructor(
    private readonly gpu: GpuJs,
    private readonly mode: string,
    private readonly size: number = CACHE_SIZE,
  ) {}

  /** Number of compiled kernels that are kept. */
  get count(): number {
    return this.kernels.size;
  }

  /** Runs a kernel. @throws DeviceError naming the op, when gpu.js fails or falls back to another mode. */
  run(source: KernelSource, inputs: readonly DeviceArray[], scalars: readonly number[]): unknown {
    const kernel = this.kernel(source);
    let result: unknown;
    try {
      result = kernel(...inputs, ...scalars);
    } catch (cause) {
      throw new DeviceError(`${source.op}(): the gpu kernel failed: ${reason(cause)}`, { cause });
    }
    this.checkMode(source.op, kernel);
    return result;
  }

  /** gpu.js falls back to its cpu mode with no more than a warning: here it is an error. */
  private checkMode(op: string, { kernel }: GpuJsKernel): void {
    const { mode } = kernel.constructor;
    if (mode === this.mode) return;
    const why = kernel.fallbackReason ?? 'gpu.js gives no reason';
    throw new DeviceError(`${op}(): gpu.js ran the kernel in ${mode} mode instead of ${this.mode}: ${why}`);
  }

  private kernel(source: KernelSource): GpuJsKernel {
    const text = `function (${[...source.parameters, ...(source.scalars ?? [])].join(', ')}) {\n${source.body}\n}`;
    const key = [source.outputs, text, ...(source.functions ?? [])].join('\n');
    let kernel = this.kernels.get(key);
    if (kernel === undefined) {
      kernel = this.compile(source, text);
      if (this.kernels.size >= this.size) this.evict();
    } else this.kernels.delete(key);
    this.kernels.set(key, kernel);
    return kernel;
  }

  private compile(source: KernelSource, text: string): GpuJsKernel {
    const types = (names: readonly string[], type: 'Array' | 'Float') => names.map((name) => [name, type] as const);
    return this.gpu.createKernel(text, {
      output: [source.outputs],
      argumentTypes: Object.fromEntries([
        ...types(source.parameters, 'Array'),
        ...types(source.scalars ?? [], 'Float'),
      ]),
      pipeline: true,
      immutable: true,
      precision: 'single',
      loopMaxIterations: LOOP_MAX_ITERATIONS,
      ...(source.functions === undefined ? {} : { functions: source.functions.map(functionOf) }),
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

/** A helper as gpu.js takes it: all its arguments and its result are floats. */
function functionOf(source: string): { source: string; settings: { argumentTypes: string[]; returnType: 'Number' } } {
  const parameters = /\(([^)]*)\)/.exec(source)?.[1] ?? '';
  const count = parameters.trim() === '' ? 0 : parameters.split(',').length;
  return { source, settings: { argumentTypes: new Array<string>(count).fill('Number'), returnType: 'Number' } };
}
