/**
 * gpu.js as this device uses it. Its own typings are partly wrong (a kernel made from a source string, `fallbackReason`,
 * what a pipeline returns), so what is needed is described here, and what comes back is checked.
 */
import { DeviceError } from '../../../errors.js';
import type { GpuMode } from '../config.js';

/** A result that stays on a GPU driven through WebGL. */
export interface Texture {
  /** Sizes. */
  readonly output: readonly number[];
  readonly type: string;
  toArray(): ArrayLike<number>;
  delete(): void;
}

export const isTexture = (x: unknown): x is Texture =>
  typeof x === 'object' && x !== null && 'delete' in x && 'toArray' in x;

/**
 * What a kernel takes and, as a pipeline, returns. Where the device's memory is the host's (`cpu`, `webasm`) it is a plain
 * array; that must never be written, because several buffers may hold it.
 */
export type DeviceArray = Float32Array | Texture;

/** `WebGPUBuffer` is an array on a WebGPU device, `ArrayTexture(1)` one behind WebGL. */
export type ArgumentType = 'Array' | 'Float' | 'Integer' | 'WebGPUBuffer' | 'ArrayTexture(1)';

export interface GpuJsKernelSettings {
  readonly output: readonly number[];
  readonly argumentTypes: Readonly<Record<string, ArgumentType>>;
  /** Results stay on the device. */
  readonly pipeline: boolean;
  /** A new result for each call; without it the kernel's next call overwrites the last result. */
  readonly immutable: true;
  readonly precision: 'single';
  /** gpu.js ends a loop silently after 1,000 iterations where it cannot see the bound. */
  readonly loopMaxIterations: number;
  /** The same kernel takes arrays of other sizes than at its first call. */
  readonly dynamicArguments: true;
  /** … and makes one of another size, which {@link GpuJsKernel.setOutput} says. */
  readonly dynamicOutput: true;
  /** Behind WebGL the precision of numbers would be that of the size of the first output. */
  readonly tactic: 'precision';
  /** Helpers that the kernel calls. */
  readonly functions?: readonly {
    readonly source: string;
    readonly settings: { readonly argumentTypes: readonly string[]; readonly returnType: string };
  }[];
}

/** A kernel: called with its arrays and numbers, it runs. */
export interface GpuJsKernel {
  (...args: unknown[]): unknown;
  /** The implementation that runs now; gpu.js replaces it when it falls back. */
  readonly kernel: {
    readonly constructor: { readonly mode?: string };
    readonly fallbackReason?: string | null;
    readonly output: ArrayLike<number>;
  };
  setOutput(sizes: readonly number[]): void;
  destroy(): void;
}

/** Says how many threads a kernel's next run has. */
export function setThreads(kernel: GpuJsKernel, threads: number): void {
  if (kernel.kernel.output[0] !== threads) kernel.setOutput([threads]);
}

/** The part of a WebGL context that is needed here. */
interface WebGl {
  readonly RENDERER: number;
  getExtension(name: string): object | null;
  getParameter(name: number): unknown;
  finish(): void;
}

export interface GpuJs {
  /** Where a mode draws, once it has. */
  readonly context?: WebGl | null;
  readonly mode: string;
  /** Every kernel that was made. gpu.js's `cpu` mode leaves destroyed ones in it. */
  readonly kernels: unknown[];
  createKernel(source: string, settings: GpuJsKernelSettings): GpuJsKernel;
}

interface GpuJsModule {
  readonly GPU: new (settings: { readonly mode: GpuMode }) => GpuJs;
}

/** The file for browsers exports the class, with everything else on it. */
function isGpuJs(module: unknown): module is GpuJsModule {
  const holds = (typeof module === 'object' && module !== null) || typeof module === 'function';
  return holds && 'GPU' in module && typeof module.GPU === 'function';
}

/** Loads gpu.js and starts it in `mode`. @throws DeviceError when it cannot be loaded or does not start. */
export function openGpuJs(mode: GpuMode, load: () => unknown): GpuJs {
  try {
    const module = load();
    if (!isGpuJs(module)) throw new TypeError('the module gpu.js exports no GPU');
    return new module.GPU({ mode });
  } catch (cause) {
    if (cause instanceof DeviceError) throw cause;
    throw new DeviceError(`gpu.js did not start in ${mode} mode: ${reason(cause)}`, { cause });
  }
}

/** Whether arrays are textures behind WebGL. */
export const isWebGl = (mode: GpuMode): boolean => mode === 'headlessgl' || mode === 'webgl2';

/** gpu.js falls back to its cpu mode with no more than a warning: here it is an error. */
export function checkMode(op: string, { kernel }: GpuJsKernel, expected: GpuMode): void {
  const { mode } = kernel.constructor;
  // all kernels behind WebGL say that
  if (mode === (isWebGl(expected) ? 'gpu' : expected)) return;
  const why = kernel.fallbackReason ?? 'gpu.js gives no reason';
  throw new DeviceError(`${op}(): gpu.js ran the kernel in ${mode} mode instead of ${expected}: ${why}`);
}

/** The message of whatever was thrown. */
export const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));
