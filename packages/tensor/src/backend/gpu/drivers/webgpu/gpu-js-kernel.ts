/**
 * A kernel of gpu.js in its `webgpu` mode, seen from inside. gpu.js keeps each kernel's last output until the next run, and
 * takes no foreign buffer as an argument but by the class of its results; so these private fields are read and written.
 * They are those of gpu.js 2.24.1, which package.json pins; a test looks at each by name.
 */
import type { GpuJs, GpuJsKernel } from '../gpu-js.js';
import type { WebGpuBuffer } from './device-api.js';

interface CountedBuffer extends WebGpuBuffer {
  /** How many results and kernels of gpu.js hold the buffer. */
  _refs?: number;
}

interface WebGpuKernel {
  readonly built: boolean;
  /** The device and its adapter; a result of another context is refused. */
  readonly context: object | null;
  outputBuffer: CountedBuffer | null;
  bindGroupDirty: boolean;
  build(...args: unknown[]): Promise<void>;
}

/** What gpu.js returns from a pipeline, and takes as an argument. */
interface BufferResult {
  readonly type: 'WebGPUBuffer';
  readonly buffer: WebGpuBuffer;
  readonly output: readonly number[];
  readonly componentCount: number;
  readonly context: object | null;
  readonly _deleted: boolean;
}

/** An array on the device: the first `numel` floats of a buffer. */
export interface DeviceArray {
  readonly buffer: WebGpuBuffer;
  readonly numel: number;
}

const insideOf = (kernel: GpuJsKernel): WebGpuKernel => kernel.kernel as unknown as WebGpuKernel;

const isResult = (x: unknown): x is BufferResult => typeof x === 'object' && x !== null && 'buffer' in x;

/** An array as an argument of this kernel: single numbers, also where threads have returned four each, which gpu.js refuses. */
function argument(array: DeviceArray, kernel: WebGpuKernel): BufferResult {
  const { buffer, numel } = array;
  return { type: 'WebGPUBuffer', buffer, output: [numel], componentCount: 1, context: kernel.context, _deleted: false };
}

/** Compiles a kernel. @throws what the shader's compiler says. */
export async function build(
  kernel: GpuJsKernel,
  inputs: readonly DeviceArray[],
  numbers: readonly number[],
): Promise<void> {
  const inside = insideOf(kernel);
  await inside.build(...inputs.map((array) => argument(array, inside)), ...numbers);
}

/** Runs a kernel that has been built. The result's buffer is the caller's alone. */
export async function run(
  kernel: GpuJsKernel,
  inputs: readonly DeviceArray[],
  numbers: readonly number[],
): Promise<WebGpuBuffer | null> {
  const inside = insideOf(kernel);
  const result = await kernel(...inputs.map((array) => argument(array, inside)), ...numbers);
  if (!isResult(result) || inside.outputBuffer !== result.buffer) return null;
  inside.outputBuffer = null;
  inside.bindGroupDirty = true;
  return result.buffer;
}

/** Frees what a kernel holds, also one that was never built. */
export function destroy(gpu: GpuJs, kernel: GpuJsKernel): void {
  kernel.destroy();
  const at = gpu.kernels.indexOf(kernel.kernel);
  if (at >= 0) gpu.kernels.splice(at, 1);
}
