/** Runs a kernel on handles. */
import type { DType } from '../../dtype.js';
import type { KernelSource } from './driver.js';
import { enqueue } from './enqueue.js';
import { Handle, nextArrayId } from './handles.js';

/** The result is a temporary until a storage takes it. */
export function runKernel(
  kernel: KernelSource,
  inputs: readonly Handle[],
  scalars: readonly number[] = [],
  dtype: DType = 'float32',
): Handle {
  const arrays = inputs.map((input) => input.toDevice());
  const out = nextArrayId();
  enqueue(kernel, arrays, scalars, out);
  return Handle.ofKernel(dtype, kernel.outputs, out);
}
