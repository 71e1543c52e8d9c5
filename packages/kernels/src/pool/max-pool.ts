import { checkSpan } from '../checks.js';
import type { FloatArray } from '../types.js';
import { maxPool2x2, maxPool2x2Backward } from './max-pool-wasm.js';
import { checkPool2d, type Pool2dShape } from './shape.js';
import { kernelsFor2x2 } from './windows.js';

/**
 * 2-D max pooling of `x [planes, height, width]` into `out [planes, outHeight, outWidth]`; `indices` gets the place of each
 * maximum inside its plane (`row * width + column`). As in PyTorch the first of equal maxima counts, and a NaN wins over
 * everything (the last NaN of a window is the one indexed). Padding counts as -Infinity; a window that holds nothing else
 * has index -1.
 */
export function maxPool2dForward<T extends FloatArray>(
  shape: Pool2dShape,
  x: T,
  xOffset: number,
  out: T,
  outOffset: number,
  indices: Int32Array,
): void {
  const op = 'maxPool2dForward';
  checkPool2d(op, shape);
  const outPlane = shape.outHeight * shape.outWidth;
  checkSpan(op, 'x', x, xOffset, shape.planes * shape.height * shape.width);
  checkSpan(op, 'out', out, outOffset, shape.planes * outPlane);
  checkSpan(op, 'indices', indices, 0, shape.planes * outPlane);
  const kernels = kernelsFor2x2(shape, x, out);
  if (kernels !== null) {
    maxPool2x2(kernels, shape, x, xOffset, out, outOffset, indices);
    return;
  }
  let at = 0;
  for (let plane = 0; plane < shape.planes; plane++) {
    const start = xOffset + plane * shape.height * shape.width;
    for (let oh = 0; oh < shape.outHeight; oh++) {
      for (let ow = 0; ow < shape.outWidth; ow++) {
        const best = windowMaximum(shape, x, start, oh, ow);
        indices[at] = best;
        out[outOffset + at] = best < 0 ? Number.NEGATIVE_INFINITY : x[start + best];
        at++;
      }
    }
  }
}

/** Index into the plane of the window's maximum, -1 for a window wholly in the padding. */
function windowMaximum(s: Pool2dShape, x: FloatArray, start: number, oh: number, ow: number): number {
  const { width, dilationHeight, dilationWidth } = s;
  let row = oh * s.strideHeight - s.padHeight;
  let column = ow * s.strideWidth - s.padWidth;
  const rowEnd = Math.min(row + (s.kernelHeight - 1) * dilationHeight + 1, s.height);
  const columnEnd = Math.min(column + (s.kernelWidth - 1) * dilationWidth + 1, width);
  while (row < 0) row += dilationHeight;
  while (column < 0) column += dilationWidth;
  if (row >= rowEnd || column >= columnEnd) return -1;
  let best = row * width + column;
  let maximum = Number.NEGATIVE_INFINITY;
  for (let h = row; h < rowEnd; h += dilationHeight) {
    for (let w = column; w < columnEnd; w += dilationWidth) {
      const value = x[start + h * width + w];
      // value !== value: NaN
      if (value > maximum || value !== value) {
        maximum = value;
        best = h * width + w;
      }
    }
  }
  return best;
}

/** Gradient of {@link maxPool2dForward}, whose `indices` it takes: overwrites `gradIn [planes, height, width]`. */
export function maxPool2dBackward<T extends FloatArray>(
  shape: Pool2dShape,
  gradOut: T,
  gOffset: number,
  indices: Int32Array,
  gradIn: T,
  giOffset: number,
): void {
  const op = 'maxPool2dBackward';
  checkPool2d(op, shape);
  const inPlane = shape.height * shape.width;
  const outPlane = shape.outHeight * shape.outWidth;
  checkSpan(op, 'gradOut', gradOut, gOffset, shape.planes * outPlane);
  checkSpan(op, 'indices', indices, 0, shape.planes * outPlane);
  checkSpan(op, 'gradIn', gradIn, giOffset, shape.planes * inPlane);
  const kernels = kernelsFor2x2(shape, gradOut, gradIn);
  if (kernels !== null) {
    maxPool2x2Backward(kernels, shape, gradOut, gOffset, indices, gradIn, giOffset);
    return;
  }
  gradIn.fill(0, giOffset, giOffset + shape.planes * inPlane);
  let at = 0;
  for (let plane = 0; plane < shape.planes; plane++) {
    const start = giOffset + plane * inPlane;
    for (const end = at + outPlane; at < end; at++) {
      const index = indices[at];
      if (index >= 0 && index < inPlane) gradIn[start + index] += gradOut[gOffset + at];
    }
  }
}
