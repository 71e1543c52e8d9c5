/** What the bias of a convolution and its gradient do to whole planes, one image at a time. */
import type { FloatArray } from '../types.js';

/** Adds `bias[channel]` to each plane of one image. */
export function addBias<T extends FloatArray>(
  planes: T,
  offset: number,
  bias: T,
  bOffset: number,
  channels: number,
  positions: number,
): void {
  for (let c = 0, i = offset; c < channels; c++) {
    const add = bias[bOffset + c];
    for (const end = i + positions; i < end; i++) planes[i] += add;
  }
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
  for (let c = 0, i = offset; c < channels; c++) {
    let sum = 0;
    for (const end = i + positions; i < end; i++) sum += planes[i];
    sums[first + c] += sum;
  }
}
