/** One number everywhere. */
import type { KernelSource } from '../driver.js';

export const fillKernel = (numel: number): KernelSource => ({
  op: 'fill',
  parameters: [],
  scalars: ['value'],
  outputs: numel,
  body: 'return value;',
});
