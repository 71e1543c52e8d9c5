/** Starts gpu.js on a WebGPU device and sees whether it computes. */
import { DeviceError } from '../../../../errors.js';
import type { KernelSource } from '../../driver.js';
import { checkMode, type GpuJs, openGpuJs } from '../gpu-js.js';
import { kernelSettings, kernelText } from '../kernel-text.js';
import { type DeviceEvents, type WrappedDevice, wrapGpu } from './adapter.js';
import type { WebGpu } from './device-api.js';
import { destroy } from './gpu-js-kernel.js';

/** What a thread lends to the engine. */
export interface EngineParts {
  /** The thread's own `navigator.gpu`. */
  readonly gpu: WebGpu;
  /** Puts another in its place, where gpu.js finds it. */
  install(gpu: object): void;
  /** Loads gpu.js; called when an adapter has been found. */
  load(): unknown;
  /** What became of the device before this one, for arrays that went with it. */
  readonly before: string | null;
}

export interface Started extends WrappedDevice {
  readonly gpuJs: GpuJs;
}

const PROBE: KernelSource = { op: 'start', parameters: ['a'], outputs: 3, body: 'return a[this.thread.x] + 0.5;' };
const PROBE_DATA: readonly number[] = [1, -2, 3];

/** @throws DeviceError when there is no adapter, or no right answer from it. */
export async function startDevice(parts: EngineParts, events: DeviceEvents): Promise<Started> {
  if ((await parts.gpu.requestAdapter()) === null) {
    throw new DeviceError('WebGPU found no adapter: there is no GPU, or no driver for it');
  }
  let device: WrappedDevice | null = null;
  const started = (wrapped: WrappedDevice): void => {
    device = wrapped;
  };
  parts.install(wrapGpu(parts.gpu, events, started));
  const gpuJs = openGpuJs('webgpu', parts.load);
  const result = await probe(gpuJs);
  const taken = device as WrappedDevice | null;
  if (taken === null) throw new DeviceError('gpu.js took no WebGPU device');
  const right = result instanceof Float32Array && PROBE_DATA.every((x, i) => result[i] === x + 0.5);
  if (!right) throw new DeviceError(`the adapter ${taken.name} computes wrongly: ${String(result)}`);
  return { ...taken, gpuJs };
}

/** A first kernel, which makes gpu.js take a device, and a first readback. */
async function probe(gpuJs: GpuJs): Promise<unknown> {
  const kernel = gpuJs.createKernel(kernelText(PROBE), { ...kernelSettings(PROBE, 'Array'), pipeline: false });
  const result = await kernel(new Float32Array(PROBE_DATA));
  checkMode(PROBE.op, kernel, 'webgpu');
  destroy(gpuJs, kernel);
  return result;
}
