// Depthwise convolution, found directly: each group has one channel of the input, and each of its outputs is a sum over the kernel's
// taps of that channel's elements. Some rows at a time are copied with the zeros around them, so that every tap is a vector at a
// constant distance from the first one, for any kernel, stride, padding and dilation. Units are the channels of all images.
import { Geometry } from './geometry';
import { deal, padRow } from './padded';
import { correlate, TAP } from './taps';
import { correlate3x3, spread } from './taps3x3';

/** The geometry and how it is cut (the order is `writeLayout`'s in src/conv/depthwise-plan.ts). */
// @ts-ignore: decorator
@unmanaged
export class Layout extends Geometry {
  multiplier: i32; // output channels of each input channel
  band: i32; // rows of the result, or of the output for the gradient of the weight, at a time
  columns: i32; // of a copied row, the zeros included
  segment: i32; // elements from one part of a row that was dealt out to the next
  bandRows: i32; // copied rows of a band at most
}

/** Whether the kernel is one of 3×3 whose taps lie side by side, and a row is a vector at least. */
export function is3x3(g: Layout, width: i32): bool {
  const steps = g.strideHeight * g.strideWidth * g.dilationHeight * g.dilationWidth;
  return g.kernelHeight == 3 && g.kernelWidth == 3 && steps == 1 && width >= 4;
}

/** Where the elements of a tap lie in a band of the input. */
export function tapOffset(g: Layout, kh: i32, kw: i32): usize {
  const column = kw * g.dilationWidth;
  const place = (column % g.strideWidth) * g.segment + column / g.strideWidth;
  return ((kh * g.dilationHeight * g.strideWidth * g.segment + place) as usize) << 2;
}

/** Copies the rows of the input that `rows` rows of the output from `row` on see. */
export function padBand(g: Layout, plane: usize, row: i32, rows: i32, line: usize, to: usize): void {
  const top = row * g.strideHeight - g.padTop;
  const count = (rows - 1) * g.strideHeight + (g.kernelHeight - 1) * g.dilationHeight + 1;
  const pitch = ((g.segment * g.strideWidth) as usize) << 2;
  for (let i = 0; i < count; i++) {
    if (g.strideWidth == 1) padRow(plane, g.height, g.width, top + i, -g.padLeft, g.columns, to);
    else {
      padRow(plane, g.height, g.width, top + i, -g.padLeft, g.columns, line);
      deal(line, g.strideWidth, g.segment, to);
    }
    to += pitch;
  }
}

/**
 * The convolution for `count` units from `first` on; `bias` may be 0. For the thread alone: a table of taps, a row (`line`), and the
 * copied rows (`band`).
 */
export function depthwiseForward(
  geometry: usize,
  first: i32,
  count: i32,
  x: usize,
  weight: usize,
  bias: usize,
  out: usize,
  taps: usize,
  line: usize,
  band: usize,
): void {
  const g = changetype<Layout>(geometry);
  const kernel = g.kernelHeight * g.kernelWidth;
  const plane = ((g.height * g.width) as usize) << 2;
  const outPlane = ((g.outHeight * g.outWidth) as usize) << 2;
  const outRow = (g.outWidth as usize) << 2;
  const step = ((g.segment * g.strideWidth * g.strideHeight) as usize) << 2;
  const direct = is3x3(g, g.outWidth);
  const end = taps + (kernel as usize) * TAP;
  for (let kh = 0, at = taps; kh < g.kernelHeight; kh++) {
    for (let kw = 0; kw < g.kernelWidth; kw++, at += TAP) store<u32>(at, tapOffset(g, kh, kw) as u32);
  }
  for (let unit = first; unit < first + count; unit++) {
    const channel = (unit % g.planes) * g.multiplier;
    for (let row = 0; row < g.outHeight; row += g.band) {
      const rows = min(g.band, g.outHeight - row);
      padBand(g, x + (unit as usize) * plane, row, rows, line, band);
      for (let m = 0; m < g.multiplier; m++) {
        const weights = weight + (((channel + m) * kernel) << 2);
        const start: f32 = bias == 0 ? 0 : load<f32>(bias + ((channel + m) << 2));
        let to = out + ((unit * g.multiplier + m) as usize) * outPlane + (row as usize) * outRow;
        if (direct) {
          spread(weights, start, line);
          correlate3x3(band, step, line, to, outRow, rows, g.outWidth);
          continue;
        }
        for (let i = 0; i < kernel; i++) store<f32>(taps + (i as usize) * TAP, load<f32>(weights + (i << 2)), 4);
        for (let i = 0; i < rows; i++) {
          correlate(band + (i as usize) * step, taps, end, start, to, g.outWidth);
          to += outRow;
        }
      }
    }
  }
}
