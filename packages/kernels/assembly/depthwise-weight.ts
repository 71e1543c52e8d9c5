// The gradient of a depthwise convolution for its weights: each tap gets the sum, over all outputs, of the output's gradient times the
// element that the tap saw. Three taps at a time; sums of a band of rows in single precision, the rest in double.
import { is3x3, Layout, padBand, tapOffset } from './depthwise';
import { loadLanes, multiplyAdd } from './lanes';
import { sumOf } from './planes';
import { band3x3, NINE } from './weight3x3';

/** Adds the sum of four lanes to a number in memory. */
// @ts-ignore: decorator
@inline
function addLanes(sum: usize, v: v128): void {
  const high = f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  const two = f64x2.add(f64x2.promote_low_f32x4(v), high);
  store<f64>(sum, load<f64>(sum) + f64x2.extract_lane(two, 0) + f64x2.extract_lane(two, 1));
}

/**
 * Products of `n` gradients in each of `rows` rows with what three taps saw; the first `count` of the three are added to `sums`.
 */
function threeTaps(
  grads: usize,
  rows: i32,
  n: i32,
  first: usize,
  second: usize,
  third: usize,
  step: usize,
  sums: usize,
  count: i32,
): void {
  const vectors = ((n & ~3) as usize) << 2;
  const rest = n & 3;
  const inside = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(rest));
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let e = a;
  let f = a;
  for (let row = 0; row < rows; row++) {
    const toFirst = first - grads;
    const toSecond = second - grads;
    const toThird = third - grads;
    const end = grads + vectors;
    let at = grads;
    for (; at + 32 <= end; at += 32) {
      const g = v128.load(at);
      const h = v128.load(at, 16);
      a = multiplyAdd(g, v128.load(at + toFirst), a);
      b = multiplyAdd(g, v128.load(at + toSecond), b);
      c = multiplyAdd(g, v128.load(at + toThird), c);
      d = multiplyAdd(h, v128.load(at + toFirst, 16), d);
      e = multiplyAdd(h, v128.load(at + toSecond, 16), e);
      f = multiplyAdd(h, v128.load(at + toThird, 16), f);
    }
    if (at < end) {
      const g = v128.load(at);
      a = multiplyAdd(g, v128.load(at + toFirst), a);
      b = multiplyAdd(g, v128.load(at + toSecond), b);
      c = multiplyAdd(g, v128.load(at + toThird), c);
      at += 16;
    }
    if (rest > 0) {
      // what lies beyond the row may be no number
      const g = loadLanes(at, 4, rest);
      d = multiplyAdd(g, v128.and(inside, v128.load(at + toFirst)), d);
      e = multiplyAdd(g, v128.and(inside, v128.load(at + toSecond)), e);
      f = multiplyAdd(g, v128.and(inside, v128.load(at + toThird)), f);
    }
    grads += (n as usize) << 2;
    first += step;
    second += step;
    third += step;
  }
  addLanes(sums, f32x4.add(a, d));
  if (count > 1) addLanes(sums + 8, f32x4.add(b, e));
  if (count > 2) addLanes(sums + 16, f32x4.add(c, f));
}

/** Adds the products of a band of gradients with what every tap saw. */
function addBand(g: Layout, grads: usize, rows: i32, line: usize, band: usize, sums: usize): void {
  const kernel = g.kernelHeight * g.kernelWidth;
  const step = ((g.segment * g.strideWidth * g.strideHeight) as usize) << 2;
  const n = g.outWidth;
  if (is3x3(g, n)) {
    memory.fill(line, 0, NINE);
    band3x3(grads, rows, n, band, step, line);
    for (let tap: usize = 0; tap < 9; tap++) addLanes(sums + (tap << 3), v128.load(line + (tap << 4)));
    return;
  }
  for (let tap = 0; tap < kernel; tap += 3) {
    const second = min(tap + 1, kernel - 1);
    const third = min(tap + 2, kernel - 1);
    const a = band + tapOffset(g, tap / g.kernelWidth, tap % g.kernelWidth);
    const b = band + tapOffset(g, second / g.kernelWidth, second % g.kernelWidth);
    const c = band + tapOffset(g, third / g.kernelWidth, third % g.kernelWidth);
    threeTaps(grads, rows, n, a, b, c, step, sums + ((tap << 3) as usize), kernel - tap);
  }
}

/**
 * For `count` units from `first` on, each a channel in one of the batch's parts of `perPart` images: sums (float64) for weights `[parts,
 * channels, multiplier, kernel]` and, unless that is 0, biases. For the thread alone: a row (`line`), and the copied rows (`band`).
 */
export function depthwiseWeightGrad(
  geometry: usize,
  first: i32,
  count: i32,
  images: i32,
  perPart: i32,
  x: usize,
  grads: usize,
  sums: usize,
  biasSums: usize,
  line: usize,
  band: usize,
): void {
  const g = changetype<Layout>(geometry);
  const plane = ((g.height * g.width) as usize) << 2;
  const outPlanes = ((g.outHeight * g.outWidth * g.multiplier) as usize) << 2;
  const sumsStep = ((g.multiplier * g.kernelHeight * g.kernelWidth) as usize) << 3;
  for (let unit = first; unit < first + count; unit++) {
    const channel = unit % g.planes;
    const begin = (unit / g.planes) * perPart;
    const own = sums + (unit as usize) * sumsStep;
    const ownBias = biasSums == 0 ? 0 : biasSums + (((unit * g.multiplier) as usize) << 3);
    for (let image = begin; image < min(images, begin + perPart); image++) {
      const place = (image * g.planes + channel) as usize;
      addPlane(g, x + place * plane, grads + place * outPlanes, own, ownBias, line, band);
    }
  }
}

/** Adds the gradients that come from one channel of one image. */
function addPlane(g: Layout, x: usize, grads: usize, sums: usize, biasSums: usize, line: usize, band: usize): void {
  const kernel = (g.kernelHeight * g.kernelWidth) as usize;
  const outPlane = ((g.outHeight * g.outWidth) as usize) << 2;
  for (let row = 0; row < g.outHeight; row += g.band) {
    const rows = min(g.band, g.outHeight - row);
    padBand(g, x, row, rows, line, band);
    let from = grads + ((row * g.outWidth) << 2);
    for (let m: usize = 0; m < (g.multiplier as usize); m++) {
      addBand(g, from, rows, line, band, sums + ((m * kernel) << 3));
      if (biasSums != 0) {
        const sum = biasSums + (m << 3);
        store<f64>(sum, load<f64>(sum) + sumOf(from, rows * g.outWidth));
      }
      from += outPlane;
    }
  }
}
