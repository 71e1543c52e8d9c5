import { platform } from '#platform';
import { type Kernel, Pool } from '../parallel/pool.js';
import type { KernelFunction } from '../parallel/task.js';
import { relaxed, simd } from './generated/modules.js';
import { type SharedMemory, WasmMemory } from './memory.js';

/** The functions of assembly/: addresses and sizes are 32-bit integers, addresses in bytes. */
export interface WasmExports {
  sgemmWorkspace(): number;
  sgemm(
    transA: boolean,
    transB: boolean,
    m: number,
    n: number,
    k: number,
    alpha: number,
    a: number,
    lda: number,
    b: number,
    ldb: number,
    beta: number,
    c: number,
    ldc: number,
    work: number,
  ): void;
  unfold(geometry: number, images: number, row: number, rows: number, x: number, col: number, pitch: number): void;
  fold(
    geometry: number,
    images: number,
    row: number,
    rows: number,
    col: number,
    pitch: number,
    x: number,
    cleared: number,
  ): void;
  scatterPlanes(
    from: number,
    to: number,
    bias: number,
    channels: number,
    images: number,
    positions: number,
    stride: number,
  ): void;
  gatherPlanes(
    from: number,
    to: number,
    sums: number,
    channels: number,
    images: number,
    positions: number,
    stride: number,
  ): void;
  depthwiseForward(
    geometry: number,
    first: number,
    count: number,
    x: number,
    weight: number,
    bias: number,
    out: number,
    taps: number,
    line: number,
    band: number,
  ): void;
  depthwiseInputGrad(
    geometry: number,
    first: number,
    count: number,
    grads: number,
    weight: number,
    gradIn: number,
    starts: number,
    taps: number,
    line: number,
    band: number,
  ): void;
  depthwiseWeightGrad(
    geometry: number,
    first: number,
    count: number,
    images: number,
    perPart: number,
    x: number,
    grads: number,
    sums: number,
    biasSums: number,
    line: number,
    band: number,
  ): void;
  copyStrided(
    from: number,
    to: number,
    blocks: number,
    planes: number,
    rows: number,
    columns: number,
    fromBlock: number,
    fromPlane: number,
    fromRow: number,
    fromColumn: number,
    toBlock: number,
    toPlane: number,
    toRow: number,
    toColumn: number,
  ): void;
  sumPlanes(x: number, sums: number, planes: number, n: number, plane: number): void;
  turnPlanes(x: number, to: number, sums: number, channels: number, positions: number): void;
  maxBlocks(x: number, out: number, blocks: number, rows: number, columns: number, stride: number): void;
  minBlocks(x: number, out: number, blocks: number, rows: number, columns: number, stride: number): void;
  sumBlocks(x: number, out: number, blocks: number, rows: number, columns: number, stride: number, work: number): void;
  sumColumns(x: number, out: number, rows: number, columns: number, stride: number, work: number): void;
  winogradInput(
    x: number,
    channels: number,
    height: number,
    width: number,
    top: number,
    left: number,
    tileRows: number,
    tileColumns: number,
    first: number,
    rows: number,
    to: number,
    apart: number,
    stage: number,
  ): number;
  winogradGrad(
    y: number,
    channels: number,
    height: number,
    width: number,
    tileRows: number,
    tileColumns: number,
    first: number,
    rows: number,
    to: number,
    apart: number,
    stage: number,
    sums: number,
  ): number;
  winogradOutput(
    m: number,
    apart: number,
    channels: number,
    height: number,
    width: number,
    tileRows: number,
    tileColumns: number,
    first: number,
    rows: number,
    bias: number,
    out: number,
    stage: number,
  ): void;
  winogradWeight(weight: number, pairs: number, to: number, apart: number): number;
  winogradWeightGrad(
    u: number,
    apart: number,
    inChannels: number,
    outChannels: number,
    gradWeight: number,
    first: number,
    count: number,
  ): void;
  /** Sets `bytes` to zero. */
  clear(address: number, bytes: number): void;
  repeat(row: number, to: number, bytes: number, rows: number): void;
  /** Moves `bytes`. */
  copy(from: number, to: number, bytes: number): void;
  gatherRows(table: number, packed: number, offsets: number, rows: number, bytes: number, step: number): void;
  scatterRows(table: number, packed: number, offsets: number, rows: number, bytes: number, step: number): void;
  addRows(table: number, packed: number, offsets: number, rows: number, bytes: number, step: number): void;
  avgPool2x2(
    x: number,
    out: number,
    planes: number,
    height: number,
    width: number,
    outHeight: number,
    outWidth: number,
    scale: number,
  ): void;
  avgPool2x2Backward(
    gradOut: number,
    gradIn: number,
    planes: number,
    height: number,
    width: number,
    outHeight: number,
    outWidth: number,
    scale: number,
  ): void;
  maxPool2x2(
    x: number,
    out: number,
    indices: number,
    planes: number,
    height: number,
    width: number,
    outHeight: number,
    outWidth: number,
  ): void;
  maxPool2x2Backward(
    gradOut: number,
    indices: number,
    gradIn: number,
    planes: number,
    height: number,
    width: number,
    outHeight: number,
    outWidth: number,
  ): void;
}

// TypeScript knows WebAssembly only through the browser's library, which is not loaded.
interface WebAssemblyNamespace {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: object };
  Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => SharedMemory;
}

/** The exports that threads may call; truth values are numbers there. */
export type SharedExport = Exclude<keyof WasmExports, 'sgemmWorkspace'>;

/** With fused relaxed multiply-add, or with what every engine with SIMD has. */
export type WasmBuild = 'relaxed' | 'simd';

/** A running instance with its memory. */
export interface WasmKernels {
  readonly build: WasmBuild;
  /** Whether the system gives the memory large pages. */
  readonly largePages: boolean;
  readonly exports: WasmExports;
  readonly memory: WasmMemory;
  /** The threads that share the memory. */
  readonly pool: Pool;
  /** The exports, as the threads of the pool know them. */
  readonly shared: Readonly<Record<SharedExport, Kernel>>;
}

const binaries: Record<WasmBuild, string> = { relaxed, simd };

function engine(): WebAssemblyNamespace | null {
  const { WebAssembly } = globalThis as { WebAssembly?: WebAssemblyNamespace };
  return WebAssembly ?? null;
}

function decode(build: WasmBuild): Uint8Array {
  return Uint8Array.from(atob(binaries[build]), (character) => character.charCodeAt(0));
}

function supports(build: WasmBuild): boolean {
  return engine()?.validate(decode(build)) ?? false;
}

/** Pages of 64 KiB: the whole address space, or as much of it as a system that counts reserved memory allows. */
const PAGES = [65536, 32768, 8192, 2048];

function reserveMemory(wasm: WebAssemblyNamespace): SharedMemory {
  let failure: unknown = null;
  for (const pages of PAGES) {
    try {
      return new wasm.Memory({ initial: pages, maximum: pages, shared: true });
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** The function `run` of a module that works on an instance's memory, for all threads. */
export function compileKernel({ memory, pool }: WasmKernels, bytes: Uint8Array): Kernel {
  const wasm = engine() as WebAssemblyNamespace;
  const module = new wasm.Module(bytes);
  const { run } = new wasm.Instance(module, { env: { memory: memory.memory } }).exports as { run: KernelFunction };
  return pool.kernel(run, { module });
}

/**
 * A new instance of one build with its own memory, or null where the engine does not know its instructions or refuses to
 * run it, as a page's content security policy may.
 */
export function instantiate(build: WasmBuild): WasmKernels | null {
  const wasm = engine();
  if (wasm === null) return null;
  const bytes = decode(build);
  if (!wasm.validate(bytes)) return null;
  try {
    const memory = reserveMemory(wasm);
    const module = new wasm.Module(bytes);
    const exports = new wasm.Instance(module, { env: { memory } }).exports as WasmExports;
    const pool = new Pool(memory, module);
    const shared = Object.fromEntries(
      Object.entries(exports).map(([name, run]) => [name, pool.kernel(run as KernelFunction, { name })]),
    ) as Record<SharedExport, Kernel>;
    const largePages = platform.env('TORCHLET_LARGE_PAGES') !== 'off' && platform.useLargePages(memory.buffer);
    return { build, largePages, exports, memory: new WasmMemory(memory, exports.sgemmWorkspace()), pool, shared };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    platform.warn(`WebAssembly cannot be used: ${reason}. Kernels run in plain JavaScript, many times slower.`);
    return null;
  }
}

let shared: WasmKernels | null | undefined;

/** The instance that all kernels share, made on first use; null with TORCHLET_WASM=off or an engine without SIMD. */
export function wasmKernels(): WasmKernels | null {
  if (shared === undefined) {
    shared = platform.env('TORCHLET_WASM') === 'off' ? null : instantiate(supports('relaxed') ? 'relaxed' : 'simd');
  }
  return shared;
}

/** {@link wasmKernels}, if anything has used them. */
export const startedKernels = (): WasmKernels | null => shared ?? null;
