/** How a depthwise convolution is cut, and what its kernels are told of that. */
import { provider } from '../gemm/provider.js';
import type { Conv2dShape } from './shape.js';
import { writeGeometry } from './work.js';

/** Which convolutions are found directly, and how they are cut; changed only by tests and benchmarks. */
export const depthwiseLimits: {
  leastGroups: number;
  mostMultiplier: { readonly blas: number; readonly wasm: number };
  leastTaps: { readonly blas: number; readonly wasm: number };
  leastGradTaps: number;
  mostShortRows: number;
  mostUnseen: number;
  bandElements: number;
  leastBand: number;
  leastUnits: number;
} = {
  /** Fewer groups are a matrix product each, which has so many rows then that it is worth its columns. */
  leastGroups: 2,
  /** The same with more output channels of each group, the earlier the faster products are. */
  mostMultiplier: { blas: 2, wasm: 8 },
  /** Taps for each element that a stride passes: with fewer, columns are smaller than a copy of the image. */
  leastTaps: { blas: 1, wasm: 0 },
  /** The same for the gradient of the input, where there have to be more than this: its elements are taken from a row for each tap. */
  leastGradTaps: 1,
  /** Output rows of less than a vector: with more of them the time goes into their beginnings and ends. */
  mostShortRows: 32,
  /** Of what the gradient of the input adds up, so much may be zeros around the output, relative to the rest. */
  mostUnseen: 4,
  /** The copied rows of a band should stay in the nearest cache, beside what is made of them. */
  bandElements: 6144,
  /** Rows of a band at least, because its neighbours copy some of the same rows. */
  leastBand: 8,
  /** There should be so many sums of their own for threads to share, whatever their number. */
  leastUnits: 16,
};

/** Whether every output sees a single channel, few see the same one, and their rows are worth it. */
export function isDepthwise(s: Conv2dShape): boolean {
  const { leastGroups, mostMultiplier, leastTaps, mostShortRows } = depthwiseLimits;
  if (s.inChannels !== s.groups || s.groups < leastGroups) return false;
  if (s.outWidth < 4 && s.outHeight > mostShortRows) return false;
  const products = provider().name === 'blas' ? 'blas' : 'wasm';
  if (tapsPerStep(s) < leastTaps[products]) return false;
  return s.outChannels / s.groups <= mostMultiplier[products];
}

const tapsPerStep = (s: Conv2dShape): number => (s.kernelHeight * s.kernelWidth) / (s.strideHeight * s.strideWidth);

/** Whether much of the input's gradient would be sought in vain: strides pass it, or few outputs see it, with a kernel about as large. */
export function isSeldomSeen(s: Conv2dShape): boolean {
  const { leastGradTaps, mostUnseen } = depthwiseLimits;
  const steps = s.strideHeight * s.strideWidth;
  if (steps > 1 && tapsPerStep(s) <= leastGradTaps) return true;
  return s.height * s.width > mostUnseen * steps * s.outHeight * s.outWidth;
}

/** The same convolution with its only column as a row, along which vectors lie. */
export function lying(s: Conv2dShape): Conv2dShape {
  if (s.width !== 1 || s.kernelWidth !== 1 || s.outWidth !== 1 || s.padLeft !== 0) return s;
  return {
    ...s,
    ...{ height: 1, kernelHeight: 1, strideHeight: 1, padTop: 0, dilationHeight: 1, outHeight: 1 },
    width: s.height,
    kernelWidth: s.kernelHeight,
    strideWidth: s.strideHeight,
    padLeft: s.padTop,
    dilationWidth: s.dilationHeight,
    outWidth: s.outHeight,
  };
}

/** Rows of what is made, and the rows that are copied for them. */
export interface Layout {
  /** Rows at a time. */
  readonly band: number;
  /** Elements of a copied row, the zeros included. */
  readonly columns: number;
  /** Elements from one part of a row that was dealt out by a stride to the next. */
  readonly segment: number;
  /** Copied rows of a band. */
  readonly bandRows: number;
  /** Elements of the regions that each thread needs. */
  readonly line: number;
  readonly copies: number;
}

/** Vectors may reach some elements beyond what they need; a row is also a place for weights. */
const BEYOND = 64;
const vectors = (elements: number): number => 4 * Math.ceil(elements / 4);

/** @param rowsOf copied rows for so many rows of what is made */
function bandOf(rows: number, rowElements: number, rowsOf: (rows: number) => number): number {
  const { bandElements, leastBand } = depthwiseLimits;
  const most = Math.floor(bandElements / rowElements);
  const perRow = rowsOf(2) - rowsOf(1);
  const fitting = 1 + Math.floor((most - rowsOf(1)) / Math.max(1, perRow));
  return Math.min(rows, Math.max(leastBand, fitting));
}

/** Rows of the output, from rows of the input. */
export function outputLayout(s: Conv2dShape): Layout {
  const columns = (s.outWidth - 1) * s.strideWidth + (s.kernelWidth - 1) * s.dilationWidth + 1;
  const segment = vectors(Math.ceil(columns / s.strideWidth));
  const pitch = segment * s.strideWidth;
  const rowsOf = (rows: number): number => (rows - 1) * s.strideHeight + (s.kernelHeight - 1) * s.dilationHeight + 1;
  const band = bandOf(s.outHeight, pitch, rowsOf);
  const bandRows = rowsOf(band);
  return { band, columns, segment, bandRows, line: pitch + BEYOND, copies: bandRows * pitch + BEYOND };
}

/** Rows of the input's gradient, from rows of the output's. */
export function inputLayout(s: Conv2dShape): Layout {
  const reach = (kernel: number, dilation: number, stride: number): number =>
    Math.floor(((kernel - 1) * dilation) / stride);
  const last = Math.floor((s.width - 1 + s.padLeft) / s.strideWidth);
  const first = Math.floor(s.padLeft / s.strideWidth) - reach(s.kernelWidth, s.dilationWidth, s.strideWidth);
  const columns = vectors(last - first + 1);
  const segment = vectors(Math.ceil(s.width / s.strideWidth));
  const multiplier = s.outChannels / s.groups;
  const rowsOf = (rows: number): number =>
    Math.floor((rows - 1) / s.strideHeight) + 2 + reach(s.kernelHeight, s.dilationHeight, s.strideHeight);
  const band = bandOf(s.height, multiplier * columns, rowsOf);
  const bandRows = rowsOf(band);
  const line = segment * s.strideWidth + BEYOND;
  return { band, columns, segment, bandRows, line, copies: multiplier * bandRows * columns + BEYOND };
}

/** Elements of the table of taps and their numbers, and of where its lists begin. */
export const tapElements = (s: Conv2dShape): number => (3 * s.kernelHeight * s.kernelWidth * s.outChannels) / s.groups;
export const listElements = (s: Conv2dShape): number => s.strideHeight * s.strideWidth + 1;

/** The parameter block that assembly/depthwise.ts reads, in its order. */
export function writeLayout(ints: Int32Array, at: number, s: Conv2dShape, layout: Layout): void {
  const end = writeGeometry(ints, at, s);
  ints.set([s.outChannels / s.groups, layout.band, layout.columns, layout.segment, layout.bandRows], end);
}
