import type { FloatArray } from '../types.js';
import type { WasmKernels } from '../wasm/instance.js';
import type { Pool2dShape } from './shape.js';
import { overPlanes } from './windows.js';

/** Input elements that visit WebAssembly memory at once. */
const CHUNK = 1 << 14;

function planesAtOnce(s: Pool2dShape): number {
  return Math.max(1, Math.floor(CHUNK / (s.height * s.width)));
}

/** The forward pass, some planes at a time. */
export function maxPool2x2<T extends FloatArray>(
  kernels: WasmKernels,
  s: Pool2dShape,
  x: T,
  xOffset: number,
  out: T,
  outOffset: number,
  indices: Int32Array,
): void {
  const { memory, exports } = kernels;
  const { height, width, outHeight, outWidth } = s;
  const plane = height * width;
  const outPlane = outHeight * outWidth;
  if (memory.holds(x) && memory.holds(out) && memory.holds(indices)) {
    overPlanes(kernels, kernels.shared.maxPool2x2, s, [
      [x.byteOffset + 4 * xOffset, plane],
      [out.byteOffset + 4 * outOffset, outPlane],
      [indices.byteOffset, outPlane],
    ]);
    return;
  }
  const step = planesAtOnce(s);
  const [xAt, outAt, indexAt] = memory.reserve([step * plane, step * outPlane, step * outPlane]);
  for (let first = 0; first < s.planes; first += step) {
    const count = Math.min(step, s.planes - first);
    const from = xOffset + first * plane;
    memory.floats.set(x.subarray(from, from + count * plane), xAt >>> 2);
    exports.maxPool2x2(xAt, outAt, indexAt, count, height, width, outHeight, outWidth);
    const length = count * outPlane;
    out.set(memory.floats.subarray(outAt >>> 2, (outAt >>> 2) + length), outOffset + first * outPlane);
    indices.set(memory.ints.subarray(indexAt >>> 2, (indexAt >>> 2) + length), first * outPlane);
  }
}

/** The backward pass, some planes at a time. */
export function maxPool2x2Backward<T extends FloatArray>(
  kernels: WasmKernels,
  s: Pool2dShape,
  gradOut: T,
  gOffset: number,
  indices: Int32Array,
  gradIn: T,
  giOffset: number,
): void {
  const { memory, exports } = kernels;
  const { height, width, outHeight, outWidth } = s;
  const plane = height * width;
  const outPlane = outHeight * outWidth;
  if (memory.holds(gradOut) && memory.holds(indices) && memory.holds(gradIn)) {
    overPlanes(kernels, kernels.shared.maxPool2x2Backward, s, [
      [gradOut.byteOffset + 4 * gOffset, outPlane],
      [indices.byteOffset, outPlane],
      [gradIn.byteOffset + 4 * giOffset, plane],
    ]);
    return;
  }
  const step = planesAtOnce(s);
  const [inAt, outAt, indexAt] = memory.reserve([step * plane, step * outPlane, step * outPlane]);
  for (let first = 0; first < s.planes; first += step) {
    const count = Math.min(step, s.planes - first);
    const from = first * outPlane;
    const length = count * outPlane;
    memory.floats.set(gradOut.subarray(gOffset + from, gOffset + from + length), outAt >>> 2);
    memory.ints.set(indices.subarray(from, from + length), indexAt >>> 2);
    exports.maxPool2x2Backward(outAt, indexAt, inAt, count, height, width, outHeight, outWidth);
    const result = memory.floats.subarray(inAt >>> 2, (inAt >>> 2) + count * plane);
    gradIn.set(result, giOffset + first * plane);
  }
}
