/**
 * The gpu device, through gpu.js. matmul and convolution run as gpu.js kernels; everything else moves its operands to the
 * host, runs the cpu's kernel and keeps the result for the next upload, counted in `gpu.stats()`.
 */
import { allocateArray, type DType, type TypedArray } from '../../dtype.js';
import { type DeviceBuffer, Storage } from '../../storage.js';
import type { Backend, View } from '../backend.js';
import { cpuBackend } from '../cpu/cpu-backend.js';
import { gpuDriver } from './device.js';
import { accumulate, copy, elementwise, fill } from './elementwise.js';
import { checkGpuDType, GpuBuffer, gpuBufferOf, Handle, handleOf } from './handles.js';
import { gather, scatter, scatterAdd } from './indices.js';
import * as linear from './linear.js';
import { collectEarly } from './memory.js';
import * as pool from './pool.js';
import { random } from './random.js';
import { argReduce, reduce } from './reduce.js';
import { rows, softmax } from './rows.js';
import { inScope } from './scope.js';
import { countTransfer } from './stats.js';
import { moves, throughCpu } from './transfers.js';
import { update } from './update.js';
import { describe, hostView } from './views.js';

const methods: Backend = {
  device: 'gpu',
  allocate(numel: number, dtype: DType): DeviceBuffer {
    checkGpuDType('allocate', dtype);
    return new GpuBuffer(Handle.filled(dtype, numel, 0));
  },
  storage: (numel: number, dtype: DType) => new Storage('gpu', dtype, numel, methods.allocate(numel, dtype, true)),
  release: (buffer: DeviceBuffer) => gpuBufferOf(buffer).dispose(),
  dispose: (buffer: DeviceBuffer) => gpuBufferOf(buffer).dispose(),
  graphFreed: collectEarly,
  hostArray: (numel: number, dtype: DType): TypedArray => allocateArray(dtype, numel),
  fromHost(data: TypedArray, dtype: DType): DeviceBuffer {
    checkGpuDType('to', dtype);
    return new GpuBuffer(Handle.ofHost(dtype, data));
  },
  toHost(x: View, op?: string): TypedArray {
    if (op !== undefined && moves(x)) countTransfer(op, () => describe([x]));
    return cpuBackend.toHost(hostView(x, handleOf(x).toHost()));
  },
  known: (x: View): TypedArray | null => (handleOf(x).isKnown ? methods.toHost(x) : null),
  random,
  fill,
  copy,
  accumulate,
  elementwise,
  elementwiseFew: () => false,
  update,
  rows,
  reduce,
  argReduce,
  scan: throughCpu('scan'),
  sort: throughCpu('sort'),
  softmax,
  gather,
  scatterAdd,
  scatter,
  ...pool,
  ...linear,
  attention: null,
  nllLoss: null,
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
