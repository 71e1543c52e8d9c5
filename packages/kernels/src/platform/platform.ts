import type { FloatArray } from '../types.js';

/** C's `cblas_sgemm`/`cblas_dgemm`: layout, transposes, sizes, then the matrices, each as an array at its first element. */
export type CblasGemm<T extends FloatArray | number> = (
  order: number,
  transA: number,
  transB: number,
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: T,
  lda: number,
  b: T,
  ldb: number,
  beta: number,
  c: T,
  ldc: number,
) => void;

/** A function of a native library: where koffi is, the library, and the function's C prototype. */
export interface NativeSource {
  readonly koffi: string;
  readonly library: string;
  readonly prototype: string;
}

/** A BLAS found at run time. */
export interface BlasLibrary {
  readonly path: string;
  readonly sgemm: CblasGemm<Float32Array>;
  readonly dgemm: CblasGemm<Float64Array>;
  /** The same with addresses in the memory of the process … */
  readonly sgemmByAddress: CblasGemm<number>;
  /** … of which this is one. The array must not move: one over WebAssembly memory does not. */
  addressOf(array: FloatArray): number;
  /** How another thread gets at `sgemmByAddress`. */
  readonly elsewhere: NativeSource;
  /** What the library says of its kernels, such as `SkylakeX`; null when it says nothing. */
  readonly core: string | null;
  /** Threads the library uses, or null when it does not say. */
  getThreads(): number | null;
  /** Asks for a number of threads; a library without such a setting ignores it. */
  setThreads(count: number): void;
}

/** What stands for a watched object. It must not refer to it. */
export interface Witness {
  /** The number of the last roll call at which the object was alive. */
  seen: number;
  /** Where its watch keeps it; none or −1: nowhere. */
  place?: number;
}

/** Objects of which it can be told at any time which are still alive. */
export interface Living<W extends Witness> {
  /** The target must be extensible, because it carries its witness. */
  add(target: object, witness: W): void;
  witnessOf(target: object): W | undefined;
  /**
   * Notes `roll` for every target that is alive, and for those that no collection has taken yet; keeps those that stay. False
   * when nobody could be asked.
   */
  call(roll: number, stays: (witness: W) => boolean): boolean;
  /** Collects what died young; takes about as long as what is young and alive is large. */
  collectYoung(): void;
  /** Collects everything that is dead, which takes milliseconds. */
  collectAll(): void;
}

/** A running worker thread. */
export interface WorkerThread {
  post(message: unknown): void;
  stop(): void;
}

/**
 * Starts a worker thread that does not keep the process alive.
 * @param program JavaScript that calls `serve`, see parallel/task.ts
 * @param onEnd called when the thread has ended, however, unless it was stopped
 */
export type StartWorker = (program: string, data: unknown, onEnd: () => void) => WorkerThread;

/** What differs between Node and a browser. */
export interface Platform {
  /** Processors that may run at the same time. */
  readonly processors: number;
  /** An environment variable, or undefined where there is none. */
  env(name: string): string | undefined;
  /** One line for the person at the terminal. */
  warn(message: string): void;
  /** Runs the garbage collector, so that WeakRefs of unreachable objects are cleared at once; null where nothing can. */
  readonly collectGarbage: (() => void) | null;
  /** A new, empty set; null where nothing can tell. */
  openLiving<W extends Witness>(): Living<W> | null;
  /** Null where a caller cannot wait for threads. */
  readonly startWorker: StartWorker | null;
  /** Asks the system for pages as large as it has, which memory is faster with; whether it agreed. The memory must not move. */
  useLargePages(memory: ArrayBufferLike): boolean;
  /** The system's BLAS, or null; `setting` is the value of TORCHLET_BLAS. A setting that cannot be met warns. */
  loadBlas(setting: string | undefined): BlasLibrary | null;
}
