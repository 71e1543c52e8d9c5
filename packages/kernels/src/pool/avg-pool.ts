import { checkSpan } from '../checks.js';
import type { FloatArray } from '../types.js';
import type { WasmKernels } from '../wasm/instance.js';
import { checkPool2d, type Pool2dShape } from './shape.js';
import { kernelsFor2x2, overPlanes } from './windows.js';

/** A window cut to the plane, and what its sum is divided by. */
interface Window {
  top: number;
  bottom: number;
  left: number;
  right: number;
  divisor: number;
}

// PyTorch's rule: with `countIncludePad` a window counts the padding it covers, but not what hangs over the padded edge.
function setWindow(
  w: Window,
  s: Pool2dShape,
  oh: number,
  ow: number,
  includePad: boolean,
  divisor: number | null,
): void {
  const top = oh * s.strideHeight - s.padHeight;
  const left = ow * s.strideWidth - s.padWidth;
  const bottom = Math.min(top + s.kernelHeight, s.height + s.padHeight);
  const right = Math.min(left + s.kernelWidth, s.width + s.padWidth);
  const padded = (bottom - top) * (right - left);
  w.top = Math.max(top, 0);
  w.left = Math.max(left, 0);
  w.bottom = Math.min(bottom, s.height);
  w.right = Math.min(right, s.width);
  w.divisor = divisor ?? (includePad ? padded : (w.bottom - w.top) * (w.right - w.left));
}

function checkArguments(op: string, s: Pool2dShape, divisor: number | null): void {
  checkPool2d(op, s);
  if (s.dilationHeight !== 1 || s.dilationWidth !== 1) {
    throw new RangeError(`${op}: average pooling has no dilation, but it is ${s.dilationHeight}x${s.dilationWidth}`);
  }
  if (divisor === 0) throw new RangeError(`${op}: divisor must be not zero`);
}

/**
 * 2-D average pooling of `x [planes, height, width]` into `out [planes, outHeight, outWidth]`. A window is divided by its
 * size including the padding it covers, or only by the elements inside the plane, or by `divisorOverride`.
 * See https://pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html.
 */
export function avgPool2dForward<T extends FloatArray>(
  shape: Pool2dShape,
  countIncludePad: boolean,
  divisorOverride: number | null,
  x: T,
  xOffset: number,
  out: T,
  outOffset: number,
): void {
  const op = 'avgPool2dForward';
  checkArguments(op, shape, divisorOverride);
  const { planes, height, width, outHeight, outWidth } = shape;
  checkSpan(op, 'x', x, xOffset, planes * height * width);
  checkSpan(op, 'out', out, outOffset, planes * outHeight * outWidth);
  const kernels = residentKernels(shape, x, out);
  if (kernels !== null) {
    const places = [
      [x.byteOffset + 4 * xOffset, height * width],
      [out.byteOffset + 4 * outOffset, outHeight * outWidth],
    ] as const;
    overPlanes(kernels, kernels.shared.avgPool2x2, shape, places, 1 / (divisorOverride ?? 4));
    return;
  }
  const window: Window = { top: 0, bottom: 0, left: 0, right: 0, divisor: 1 };
  let at = outOffset;
  for (let plane = 0; plane < planes; plane++) {
    const start = xOffset + plane * height * width;
    for (let oh = 0; oh < outHeight; oh++) {
      for (let ow = 0; ow < outWidth; ow++) {
        setWindow(window, shape, oh, ow, countIncludePad, divisorOverride);
        const { top, bottom, left, right, divisor } = window;
        let sum = 0;
        for (let h = top; h < bottom; h++) {
          for (let w = left; w < right; w++) sum += x[start + h * width + w];
        }
        out[at++] = top < bottom && left < right ? sum / divisor : 0;
      }
    }
  }
}

/** Gradient of {@link avgPool2dForward}: overwrites `gradIn`. */
export function avgPool2dBackward<T extends FloatArray>(
  shape: Pool2dShape,
  countIncludePad: boolean,
  divisorOverride: number | null,
  gradOut: T,
  gOffset: number,
  gradIn: T,
  giOffset: number,
): void {
  const op = 'avgPool2dBackward';
  checkArguments(op, shape, divisorOverride);
  const { planes, height, width, outHeight, outWidth } = shape;
  checkSpan(op, 'gradOut', gradOut, gOffset, planes * outHeight * outWidth);
  checkSpan(op, 'gradIn', gradIn, giOffset, planes * height * width);
  const kernels = residentKernels(shape, gradOut, gradIn);
  if (kernels !== null) {
    const places = [
      [gradOut.byteOffset + 4 * gOffset, outHeight * outWidth],
      [gradIn.byteOffset + 4 * giOffset, height * width],
    ] as const;
    overPlanes(kernels, kernels.shared.avgPool2x2Backward, shape, places, 1 / (divisorOverride ?? 4));
    return;
  }
  gradIn.fill(0, giOffset, giOffset + planes * height * width);
  const window: Window = { top: 0, bottom: 0, left: 0, right: 0, divisor: 1 };
  let at = gOffset;
  for (let plane = 0; plane < planes; plane++) {
    const start = giOffset + plane * height * width;
    for (let oh = 0; oh < outHeight; oh++) {
      for (let ow = 0; ow < outWidth; ow++) {
        setWindow(window, shape, oh, ow, countIncludePad, divisorOverride);
        const { top, bottom, left, right, divisor } = window;
        const share = gradOut[at++] / divisor;
        for (let h = top; h < bottom; h++) {
          for (let w = left; w < right; w++) gradIn[start + h * width + w] += share;
        }
      }
    }
  }
}

/** The WebAssembly kernels for a shape that they know and arrays that live in their memory. */
function residentKernels(shape: Pool2dShape, a: FloatArray, b: FloatArray): WasmKernels | null {
  const kernels = kernelsFor2x2(shape, a, b);
  return kernels?.memory.holds(a) && kernels.memory.holds(b) ? kernels : null;
}
