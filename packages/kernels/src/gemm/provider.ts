import { platform } from '#platform';
import type { BlasLibrary } from '../platform/platform.js';
import type { Gemm } from '../types.js';
import { type WasmKernels, wasmKernels } from '../wasm/instance.js';
import { blasGemm } from './blas.js';
import { referenceGemm } from './reference.js';
import { type GemmCall, wasmCall } from './shared.js';
import { wasmSgemm } from './wasm.js';

/** One way to multiply matrices. */
export interface GemmProvider {
  readonly name: 'blas' | 'wasm' | 'reference';
  readonly library: BlasLibrary | null;
  readonly sgemm: Gemm<Float32Array>;
  readonly dgemm: Gemm<Float64Array>;
  /** Products as parts of a task; null where there are no threads to share it. */
  readonly call: GemmCall | null;
  /** Whether products use vectors of sixteen floats: then they are fast beside everything else. */
  readonly wide: boolean;
}

/** The cores of OpenBLAS with AVX-512. */
const WIDE_CORES: ReadonlySet<string | null> = new Set(['SkylakeX', 'Cooperlake', 'SapphireRapids']);

/** Plain loops: always there. */
export const referenceProvider: GemmProvider = {
  name: 'reference',
  library: null,
  sgemm: referenceGemm,
  dgemm: referenceGemm,
  call: null,
  wide: false,
};

/** The system's BLAS as TORCHLET_BLAS asks for it, or null. */
export function blasProvider(): GemmProvider | null {
  const library = platform.loadBlas(platform.env('TORCHLET_BLAS'));
  if (library === null) return null;
  return { name: 'blas', library, ...blasGemm(library), wide: WIDE_CORES.has(library.core) };
}

/** Float32 in WebAssembly, the rest in plain loops. */
export function wasmProvider(kernels: WasmKernels): GemmProvider {
  const call = wasmCall(kernels);
  return { name: 'wasm', library: null, sgemm: wasmSgemm(kernels), dgemm: referenceGemm, call, wide: false };
}

let chosen: GemmProvider | null = null;

/** The fastest provider there is; found on first use, so that importing this package loads nothing native. */
export function provider(): GemmProvider {
  chosen ??= choose();
  return chosen;
}

function choose(): GemmProvider {
  const blas = blasProvider();
  if (blas !== null) return blas;
  const kernels = wasmKernels();
  return kernels === null ? referenceProvider : wasmProvider(kernels);
}
