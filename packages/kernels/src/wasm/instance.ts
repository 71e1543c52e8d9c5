import { platform } from '#platform';
import { relaxed, simd } from './generated/modules.js';
import { type GrowableMemory, WasmMemory } from './memory.js';

/** The functions of assembly/: addresses and sizes are 32-bit integers, addresses in bytes. */
export interface WasmExports {
  readonly memory: GrowableMemory;
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
  unfold(geometry: number, x: number, col: number): void;
  fold(geometry: number, col: number, x: number): void;
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
  relu(x: number, out: number, n: number): void;
  reluBackward(grad: number, y: number, out: number, n: number): void;
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
  Instance: new (module: object) => { readonly exports: object };
}

/** With fused relaxed multiply-add, or with what every engine with SIMD has. */
export type WasmBuild = 'relaxed' | 'simd';

/** A running instance with its memory. */
export interface WasmKernels {
  readonly build: WasmBuild;
  readonly exports: WasmExports;
  readonly memory: WasmMemory;
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

/**
 * A new instance of one build, or null where the engine does not know its instructions or refuses to run it, as a page's
 * content security policy may.
 */
export function instantiate(build: WasmBuild): WasmKernels | null {
  const wasm = engine();
  if (wasm === null) return null;
  const bytes = decode(build);
  if (!wasm.validate(bytes)) return null;
  try {
    const exports = new wasm.Instance(new wasm.Module(bytes)).exports as WasmExports;
    return { build, exports, memory: new WasmMemory(exports.memory, exports.sgemmWorkspace()) };
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
