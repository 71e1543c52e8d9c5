// Gradients of outputs for winograd.ts. The product that sums over tiles is faster with one of its sides turned, so these are matrices
// `[tiles, channels]`, their rows whole vectors of four channels, into which the planes are turned while they are read.
import { loadLanes } from './lanes';
import { larger, largest } from './peak';
import { clearElements } from './planes';

/** A row of each of up to four planes, `plane` bytes from each other, as columns of four. */
function turnRows(from: usize, plane: usize, planes: i32, width: i32, to: usize): void {
  let i = 0;
  if (planes == 4) {
    for (; i + 4 <= width; i += 4) {
      const r0 = v128.load(from);
      const r1 = v128.load(from + plane);
      const r2 = v128.load(from + 2 * plane);
      const r3 = v128.load(from + 3 * plane);
      const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
      const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
      const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
      const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
      v128.store(to, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7), 16);
      v128.store(to, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5), 32);
      v128.store(to, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7), 48);
      from += 16;
      to += 64;
    }
  }
  for (; i < width; i++) {
    v128.store(to, loadLanes(from, plane, planes));
    from += 4;
    to += 16;
  }
}

function peakOf(x: usize, vectors: i32, peak: v128): v128 {
  for (let i = 0; i < vectors; i++) peak = larger(peak, v128.load(x + (i << 4)));
  return peak;
}

/** Adds vectors to four sums in double precision. */
function addVectors(x: usize, vectors: i32, sums: usize): void {
  let low = v128.load(sums);
  let high = v128.load(sums, 16);
  for (let i = 0; i < vectors; i++) {
    const four = v128.load(x + (i << 4));
    low = f64x2.add(low, f64x2.promote_low_f32x4(four));
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(four, four, 2, 3, 0, 1)));
  }
  v128.store(sums, low);
  v128.store(sums, high, 16);
}

/** A row of A y Aᵀ, from a row of A y. */
// @ts-ignore: decorator
@inline
function gradRow(left: v128, right: v128, to: usize, apart: usize): void {
  v128.store(to, left);
  v128.store(to + apart, f32x4.add(left, right));
  v128.store(to + 2 * apart, f32x4.sub(left, right));
  v128.store(to + 3 * apart, f32x4.neg(right));
}

/** A y Aᵀ of a row of tiles, from two rows of columns of four channels. */
function gradTiles(upper: usize, lower: usize, tileColumns: i32, to: usize, row: usize, apart: usize): void {
  for (let t = 0; t < tileColumns; t++) {
    const a = v128.load(upper);
    const b = v128.load(upper, 16);
    const c = v128.load(lower);
    const d = v128.load(lower, 16);
    gradRow(a, b, to, apart);
    gradRow(f32x4.add(a, c), f32x4.add(b, d), to + 4 * apart, apart);
    gradRow(f32x4.sub(a, c), f32x4.sub(b, d), to + 8 * apart, apart);
    gradRow(f32x4.neg(c), f32x4.neg(d), to + 12 * apart, apart);
    upper += 32;
    lower += 32;
    to += row;
  }
}

/**
 * A y Aᵀ of the tiles of `rows` tile rows of a gradient y. Adds each channel's sum to `sums` (float64, their number a multiple of four)
 * unless that is 0. Returns the largest magnitude that was read, NaN and infinities being the largest.
 */
export function winogradGrad(
  y: usize,
  channels: i32,
  height: i32,
  width: i32,
  tileRows: i32,
  tileColumns: i32,
  first: i32,
  rows: i32,
  to: usize,
  apart: usize,
  stage: usize,
  sums: usize,
): f64 {
  const plane = ((height as usize) * (width as usize)) << 2;
  const line = ((((channels + 3) >> 2) << 2) as usize) << 2;
  const lower = stage + ((tileColumns as usize) << 5);
  let peak = i32x4.splat(0);
  for (let row = first; row < first + rows; row++) {
    const image = row / tileRows;
    const inside = 2 * (row - image * tileRows);
    const both = inside + 1 < height;
    for (let c = 0; c < channels; c += 4) {
      const from = y + ((image as usize) * channels + c) * plane + (((inside * width) as usize) << 2);
      const planes = min(4, channels - c);
      clearElements(stage + ((width as usize) << 4), (2 * tileColumns - width) << 2);
      turnRows(from, plane, planes, width, stage);
      clearElements(lower + (both ? (width as usize) << 4 : 0), (2 * tileColumns - (both ? width : 0)) << 2);
      if (both) turnRows(from + ((width as usize) << 2), plane, planes, width, lower);
      peak = peakOf(stage, 4 * tileColumns, peak);
      if (sums != 0) addVectors(stage, 4 * tileColumns, sums + ((c as usize) << 3));
      gradTiles(stage, lower, tileColumns, to + ((c as usize) << 2), line, apart);
    }
    to += (tileColumns as usize) * line;
  }
  return largest(peak);
}
