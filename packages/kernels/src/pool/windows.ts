import type { Kernel } from '../parallel/pool.js';
import { addressOf, share } from '../parallel/split.js';
import type { FloatArray } from '../types.js';
import { type WasmKernels, wasmKernels } from '../wasm/instance.js';
import type { Pool2dShape } from './shape.js';

const MAX_PLANE = 1 << 22;
const MIN_ELEMENTS = 256;

/** The WebAssembly kernels if they know this shape (2x2 windows, stride 2, no padding) and these arrays, else null. */
export function kernelsFor2x2(s: Pool2dShape, a: FloatArray, b: FloatArray): WasmKernels | null {
  const plain =
    s.kernelHeight === 2 &&
    s.kernelWidth === 2 &&
    s.strideHeight === 2 &&
    s.strideWidth === 2 &&
    s.padHeight === 0 &&
    s.padWidth === 0 &&
    s.dilationHeight === 1 &&
    s.dilationWidth === 1 &&
    s.outHeight * 2 <= s.height &&
    s.outWidth * 2 <= s.width;
  const plane = s.height * s.width;
  if (!plain || plane > MAX_PLANE || s.planes * plane < MIN_ELEMENTS) return null;
  return a instanceof Float32Array && b instanceof Float32Array ? wasmKernels() : null;
}

/**
 * Runs a kernel over all planes, which threads share.
 * @param places addresses, each with the elements that a plane has there
 * @param rest arguments behind the sizes
 */
export function overPlanes(
  { pool }: WasmKernels,
  kernel: Kernel,
  s: Pool2dShape,
  places: readonly (readonly [address: number, elements: number])[],
  ...rest: number[]
): void {
  share(pool, kernel, s.planes, s.height * s.width, (planes, perBlock) => [
    ...places.map(([address, elements]) => addressOf(address, 4 * elements * perBlock)),
    planes,
    s.height,
    s.width,
    s.outHeight,
    s.outWidth,
    ...rest,
  ]);
}
