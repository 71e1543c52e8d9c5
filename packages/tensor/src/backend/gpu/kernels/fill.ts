/** One number everywhere. */
import type { KernelSource } from '../driver.js';
import { once } from './memo.js';

export const fillKernel: (numel: number) => KernelSource = once((numel) => ({
  op: 'fill',
  parameters: [],
  scalars: ['value'],
  outputs: numel,
  body: 'return value;',
}));
