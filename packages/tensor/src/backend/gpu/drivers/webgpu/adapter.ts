/**
 * `navigator.gpu` as gpu.js sees it: a device with all the limits that the adapter has, whose array buffers come from a
 * pool, whose commands are gathered, and whose errors come to us. gpu.js takes the device from there and cannot be given one.
 */
import { regroup } from './bind-groups.js';
import {
  adapterName,
  type BindGroupDescriptor,
  type BindGroupLayoutDescriptor,
  type BufferDescriptor,
  type Limits,
  type PipelineLayoutDescriptor,
  type ShaderModuleDescriptor,
  Usage,
  type WebGpu,
  type WebGpuAdapter,
  type WebGpuDevice,
} from './device-api.js';
import { BufferPool } from './pool.js';
import { Recorder } from './recorder.js';

/** A device that gpu.js took, and what belongs to it. */
export interface WrappedDevice {
  readonly name: string;
  readonly device: WebGpuDevice;
  readonly pool: BufferPool;
  /** Everything for the device's queue goes through it. */
  readonly recorder: Recorder;
}

export interface DeviceEvents {
  /** An error that no call answers for. */
  error(message: string): void;
  lost(device: WebGpuDevice, message: string): void;
}

/** What gpu.js calls on a device, apart from what is replaced below. */
const PASSED_ON = ['createComputePipeline', 'pushErrorScope', 'popErrorScope', 'destroy'] as const;

/** gpu.js looks at limits for each kernel, and the device makes each anew. */
const copyOf = (limits: Limits): object => {
  const copy: Record<string, unknown> = {};
  for (const name in limits) copy[name] = limits[name as keyof Limits];
  return copy;
};

type Method = (...args: unknown[]) => unknown;

function wrapDevice(device: WebGpuDevice, pool: BufferPool, recorder: Recorder): object {
  const methods = device as unknown as Record<string, Method>;
  return {
    ...Object.fromEntries(PASSED_ON.map((name) => [name, (...args: unknown[]) => methods[name].apply(device, args)])),
    createShaderModule({ code }: ShaderModuleDescriptor): unknown {
      // gpu.js asks the module for its errors; without a scope they would come a second time, from the device
      device.pushErrorScope('validation');
      const module = device.createShaderModule({ code: regroup(code) });
      void device.popErrorScope();
      return module;
    },
    limits: copyOf(device.limits),
    queue: recorder.queue,
    createCommandEncoder: recorder.createCommandEncoder,
    createBindGroupLayout: (descriptor: BindGroupLayoutDescriptor) => recorder.createBindGroupLayout(descriptor),
    createPipelineLayout: (descriptor: PipelineLayoutDescriptor) => recorder.createPipelineLayout(descriptor),
    createBindGroup: (descriptor: BindGroupDescriptor) => recorder.createBindGroup(descriptor),
    // gpu.js prints a loss unless it was wanted; here an error tells of it
    lost: device.lost.then(({ message }) => ({ message, reason: 'destroyed' })),
    createBuffer: (descriptor: BufferDescriptor) =>
      (descriptor.usage & Usage.STORAGE) !== 0 && descriptor.mappedAtCreation !== true
        ? pool.take(descriptor.size)
        : recorder.createBuffer(descriptor),
  };
}

type OnStarted = (device: WrappedDevice) => void;

function wrapAdapter(adapter: WebGpuAdapter, events: DeviceEvents, started: OnStarted): object {
  return {
    limits: adapter.limits,
    info: adapter.info,
    async requestDevice(): Promise<object> {
      // the defaults are the least that every GPU has: 128 MB an array, seven arrays a kernel
      const { maxBufferSize, maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage } = adapter.limits;
      const device = await adapter.requestDevice({
        requiredLimits: { maxBufferSize, maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage },
      });
      const recorder = new Recorder(device);
      const pool = new BufferPool(device, () => recorder.release());
      device.onuncapturederror = ({ error }) => events.error(error.message);
      device.lost.then(({ message }) => events.lost(device, message));
      started({ name: adapterName(adapter), device, pool, recorder });
      return wrapDevice(device, pool, recorder);
    },
  };
}

/** What to put in `navigator.gpu`'s place. `started` is told of each device. */
export function wrapGpu(gpu: WebGpu, events: DeviceEvents, started: OnStarted): object {
  return {
    async requestAdapter(): Promise<object | null> {
      const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
      return adapter === null ? null : wrapAdapter(adapter, events, started);
    },
  };
}
