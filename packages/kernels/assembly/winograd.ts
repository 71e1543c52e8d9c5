// Winograd's minimal filtering F(2×2, 3×3), after Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2016).
// Four outputs are Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A of a kernel g and the 4×4 inputs d under it: 16 multiplications for each pair of channels,
// where the sum over taps has 36. With tiles side by side as columns, each of the 16 is a matrix product over channels. Here are the
// inputs; the other sides are in winograd-output.ts, winograd-grad.ts and winograd-weight.ts.
//
// A call takes tile rows of a batch, counted from image to image, and the 16 matrices `[channels, tiles of these rows]` that lie
// `apart` bytes from each other. Four tiles are one vector; the last of a row may write over the beginning of the next one, which is written
// later, and so `apart` leaves room for three elements more.
import { larger, largest } from './peak';
import { clearElements } from './planes';

/** Elements of a staged row: whole vectors, and what the last one reads beyond its tiles. */
// @ts-ignore: decorator
@inline
function stagedWidth(tileColumns: i32): i32 {
  return (((tileColumns + 3) >> 2) << 3) + 4;
}

// @ts-ignore: decorator
@inline
function evens(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 0, 2, 4, 6);
}

// @ts-ignore: decorator
@inline
function odds(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 1, 3, 5, 7);
}

/** Copies `n` elements, and keeps the larger of `peak` and their magnitudes. */
function copyAndPeak(from: usize, to: usize, n: i32, peak: v128): v128 {
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const four = v128.load(from + (i << 2));
    v128.store(to + (i << 2), four);
    peak = larger(peak, four);
  }
  for (; i < n; i++) {
    const one = v128.load32_zero(from + (i << 2));
    v128.store32_lane(to + (i << 2), one, 0);
    peak = larger(peak, one);
  }
  return peak;
}

/** Copies `rows` rows of a plane, from (top, left) on, with 0 for what lies outside. */
function stageRows(
  plane: usize,
  height: i32,
  width: i32,
  top: i32,
  left: i32,
  rows: i32,
  stage: usize,
  staged: i32,
  peak: v128,
): v128 {
  const low = min(staged, max(0, -left));
  const first = max(0, left);
  const count = max(0, min(width - first, staged - low));
  for (let row = top; row < top + rows; row++) {
    if (row < 0 || row >= height) clearElements(stage, staged);
    else {
      for (let i = 0; i < low; i++) store<f32>(stage + (i << 2), 0);
      peak = copyAndPeak(plane + ((row * width + first) << 2), stage + (low << 2), count, peak);
      for (let i = low + count; i < staged; i++) store<f32>(stage + (i << 2), 0);
    }
    stage += (staged as usize) << 2;
  }
  return peak;
}

/** A row of Bᵀ d B of four tiles, from eight columns of Bᵀ d and from the eight columns two further on. */
// @ts-ignore: decorator
@inline
function inputRow(a: v128, b: v128, c: v128, d: v128, to: usize, apart: usize): void {
  const d0 = evens(a, b);
  const d1 = odds(a, b);
  const d2 = evens(c, d);
  const d3 = odds(c, d);
  v128.store(to, f32x4.sub(d0, d2));
  v128.store(to + apart, f32x4.add(d1, d2));
  v128.store(to + 2 * apart, f32x4.sub(d2, d1));
  v128.store(to + 3 * apart, f32x4.sub(d1, d3));
}

function inputTiles(stage: usize, staged: i32, tileColumns: i32, to: usize, apart: usize): void {
  const row = (staged as usize) << 2;
  for (let t = 0; t < tileColumns; t += 4) {
    const a0 = v128.load(stage);
    const b0 = v128.load(stage, 16);
    const c0 = v128.load(stage, 8);
    const d0 = v128.load(stage, 24);
    const a1 = v128.load(stage + row);
    const b1 = v128.load(stage + row, 16);
    const c1 = v128.load(stage + row, 8);
    const d1 = v128.load(stage + row, 24);
    const a2 = v128.load(stage + 2 * row);
    const b2 = v128.load(stage + 2 * row, 16);
    const c2 = v128.load(stage + 2 * row, 8);
    const d2 = v128.load(stage + 2 * row, 24);
    inputRow(f32x4.sub(a0, a2), f32x4.sub(b0, b2), f32x4.sub(c0, c2), f32x4.sub(d0, d2), to, apart);
    const second = to + 4 * apart;
    inputRow(f32x4.add(a1, a2), f32x4.add(b1, b2), f32x4.add(c1, c2), f32x4.add(d1, d2), second, apart);
    const third = second + 4 * apart;
    inputRow(f32x4.sub(a2, a1), f32x4.sub(b2, b1), f32x4.sub(c2, c1), f32x4.sub(d2, d1), third, apart);
    const a3 = v128.load(stage + 3 * row);
    const b3 = v128.load(stage + 3 * row, 16);
    const c3 = v128.load(stage + 3 * row, 8);
    const d3 = v128.load(stage + 3 * row, 24);
    const fourth = third + 4 * apart;
    inputRow(f32x4.sub(a1, a3), f32x4.sub(b1, b3), f32x4.sub(c1, c3), f32x4.sub(d1, d3), fourth, apart);
    stage += 32;
    to += 16;
  }
}

/**
 * Bᵀ d B of the tiles of `rows` tile rows, whose first tile begins `top` rows above and `left` columns beside the image. Returns the largest
 * magnitude that was read, NaN and infinities being the largest.
 */
export function winogradInput(
  x: usize,
  channels: i32,
  height: i32,
  width: i32,
  top: i32,
  left: i32,
  tileRows: i32,
  tileColumns: i32,
  first: i32,
  rows: i32,
  to: usize,
  apart: usize,
  stage: usize,
): f64 {
  const staged = stagedWidth(tileColumns);
  const plane = (height as usize) * (width as usize);
  let peak = i32x4.splat(0);
  for (let c = 0; c < channels; c++) {
    for (let row = first; row < first + rows; ) {
      const image = row / tileRows;
      const inside = row - image * tileRows;
      const count = min(tileRows - inside, first + rows - row);
      const from = x + (((image as usize) * channels + c) * plane << 2);
      peak = stageRows(from, height, width, 2 * inside - top, -left, 2 * count + 2, stage, staged, peak);
      for (let i = 0; i < count; i++) {
        inputTiles(stage + ((2 * i * staged) << 2), staged, tileColumns, to, apart);
        to += (tileColumns as usize) << 2;
      }
      row += count;
    }
  }
  return largest(peak);
}
