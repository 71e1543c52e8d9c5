/** How many threads the cpu's kernels use. https://pytorch.org/docs/stable/torch.html#parallelism */
import { info, setNumThreads } from '@torchlet/kernels';
import { ValueError } from './errors.js';

/** Python's name of a value's type, as far as it concerns a count. */
function typeName(x: unknown): string {
  if (x === undefined || x === null) return 'NoneType';
  const names: Partial<Record<string, string>> = { number: 'float', string: 'str', boolean: 'bool' };
  return names[typeof x] ?? (Array.isArray(x) ? 'list' : typeof x);
}

/**
 * Threads that share large operations: matrix products, convolutions, pooling, elementwise functions, reductions. Results do not depend
 * on their number. By default there is one for each processor, or as many as TORCHLET_THREADS says.
 * https://pytorch.org/docs/stable/generated/torch.set_num_threads.html
 */
export function set_num_threads(count: number): void {
  if (!Number.isInteger(count)) throw new ValueError(`set_num_threads expects an int, but got ${typeName(count)}`);
  if (count < 1) throw new ValueError('set_num_threads expects a positive integer');
  setNumThreads(count);
}

/** https://pytorch.org/docs/stable/generated/torch.get_num_threads.html */
export const get_num_threads = (): number => info().threads;
