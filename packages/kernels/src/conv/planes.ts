/** What the bias of a convolution and its gradient do to whole planes, one image at a time. */
import type { FloatArray } from '../types.js';
import { type WasmKernels, wasmKernels } from '../wasm/instance.js';

function kernelsFor(array: FloatArray): WasmKernels | null {
  if (!(array instanceof Float32Array)) return null;
  const kernels = wasmKernels();
  return kernels?.memory.holds(array) ? kernels : null;
}

/** Adds `bias[channel]` to each plane of one image. */
export function addBias<T extends FloatArray>(
  planes: T,
  offset: number,
  bias: T,
  bOffset: number,
  channels: number,
  positions: number,
): void {
  const kernels = kernelsFor(planes);
  if (kernels === null) {
    for (let c = 0, i = offset; c < channels; c++) {
      const add = bias[bOffset + c];
      for (const end = i + positions; i < end; i++) planes[i] += add;
    }
    return;
  }
  const { memory, exports } = kernels;
  let address = bias.byteOffset + 4 * bOffset;
  if (!memory.holds(bias)) {
    [address] = memory.reserve([channels]);
    memory.floats.set(bias.subarray(bOffset, bOffset + channels), address >>> 2);
  }
  const at = planes.byteOffset + 4 * offset;
  exports.scatterPlanes(at, at, address, channels, 1, positions, channels * positions);
}

/** Adds each plane's sum over one image to `sums[channel]`. */
export function addPlaneSums<T extends FloatArray>(
  planes: T,
  offset: number,
  sums: Float64Array,
  first: number,
  channels: number,
  positions: number,
): void {
  const kernels = kernelsFor(planes);
  if (kernels === null) {
    for (let c = 0, i = offset; c < channels; c++) {
      let sum = 0;
      for (const end = i + positions; i < end; i++) sum += planes[i];
      sums[first + c] += sum;
    }
    return;
  }
  const { memory, exports } = kernels;
  const [address] = memory.reserve([2 * channels]);
  const at = address >>> 3;
  memory.doubles.set(sums.subarray(first, first + channels), at);
  exports.sumPlanes(planes.byteOffset + 4 * offset, address, channels, positions);
  sums.set(memory.doubles.subarray(at, at + channels), first);
}
