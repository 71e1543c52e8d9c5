/** How many threads a kernel may use. */
import { platform } from '#platform';
import type { BlasLibrary } from './platform/platform.js';

let wanted: number | null = null;

function fromEnvironment(): number {
  const setting = platform.env('TORCHLET_THREADS');
  if (setting === undefined || setting === '') return platform.processors;
  const count = Number(setting);
  if (Number.isInteger(count) && count > 0) return count;
  platform.warn(`TORCHLET_THREADS=${setting} is no positive integer. Kernels use ${platform.processors} threads.`);
  return platform.processors;
}

/** The threads that were asked for: by a call, by TORCHLET_THREADS, else one for each processor. */
export function wantedThreads(): number {
  wanted ??= fromEnvironment();
  return wanted;
}

export function askForThreads(count: number): void {
  wanted = count;
}

/**
 * Multiplications that pay for waking the library's threads. A smaller product, such as one image's part of a convolution, is done
 * before they have begun.
 */
const LEAST_SHARED = 1 << 24;

/** What the library was told last; telling it again takes longer than a small product. */
const told = new WeakMap<BlasLibrary, number>();

/** Gives the library so many threads. */
export function useThreads(library: BlasLibrary, count: number): void {
  if (told.get(library) === count) return;
  library.setThreads(count);
  told.set(library, count);
}

/** Gives the library the threads for a product of this size. */
export function shareProduct(library: BlasLibrary, m: number, n: number, k: number): void {
  useThreads(library, m * n * k < LEAST_SHARED ? 1 : wantedThreads());
}
