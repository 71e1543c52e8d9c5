/** The system's BLAS, found and loaded in Node. */
import type { FloatArray } from '../types.js';
import { type Koffi, koffiPath, loadKoffi, type NativeLibrary } from './koffi.js';
import { betterCore } from './openblas-core.js';
import type { BlasLibrary, CblasGemm } from './platform.js';
import { warn } from './warn.js';

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

function gemmPrototype(name: string, scalar: string, pointer = `${scalar} *`): string {
  return (
    `void ${name}(int order, int transA, int transB, int m, int n, int k, ${scalar} alpha, ${pointer} a, int lda, ` +
    `${pointer} b, int ldb, ${scalar} beta, ${pointer} c, int ldc)`
  );
}

/** Matrices as numbers: where they begin in the memory of the process. */
const BY_ADDRESS = gemmPrototype('cblas_sgemm', 'float', 'uintptr_t');

function optionalFunction(library: NativeLibrary, prototype: string): ((...args: unknown[]) => unknown) | null {
  try {
    return library.func(prototype);
  } catch {
    return null; // Accelerate and other libraries have no such setting
  }
}

/** A product whose result is known: finds libraries with 64-bit integers or another calling convention. */
function selfTest<T extends FloatArray>(gemm: CblasGemm<T>, make: (values: ArrayLike<number>) => T): void {
  const c = make([9, 9, 9, 9]);
  gemm(101, 111, 112, 2, 2, 3, 2, make([1, 2, 3, 4, 5, 6]), 3, make([1, 0, 1, 0, 1, 1]), 3, 0, c, 2);
  const expected = [8, 10, 20, 22];
  if (expected.some((value, i) => c[i] !== value)) throw new Error(`a test product gave [${c.join(', ')}]`);
}

/** A product of small integers, exact in either precision, large and odd enough to run through every part of a kernel. */
function coreTest<T extends FloatArray>(gemm: CblasGemm<T>, make: (values: ArrayLike<number>) => T): void {
  const [m, n, k] = [67, 45, 83];
  const a = make(Array.from({ length: m * k }, (_, i) => (i % 7) - 3));
  const b = make(Array.from({ length: k * n }, (_, i) => (i % 5) - 2));
  const c = make(new Float64Array(m * n));
  gemm(101, 111, 111, m, n, k, 1, a, k, b, n, 0, c, n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += a[i * k + l] * b[l * n + j];
      if (c[i * n + j] !== sum) throw new Error(`a test product gave ${c[i * n + j]} instead of ${sum}`);
    }
  }
}

const single = (values: ArrayLike<number>): Float32Array => Float32Array.from(values);
const double = (values: ArrayLike<number>): Float64Array => Float64Array.from(values);

interface Opened {
  readonly library: NativeLibrary;
  readonly sgemm: CblasGemm<Float32Array>;
  readonly dgemm: CblasGemm<Float64Array>;
}

function load(koffi: Koffi, path: string): Opened {
  const library = koffi.load(path);
  const sgemm = library.func(gemmPrototype('cblas_sgemm', 'float')) as CblasGemm<Float32Array>;
  const dgemm = library.func(gemmPrototype('cblas_dgemm', 'double')) as CblasGemm<Float64Array>;
  selfTest(sgemm, single);
  selfTest(dgemm, double);
  return { library, sgemm, dgemm };
}

/** Loads OpenBLAS anew with the processor's own kernels where it chose ancient ones; any other library stays as it is. */
function withBetterCore(koffi: Koffi, path: string, opened: Opened): Opened {
  const chosen = optionalFunction(opened.library, 'str openblas_get_corename()')?.();
  const core = typeof chosen === 'string' ? betterCore(chosen) : null;
  if (core === null) return opened;
  opened.library.unload();
  process.env.OPENBLAS_CORETYPE = core;
  try {
    const again = load(koffi, path);
    coreTest(again.sgemm, single);
    coreTest(again.dgemm, double);
    return again;
  } catch {
    // the library's own choice after all
    delete process.env.OPENBLAS_CORETYPE;
    return load(koffi, path);
  } finally {
    delete process.env.OPENBLAS_CORETYPE;
  }
}

function open(koffi: Koffi, path: string): BlasLibrary {
  const { library, sgemm, dgemm } = withBetterCore(koffi, path, load(koffi, path));
  const getThreads = optionalFunction(library, 'int openblas_get_num_threads()');
  const setThreads = optionalFunction(library, 'void openblas_set_num_threads(int count)');
  const core = optionalFunction(library, 'str openblas_get_corename()')?.();
  return {
    path,
    core: typeof core === 'string' ? core : null,
    sgemm,
    dgemm,
    sgemmByAddress: library.func(BY_ADDRESS) as BlasLibrary['sgemmByAddress'],
    elsewhere: { koffi: koffiPath(), library: path, prototype: BY_ADDRESS },
    addressOf: (array) => Number(koffi.address(array)),
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

/** The system's BLAS through the optional dependency koffi. */
export function loadBlas(setting: string | undefined): BlasLibrary | null {
  if (setting === 'off') return null;
  let koffi: Koffi | null = null;
  let koffiError = '';
  try {
    koffi = loadKoffi();
  } catch (error) {
    koffiError = message(error);
  }
  if (setting !== undefined && setting !== '') return openRequested(koffi, koffiError, setting);
  return koffi === null ? null : openFirst(koffi);
}
