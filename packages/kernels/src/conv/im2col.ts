import { checkSpan } from '../checks.js';
import type { FloatArray } from '../types.js';
import { type Block, type Conv2dShape, checkConv2d, columnDepth } from './shape.js';

/**
 * Unfolds a block of images (of one channel group) into the column matrix `[C * kh * kw, images * outHeight * outWidth]`,
 * `C` being the group's channels; positions in the padding become 0. `x` is `[images, inChannels, height, width]`.
 */
export function im2col<T extends FloatArray>(
  shape: Conv2dShape,
  x: T,
  xOffset: number,
  col: T,
  colOffset: number,
  images = 1,
  group = 0,
): void {
  checkColumns('im2col', shape, x, xOffset, col, colOffset, images);
  unfold(shape, { image: 0, images, row: 0, rows: shape.outHeight }, group, x, xOffset, col, colOffset);
}

/**
 * The reverse of {@link im2col}: *adds* every element of the column matrix to the place in `x` it was taken from.
 * Clear `x` first to get the gradient of im2col alone.
 */
export function col2im<T extends FloatArray>(
  shape: Conv2dShape,
  col: T,
  colOffset: number,
  x: T,
  xOffset: number,
  images = 1,
  group = 0,
): void {
  checkColumns('col2im', shape, x, xOffset, col, colOffset, images);
  fold(shape, { image: 0, images, row: 0, rows: shape.outHeight }, group, col, colOffset, x, xOffset);
}

function checkColumns(
  op: string,
  shape: Conv2dShape,
  x: FloatArray,
  xOffset: number,
  col: FloatArray,
  colOffset: number,
  images: number,
): void {
  checkConv2d(op, shape);
  checkSpan(op, 'x', x, xOffset, images * shape.inChannels * shape.height * shape.width);
  checkSpan(op, 'col', col, colOffset, columnDepth(shape) * images * shape.outHeight * shape.outWidth);
}

/** One tap of the kernel over one plane: `dst` gets `rows x outWidth` elements (read backwards by {@link fold}). */
type Tap = (
  shape: Conv2dShape,
  block: Block,
  kh: number,
  kw: number,
  plane: FloatArray,
  planeOffset: number,
  col: FloatArray,
  colOffset: number,
) => void;

function forEachTap(
  tap: Tap,
  shape: Conv2dShape,
  block: Block,
  group: number,
  x: FloatArray,
  xOffset: number,
  col: FloatArray,
  colOffset: number,
): void {
  const { inChannels, groups, height, width, kernelHeight, kernelWidth } = shape;
  const channels = inChannels / groups;
  const positions = block.rows * shape.outWidth;
  let at = colOffset;
  for (let c = 0; c < channels; c++) {
    for (let kh = 0; kh < kernelHeight; kh++) {
      for (let kw = 0; kw < kernelWidth; kw++) {
        for (let b = 0; b < block.images; b++) {
          const plane = xOffset + (b * inChannels + group * channels + c) * height * width;
          tap(shape, block, kh, kw, x, plane, col, at);
          at += positions;
        }
      }
    }
  }
}

/** {@link im2col} of a block; `x` starts at the block's first image. */
export function unfold<T extends FloatArray>(
  shape: Conv2dShape,
  block: Block,
  group: number,
  x: T,
  xOffset: number,
  col: T,
  colOffset: number,
): void {
  forEachTap(readTap, shape, block, group, x, xOffset, col, colOffset);
}

/** {@link col2im} of a block; `x` starts at the block's first image. */
export function fold<T extends FloatArray>(
  shape: Conv2dShape,
  block: Block,
  group: number,
  col: T,
  colOffset: number,
  x: T,
  xOffset: number,
): void {
  forEachTap(addTap, shape, block, group, x, xOffset, col, colOffset);
}

/** The output columns whose tap lies inside the plane: `[low, high)`. */
function insideLow(shift: number, stride: number): number {
  return shift >= 0 ? 0 : Math.ceil(-shift / stride);
}

function insideHigh(shift: number, stride: number, size: number, outSize: number): number {
  return Math.min(outSize, Math.max(0, Math.ceil((size - shift) / stride)));
}

function readTap(
  s: Conv2dShape,
  block: Block,
  kh: number,
  kw: number,
  plane: FloatArray,
  planeOffset: number,
  col: FloatArray,
  colOffset: number,
): void {
  const { width, height, outWidth, strideWidth } = s;
  const shift = kw * s.dilationWidth - s.padLeft;
  const high = insideHigh(shift, strideWidth, width, outWidth);
  const low = Math.min(insideLow(shift, strideWidth), high);
  for (let r = 0; r < block.rows; r++) {
    const at = colOffset + r * outWidth;
    const row = (block.row + r) * s.strideHeight - s.padTop + kh * s.dilationHeight;
    if (row < 0 || row >= height) {
      col.fill(0, at, at + outWidth);
      continue;
    }
    const from = planeOffset + row * width + shift;
    for (let i = 0; i < low; i++) col[at + i] = 0;
    if (strideWidth === 1) for (let i = low; i < high; i++) col[at + i] = plane[from + i];
    else for (let i = low; i < high; i++) col[at + i] = plane[from + i * strideWidth];
    for (let i = high; i < outWidth; i++) col[at + i] = 0;
  }
}

function addTap(
  s: Conv2dShape,
  block: Block,
  kh: number,
  kw: number,
  plane: FloatArray,
  planeOffset: number,
  col: FloatArray,
  colOffset: number,
): void {
  const { width, height, outWidth, strideWidth } = s;
  const shift = kw * s.dilationWidth - s.padLeft;
  const high = insideHigh(shift, strideWidth, width, outWidth);
  const low = insideLow(shift, strideWidth);
  for (let r = 0; r < block.rows; r++) {
    const row = (block.row + r) * s.strideHeight - s.padTop + kh * s.dilationHeight;
    if (row < 0 || row >= height) continue;
    const at = colOffset + r * outWidth;
    const to = planeOffset + row * width + shift;
    for (let i = low; i < high; i++) plane[to + i * strideWidth] += col[at + i];
  }
}
