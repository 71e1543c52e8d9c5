/**
 * Large pages. Kernels walk through megabytes in each step, and of the usual 4 KiB pages a processor remembers the places of a
 * few megabytes at most; Linux gives pages of 2 MiB to whoever asks.
 */
import { loadKoffi } from './koffi.js';

/** Linux's MADV_HUGEPAGE. */
const HUGE_PAGES = 14;

/** See `Platform.useLargePages`. Only Linux can be asked, through the optional dependency koffi. */
export function useLargePages(memory: ArrayBufferLike): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const koffi = loadKoffi();
    const madvise = koffi.load(null).func('int madvise(uintptr_t address, size_t length, int advice)');
    return madvise(koffi.address(new Uint8Array(memory)), memory.byteLength, HUGE_PAGES) === 0;
  } catch {
    return false; // no koffi: its absence is BLAS's to tell
  }
}
