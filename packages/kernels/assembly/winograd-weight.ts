// Kernels of 3×3 and their gradients for winograd.ts, four pairs of channels at a time: 16 matrices over pairs, `apart` bytes from each
// other, which leaves room for three elements more.
import { loadLanes, storeLanes } from './lanes';
import { larger, largest } from './peak';

// @ts-ignore: decorator
@inline
function half(four: v128): v128 {
  return f32x4.mul(four, f32x4.splat(0.5));
}

/** Times Gᵀ. */
// @ts-ignore: decorator
@inline
function weightRow(a: v128, b: v128, c: v128, to: usize, apart: usize): void {
  const outer = f32x4.add(a, c);
  v128.store(to, a);
  v128.store(to + apart, half(f32x4.add(outer, b)));
  v128.store(to + 2 * apart, half(f32x4.sub(outer, b)));
  v128.store(to + 3 * apart, c);
}

// @ts-ignore: decorator
@inline
function transformWeights(weight: usize, count: i32, to: usize, apart: usize, peak: v128): v128 {
  const a0 = loadLanes(weight, 36, count);
  const b0 = loadLanes(weight + 4, 36, count);
  const c0 = loadLanes(weight + 8, 36, count);
  const a1 = loadLanes(weight + 12, 36, count);
  const b1 = loadLanes(weight + 16, 36, count);
  const c1 = loadLanes(weight + 20, 36, count);
  const a2 = loadLanes(weight + 24, 36, count);
  const b2 = loadLanes(weight + 28, 36, count);
  const c2 = loadLanes(weight + 32, 36, count);
  peak = larger(larger(larger(peak, a0), b0), c0);
  peak = larger(larger(larger(peak, a1), b1), c1);
  peak = larger(larger(larger(peak, a2), b2), c2);
  const a = f32x4.add(a0, a2);
  const b = f32x4.add(b0, b2);
  const c = f32x4.add(c0, c2);
  weightRow(a0, b0, c0, to, apart);
  weightRow(half(f32x4.add(a, a1)), half(f32x4.add(b, b1)), half(f32x4.add(c, c1)), to + 4 * apart, apart);
  weightRow(half(f32x4.sub(a, a1)), half(f32x4.sub(b, b1)), half(f32x4.sub(c, c1)), to + 8 * apart, apart);
  weightRow(a2, b2, c2, to + 12 * apart, apart);
  return peak;
}

/** G g Gᵀ of each of `pairs` kernels. Returns the largest magnitude that was read, NaN and infinities being the largest. */
export function winogradWeight(weight: usize, pairs: i32, to: usize, apart: usize): f64 {
  let peak = i32x4.splat(0);
  let pair = 0;
  for (; pair + 4 <= pairs; pair += 4) {
    peak = transformWeights(weight, 4, to, apart, peak);
    weight += 144;
    to += 16;
  }
  if (pair < pairs) peak = transformWeights(weight, pairs - pair, to, apart, peak);
  return largest(peak);
}

/** An element of Gᵀ u, from one column of u. */
// @ts-ignore: decorator
@inline
function timesG(u: usize, apart: usize, row: i32): v128 {
  const second = v128.load(u + 4 * apart);
  const third = v128.load(u + 8 * apart);
  if (row == 1) return half(f32x4.sub(second, third));
  return f32x4.add(half(f32x4.add(second, third)), v128.load(u + (row == 0 ? 0 : 12 * apart)));
}

/** A row of Gᵀ u G. */
// @ts-ignore: decorator
@inline
function gradRow(u: usize, apart: usize, row: i32, to: usize, step: usize, count: i32): void {
  const second = timesG(u + apart, apart, row);
  const third = timesG(u + 2 * apart, apart, row);
  const middle = half(f32x4.add(second, third));
  storeLanes(to, step, count, f32x4.add(timesG(u, apart, row), middle));
  storeLanes(to + 4, step, count, half(f32x4.sub(second, third)));
  storeLanes(to + 8, step, count, f32x4.add(middle, timesG(u + 3 * apart, apart, row)));
}

/**
 * Gᵀ u G of the gradients u `[16][inChannels, outChannels]`, into `gradWeight [outChannels, inChannels, 3, 3]`: those of `count` input
 * channels from `first` on.
 */
export function winogradWeightGrad(
  u: usize,
  apart: usize,
  inChannels: i32,
  outChannels: i32,
  gradWeight: usize,
  first: i32,
  count: i32,
): void {
  const step = (inChannels as usize) * 36;
  for (let c = first; c < first + count; c++) {
    for (let o = 0; o < outChannels; o += 4) {
      const from = u + ((c * outChannels + o) << 2);
      const to = gradWeight + (o as usize) * step + ((c * 36) as usize);
      const lanes = min(4, outChannels - o);
      gradRow(from, apart, 0, to, step, lanes);
      gradRow(from, apart, 1, to + 12, step, lanes);
      gradRow(from, apart, 2, to + 24, step, lanes);
    }
  }
}
