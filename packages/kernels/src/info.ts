import { provider } from './gemm/provider.js';
import { askForThreads, wantedThreads } from './threads.js';
import { wasmKernels } from './wasm/instance.js';

/** What the kernels run on. */
export interface KernelInfo {
  /** Where float32 matrix products run. */
  gemm: 'blas' | 'wasm' | 'reference';
  /** Name or path of the BLAS library, null without one. */
  blas: string | null;
  /** Its kernels, by OpenBLAS's name of the processor; null where it has no such name. */
  core: string | null;
  /** Threads that large work uses. */
  threads: number;
  /** The WebAssembly build in use: with fused relaxed multiply-add, plain SIMD, or null when there is none. */
  simd: 'relaxed' | 'simd' | null;
  /** Whether the kernels' memory has large pages: on Linux, with koffi, unless TORCHLET_LARGE_PAGES=off. */
  largePages: boolean;
}

/** What the kernels run on; loads the providers if nothing has used them yet. */
export function info(): KernelInfo {
  const { name, library } = provider();
  const kernels = wasmKernels();
  const ofLibrary = library === null || library.getThreads() === null ? 1 : wantedThreads();
  return {
    gemm: name,
    blas: library?.path ?? null,
    core: library?.core ?? null,
    threads: kernels?.pool.threads ?? ofLibrary,
    simd: kernels?.build ?? null,
    largePages: kernels?.largePages ?? false,
  };
}

/** Asks for a number of threads and returns the number now in use: one where there are no threads to share the work with. */
export function setNumThreads(count: number): number {
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`setNumThreads: expected a positive integer, but got ${count}`);
  }
  askForThreads(count);
  wasmKernels()?.pool.revive();
  return info().threads;
}
