/**
 * The gpu device, through gpu.js. matmul and convolution run as gpu.js kernels; everything else moves its operands to the
 * host, runs the cpu's kernel and keeps the result for the next upload, counted in `gpu.stats()`.
 */
import { allocateArray, type DType, type TypedArray } from '../../dtype.js';
import type { DeviceBuffer } from '../../storage.js';
import type { Backend, View } from '../backend.js';
import { cpuBackend } from '../cpu/cpu-backend.js';
import { gpuDriver } from './device.js';
import { checkGpuDType, GpuBuffer, gpuBufferOf, Handle, handleOf } from './handles.js';
import * as linear from './linear.js';
import { inScope } from './scope.js';
import { throughCpu } from './transfers.js';
import { hostView, isWhole } from './views.js';

const fillThroughCpu = throughCpu('fill');
const copyThroughCpu = throughCpu('copy');

const methods: Backend = {
  device: 'gpu',
  allocate(numel: number, dtype: DType): DeviceBuffer {
    checkGpuDType('allocate', dtype);
    return new GpuBuffer(Handle.zeros(dtype, numel));
  },
  release: (buffer: DeviceBuffer) => gpuBufferOf(buffer).dispose(),
  hostArray: (numel: number, dtype: DType): TypedArray => allocateArray(dtype, numel),
  fromHost(data: TypedArray, dtype: DType): DeviceBuffer {
    checkGpuDType('to', dtype);
    return new GpuBuffer(Handle.ofHost(dtype, data));
  },
  toHost: (x: View): TypedArray => cpuBackend.toHost(hostView(x, handleOf(x).toHost())),
  fill(out: View, value: number): void {
    if (!isWhole(out)) {
      fillThroughCpu(out, value);
      return;
    }
    const array = allocateArray(out.dtype, out.storage.numel).fill(value);
    gpuBufferOf(out.storage.buffer).handle = Handle.ofHost(out.dtype, array);
  },
  copy(src: View, out: View): void {
    // handles never change, so two storages may hold the same one
    if (src.dtype === out.dtype && isWhole(src) && isWhole(out)) gpuBufferOf(out.storage.buffer).handle = handleOf(src);
    else copyThroughCpu(src, out);
  },
  accumulate: throughCpu('accumulate'),
  elementwise: throughCpu('elementwise'),
  update: throughCpu('update'),
  rows: throughCpu('rows'),
  reduce: throughCpu('reduce'),
  argReduce: throughCpu('argReduce'),
  scan: throughCpu('scan'),
  sort: throughCpu('sort'),
  softmax: throughCpu('softmax'),
  gather: throughCpu('gather'),
  scatterAdd: throughCpu('scatterAdd'),
  scatter: throughCpu('scatter'),
  maxPool2d: throughCpu('maxPool2d'),
  maxPool2dBackward: throughCpu('maxPool2dBackward'),
  avgPool2d: throughCpu('avgPool2d'),
  avgPool2dBackward: throughCpu('avgPool2dBackward'),
  ...linear,
};

/** Every method frees its temporaries, also when it throws. */
function scoped(backend: Backend): Backend {
  const wrap = (method: unknown): unknown =>
    typeof method === 'function' ? (...args: unknown[]) => inScope(() => method(...args)) : method;
  return Object.fromEntries(
    Object.entries(backend).map(([name, method]) => [name, wrap(method)]),
  ) as unknown as Backend;
}

const backend = scoped(methods);

/**
 * The gpu device's backend; gpu.js is loaded and started by the first call.
 * @throws DeviceError when the device is switched off or gpu.js does not start.
 */
export function gpuBackend(): Backend {
  gpuDriver();
  return backend;
}
