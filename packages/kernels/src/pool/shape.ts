import { checkInteger } from '../checks.js';

/** The sizes of a 2-D pooling over `planes` (batch times channels) planes of `height x width`. */
export interface Pool2dShape {
  planes: number;
  height: number;
  width: number;
  kernelHeight: number;
  kernelWidth: number;
  strideHeight: number;
  strideWidth: number;
  padHeight: number;
  padWidth: number;
  dilationHeight: number;
  dilationWidth: number;
  outHeight: number;
  outWidth: number;
}

/** Throws a RangeError naming the first field that is not a sensible size. */
export function checkPool2d(op: string, shape: Pool2dShape): void {
  const { planes, height, width, padHeight, padWidth, outHeight, outWidth } = shape;
  const sizes = { planes, height, width, padHeight, padWidth, outHeight, outWidth };
  for (const [name, value] of Object.entries(sizes)) checkInteger(op, name, value, 0);
  const { kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = shape;
  const counts = { kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight, dilationWidth };
  for (const [name, value] of Object.entries(counts)) checkInteger(op, name, value, 1);
}
