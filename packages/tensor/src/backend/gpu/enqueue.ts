/** Gives a kernel to the device, and counts it. */
import { gpuDriver } from './device.js';
import type { ArrayId, KernelSource } from './driver.js';
import { countKernel } from './stats.js';

export function enqueue(
  kernel: KernelSource,
  arrays: readonly ArrayId[],
  scalars: readonly number[],
  out: ArrayId,
): void {
  const driver = gpuDriver();
  const before = driver.compiled;
  driver.run(kernel, arrays, scalars, out);
  countKernel(driver.compiled - before);
}
