import { createRequire } from 'node:module';
import type { FloatArray } from '../types.js';
import { collectGarbage } from './garbage.js';
import type { BlasLibrary, CblasGemm, Platform } from './platform.js';

interface NativeLibrary {
  func(prototype: string): (...args: unknown[]) => unknown;
}

interface Koffi {
  load(path: string): NativeLibrary;
}

const candidates: Record<string, string[]> = {
  darwin: [
    '/System/Library/Frameworks/Accelerate.framework/Accelerate',
    '/opt/homebrew/opt/openblas/lib/libopenblas.dylib',
    '/usr/local/opt/openblas/lib/libopenblas.dylib',
  ],
  win32: ['libopenblas.dll', 'openblas.dll'],
  linux: [
    'libopenblas.so.0',
    'libopenblas.so',
    'libopenblasp.so.0',
    '/usr/lib64/libopenblas.so.0',
    '/usr/local/lib/libopenblas.so.0',
    '/opt/OpenBLAS/lib/libopenblas.so.0',
  ],
};

function message(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split('\n')[0];
}

function warn(text: string): void {
  process.emitWarning(text, 'TorchletWarning');
}

function gemmPrototype(name: string, scalar: string): string {
  return (
    `void ${name}(int order, int transA, int transB, int m, int n, int k, ${scalar} alpha, const ${scalar} *a, int lda, ` +
    `const ${scalar} *b, int ldb, ${scalar} beta, ${scalar} *c, int ldc)`
  );
}

function optionalFunction(library: NativeLibrary, prototype: string): ((...args: unknown[]) => unknown) | null {
  try {
    return library.func(prototype);
  } catch {
    return null; // Accelerate and other libraries have no such setting
  }
}

/** A tiny product whose result is known: finds libraries with 64-bit integers or another calling convention. */
function selfTest<T extends FloatArray>(gemm: CblasGemm<T>, make: (values: number[]) => T): void {
  const c = make([9, 9, 9, 9]);
  gemm(101, 111, 112, 2, 2, 3, 2, make([1, 2, 3, 4, 5, 6]), 3, make([1, 0, 1, 0, 1, 1]), 3, 0, c, 2);
  const expected = [8, 10, 20, 22];
  if (expected.some((value, i) => c[i] !== value)) throw new Error(`a test product gave [${c.join(', ')}]`);
}

function open(koffi: Koffi, path: string): BlasLibrary {
  const library = koffi.load(path);
  const sgemm = library.func(gemmPrototype('cblas_sgemm', 'float')) as CblasGemm<Float32Array>;
  const dgemm = library.func(gemmPrototype('cblas_dgemm', 'double')) as CblasGemm<Float64Array>;
  selfTest(sgemm, (values) => Float32Array.from(values));
  selfTest(dgemm, (values) => Float64Array.from(values));
  const getThreads = optionalFunction(library, 'int openblas_get_num_threads()');
  const setThreads = optionalFunction(library, 'void openblas_set_num_threads(int count)');
  return {
    path,
    sgemm,
    dgemm,
    getThreads: () => (getThreads === null ? null : Number(getThreads())),
    setThreads: (count) => void setThreads?.(count),
  };
}

function openRequested(koffi: Koffi | null, koffiError: string, path: string): BlasLibrary | null {
  try {
    if (koffi === null) throw new Error(`the optional dependency koffi did not load (${koffiError})`);
    return open(koffi, path);
  } catch (error) {
    warn(`TORCHLET_BLAS=${path} cannot be used: ${message(error)}. Matrix products run in WebAssembly instead.`);
    return null;
  }
}

function openFirst(koffi: Koffi): BlasLibrary | null {
  for (const path of candidates[process.platform] ?? candidates.linux) {
    try {
      return open(koffi, path);
    } catch {
      // not installed under this name
    }
  }
  return null;
}

function loadBlas(setting: string | undefined): BlasLibrary | null {
  if (setting === 'off') return null;
  let koffi: Koffi | null = null;
  let koffiError = '';
  try {
    koffi = createRequire(import.meta.url)('koffi') as Koffi;
  } catch (error) {
    koffiError = message(error);
  }
  if (setting !== undefined && setting !== '') return openRequested(koffi, koffiError, setting);
  return koffi === null ? null : openFirst(koffi);
}

/** Node: environment variables, warnings on stderr, the system's BLAS through the optional dependency koffi. */
export const platform: Platform = { env: (name) => process.env[name], warn, collectGarbage, loadBlas };
