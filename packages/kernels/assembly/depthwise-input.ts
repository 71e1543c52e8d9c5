// The gradient of a depthwise convolution for its input: an element gets what the outputs that saw it got, through the same weight. With
// strides, elements differ in the taps that reached them, by the remainders of their row and column: each pair has its own list of taps.
import { is3x3, Layout } from './depthwise';
import { collect, padRow } from './padded';
import { correlate, TAP } from './taps';
import { correlate3x3, spread } from './taps3x3';

/** How many rows, or columns, of the output lie between the first that saw an element and the last. */
// @ts-ignore: decorator
@inline
function reach(kernel: i32, dilation: i32, stride: i32): i32 {
  return ((kernel - 1) * dilation) / stride;
}

/**
 * Writes the lists of taps one behind the other, to `starts` where each begins, and behind the room for all of them which weight each tap
 * has; returns the end of the last.
 */
function listTaps(g: Layout, starts: usize, taps: usize, numbers: usize): usize {
  const back = reach(g.kernelHeight, g.dilationHeight, g.strideHeight);
  const left = reach(g.kernelWidth, g.dilationWidth, g.strideWidth);
  for (let top = 0; top < g.strideHeight; top++) {
    for (let side = 0; side < g.strideWidth; side++) {
      store<u32>(starts, taps as u32);
      starts += 4;
      for (let kh = 0; kh < g.kernelHeight; kh++) {
        const down = kh * g.dilationHeight - top;
        if (down < 0 || down % g.strideHeight != 0) continue;
        for (let kw = 0; kw < g.kernelWidth; kw++) {
          const along = kw * g.dilationWidth - side;
          if (along < 0 || along % g.strideWidth != 0) continue;
          const place = (back - down / g.strideHeight) * g.columns + left - along / g.strideWidth;
          for (let m = 0; m < g.multiplier; m++) {
            store<u32>(taps, (m * g.bandRows * g.columns + place) << 2);
            store<u32>(numbers, (m * g.kernelHeight + kh) * g.kernelWidth + kw);
            taps += TAP;
            numbers += 4;
          }
        }
      }
    }
  }
  store<u32>(starts, taps as u32);
  return taps;
}

/** One row of the gradient from the copied rows; `row` counts from the padding's first. */
function gradRow(g: Layout, row: i32, band: usize, starts: usize, line: usize, to: usize): void {
  const stride = g.strideWidth;
  const lists = starts + (((row % g.strideHeight) * stride) << 2);
  if (stride == 1) {
    correlate(band, load<u32>(lists), load<u32>(lists, 4), 0, to, g.width);
    return;
  }
  for (let i = 0; i < min(stride, g.width); i++) {
    const side = (i + g.padLeft) % stride;
    const list = lists + (side << 2);
    const from = band + (((i + g.padLeft) / stride - g.padLeft / stride) << 2);
    const part = line + ((i * g.segment) << 2);
    correlate(from, load<u32>(list), load<u32>(list, 4), 0, part, (g.width - i + stride - 1) / stride);
  }
  collect(line, stride, g.segment, g.width, to);
}

/**
 * The gradient for `count` units from `first` on; weights are finite, because they meet the zeros around the images. For the thread
 * alone: tables of lists (`starts`) and taps, a row (`line`), and the copied rows (`band`).
 */
export function depthwiseInputGrad(
  geometry: usize,
  first: i32,
  count: i32,
  grads: usize,
  weight: usize,
  gradIn: usize,
  starts: usize,
  taps: usize,
  line: usize,
  band: usize,
): void {
  const g = changetype<Layout>(geometry);
  const kernel = g.kernelHeight * g.kernelWidth;
  const numbers = taps + ((g.multiplier * kernel) as usize) * TAP;
  const end = listTaps(g, starts, taps, numbers);
  const planes = ((g.outHeight * g.outWidth * g.multiplier) as usize) << 2;
  const plane = ((g.height * g.width) as usize) << 2;
  for (let unit = first; unit < first + count; unit++) {
    const weights = weight + (((unit % g.planes) * g.multiplier * kernel) << 2);
    for (let tap = taps, at = numbers; tap < end; tap += TAP, at += 4) {
      store<f32>(tap, load<f32>(weights + (load<u32>(at) << 2)), 4);
    }
    gradPlane(g, grads + (unit as usize) * planes, gradIn + (unit as usize) * plane, starts, taps, line, band);
  }
}

/** The gradient of one channel of one image. */
function gradPlane(g: Layout, grads: usize, to: usize, starts: usize, taps: usize, line: usize, band: usize): void {
  const outPlane = ((g.outHeight * g.outWidth) as usize) << 2;
  const width = (g.width as usize) << 2;
  const pitch = (g.columns as usize) << 2;
  const back = reach(g.kernelHeight, g.dilationHeight, g.strideHeight);
  const left = g.padLeft / g.strideWidth - reach(g.kernelWidth, g.dilationWidth, g.strideWidth);
  const direct = g.multiplier == 1 && is3x3(g, g.width);
  // the kernel turned by 180°
  const turned = line + 160;
  if (direct) for (let i = 0; i < 9; i++) store<f32>(turned + (i << 2), load<f32>(taps + ((8 - i) as usize) * TAP, 4));
  for (let row = 0; row < g.height; row += g.band) {
    const high = min(g.height, row + g.band);
    const top = (row + g.padTop) / g.strideHeight - back;
    const rows = (high - 1 + g.padTop) / g.strideHeight - top + 1;
    for (let m = 0; m < g.multiplier; m++) {
      const copy = band + ((m * g.bandRows) as usize) * pitch;
      const plane = grads + (m as usize) * outPlane;
      for (let i = 0; i < rows; i++) {
        padRow(plane, g.outHeight, g.outWidth, top + i, left, g.columns, copy + (i as usize) * pitch);
      }
    }
    if (direct) {
      spread(turned, 0, line);
      correlate3x3(band, pitch, line, to, width, high - row, g.width);
      to += ((high - row) as usize) * width;
      continue;
    }
    for (let r = row + g.padTop; r < high + g.padTop; r++) {
      gradRow(g, r, band + ((r / g.strideHeight - back - top) as usize) * pitch, starts, line, to);
      to += width;
    }
  }
}
