/** Runs a kernel on handles. */
import type { DType } from '../../dtype.js';
import { gpuDriver } from './device.js';
import type { KernelSource } from './driver.js';
import { Handle, nextArrayId } from './handles.js';
import { countKernel } from './stats.js';

/** The result is a temporary until a storage takes it. */
export function runKernel(
  kernel: KernelSource,
  inputs: readonly Handle[],
  scalars: readonly number[] = [],
  dtype: DType = 'float32',
): Handle {
  const arrays = inputs.map((input) => input.toDevice());
  const out = nextArrayId();
  gpuDriver().run(kernel, arrays, scalars, out);
  countKernel();
  return Handle.ofKernel(dtype, kernel.outputs, out);
}
