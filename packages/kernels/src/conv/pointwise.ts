import { gemm } from '../gemm/gemm.js';
import type { FloatArray } from '../types.js';
import { addBias, addPlaneSums } from './planes.js';
import type { Conv2dShape } from './shape.js';

// A 1x1 convolution is one matrix product per image and group: the image is its own column matrix.

type PerGroup = (x: number, w: number, out: number) => void;

function forEachGroup(shape: Conv2dShape, xOffset: number, wOffset: number, outOffset: number, run: PerGroup): void {
  const { groups, inChannels, outChannels, height, width } = shape;
  const xStep = (inChannels / groups) * height * width;
  const outStep = (outChannels / groups) * height * width;
  const wStep = (outChannels / groups) * (inChannels / groups);
  for (let b = 0; b < shape.batch; b++) {
    for (let g = 0; g < groups; g++) {
      run(xOffset + (b * groups + g) * xStep, wOffset + g * wStep, outOffset + (b * groups + g) * outStep);
    }
  }
}

export function pointwiseForward<T extends FloatArray>(
  shape: Conv2dShape,
  x: T,
  xOffset: number,
  weight: T,
  wOffset: number,
  bias: T | null,
  bOffset: number,
  out: T,
  outOffset: number,
): void {
  const n = shape.height * shape.width;
  const k = shape.inChannels / shape.groups;
  const m = shape.outChannels / shape.groups;
  forEachGroup(shape, xOffset, wOffset, outOffset, (xAt, wAt, outAt) => {
    gemm(false, false, m, n, k, 1, weight, wAt, k, x, xAt, n, 0, out, outAt, n);
  });
  if (bias === null) return;
  for (let b = 0; b < shape.batch; b++) {
    addBias(out, outOffset + b * shape.outChannels * n, bias, bOffset, shape.outChannels, n);
  }
}

export function pointwiseInputGrad<T extends FloatArray>(
  shape: Conv2dShape,
  gradOut: T,
  gOffset: number,
  weight: T,
  wOffset: number,
  gradIn: T,
  giOffset: number,
): void {
  const n = shape.height * shape.width;
  const k = shape.inChannels / shape.groups;
  const m = shape.outChannels / shape.groups;
  forEachGroup(shape, giOffset, wOffset, gOffset, (xAt, wAt, gAt) => {
    gemm(true, false, k, n, m, 1, weight, wAt, k, gradOut, gAt, n, 0, gradIn, xAt, n);
  });
}

/** Adds to `gradWeight` and, if given, each channel's sum to `sums`. */
export function pointwiseWeightGrad<T extends FloatArray>(
  shape: Conv2dShape,
  x: T,
  xOffset: number,
  gradOut: T,
  gOffset: number,
  gradWeight: T,
  gwOffset: number,
  sums: Float64Array | null,
): void {
  const n = shape.height * shape.width;
  const k = shape.inChannels / shape.groups;
  const m = shape.outChannels / shape.groups;
  forEachGroup(shape, xOffset, gwOffset, gOffset, (xAt, wAt, gAt) => {
    gemm(false, true, m, k, n, 1, gradOut, gAt, n, x, xAt, n, 1, gradWeight, wAt, k);
  });
  if (sums === null) return;
  for (let b = 0; b < shape.batch; b++) {
    addPlaneSums(gradOut, gOffset + b * shape.outChannels * n, sums, 0, shape.outChannels, n);
  }
}
