/** How many threads the cpu's kernels use. https://pytorch.org/docs/stable/torch.html#parallelism */
import { info, setNumThreads } from '@torchlet/kernels';
import { checkInteger } from './arguments.js';

/**
 * Threads of the matrix products: those of the BLAS; without one there is one thread.
 * https://pytorch.org/docs/stable/generated/torch.set_num_threads.html
 */
export function set_num_threads(count: number): void {
  setNumThreads(checkInteger('set_num_threads', 'count', count, 1));
}

/** https://pytorch.org/docs/stable/generated/torch.get_num_threads.html */
export const get_num_threads = (): number => info().threads;
