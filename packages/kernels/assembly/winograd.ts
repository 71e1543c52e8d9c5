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

/** Elements of half a staged row: whole vectors, and what the last one reads beyond its tiles. */
// @ts-ignore: decorator
@inline
function stagedHalf(tileColumns: i32): i32 {
  return (((tileColumns + 3) >> 2) << 2) + 4;
}

/** Eight elements, of which every other one goes to `even`, the rest to `odd`. */
// @ts-ignore: decorator
@inline
function splitEight(from: usize, even: usize, odd: usize, peak: v128): v128 {
  const low = v128.load(from);
  const high = v128.load(from, 16);
  v128.store(even, v128.shuffle<f32>(low, high, 0, 2, 4, 6));
  v128.store(odd, v128.shuffle<f32>(low, high, 1, 3, 5, 7));
  return larger(larger(peak, low), high);
}

/** Splits `n` elements so; keeps the larger of `peak` and their magnitudes. The last eight pairs of a row overlap. */
function splitRow(from: usize, even: usize, odd: usize, n: i32, peak: v128): v128 {
  const pairs = n >> 1;
  let i = 0;
  for (; i + 4 <= pairs; i += 4) peak = splitEight(from + (i << 3), even + (i << 2), odd + (i << 2), peak);
  if (i < pairs && pairs >= 4) {
    i = pairs - 4;
    peak = splitEight(from + (i << 3), even + (i << 2), odd + (i << 2), peak);
    i = pairs;
  }
  for (; 2 * i < n; i++) {
    const first = v128.load32_zero(from + (i << 3));
    v128.store32_lane(even + (i << 2), first, 0);
    peak = larger(peak, first);
    if (2 * i + 1 == n) break;
    const second = v128.load32_zero(from + (i << 3), 4);
    v128.store32_lane(odd + (i << 2), second, 0);
    peak = larger(peak, second);
  }
  return peak;
}

/**
 * Copies `rows` rows of a plane, `top` being the first, each as the elements in its even columns and those in its odd ones; the
 * first column is `left`. What lies outside the plane is 0, which beside it the stage holds already.
 */
function stageRows(
  plane: usize,
  height: i32,
  width: i32,
  top: i32,
  left: i32,
  rows: i32,
  stage: usize,
  half: i32,
  peak: v128,
): v128 {
  const first = max(0, left);
  const at = first - left;
  const count = max(0, min(width - first, 2 * half - at));
  // where the first element and the one beside it go
  const even = (((at & 1) * half + (at >> 1)) as usize) << 2;
  const odd = (((at & 1 ? 0 : half) + ((at + 1) >> 1)) as usize) << 2;
  for (let row = top; row < top + rows; row++) {
    if (row < 0 || row >= height) clearElements(stage, 2 * half);
    else peak = splitRow(plane + ((row * width + first) << 2), stage + even, stage + odd, count, peak);
    stage += (half as usize) << 3;
  }
  return peak;
}

/** A row of Bᵀ d B of four tiles, from the four columns of Bᵀ d. */
// @ts-ignore: decorator
@inline
function inputRow(d0: v128, d1: v128, d2: v128, d3: v128, to: usize, apart: usize): void {
  v128.store(to, f32x4.sub(d0, d2));
  v128.store(to + apart, f32x4.add(d1, d2));
  v128.store(to + 2 * apart, f32x4.sub(d2, d1));
  v128.store(to + 3 * apart, f32x4.sub(d1, d3));
}

/** Four tiles of each of `count` tile rows, whose results lie `step` bytes from row to row. The last two rows of a tile are the first of the next one. */
function inputTiles(stage: usize, half: i32, count: i32, to: usize, step: usize, apart: usize): void {
  const odd = (half as usize) << 2;
  let a0 = v128.load(stage);
  let b0 = v128.load(stage + odd);
  let c0 = v128.load(stage, 4);
  let d0 = v128.load(stage + odd, 4);
  stage += 2 * odd;
  let a1 = v128.load(stage);
  let b1 = v128.load(stage + odd);
  let c1 = v128.load(stage, 4);
  let d1 = v128.load(stage + odd, 4);
  stage += 2 * odd;
  for (let i = 0; i < count; i++) {
    const a2 = v128.load(stage);
    const b2 = v128.load(stage + odd);
    const c2 = v128.load(stage, 4);
    const d2 = v128.load(stage + odd, 4);
    stage += 2 * odd;
    inputRow(f32x4.sub(a0, a2), f32x4.sub(b0, b2), f32x4.sub(c0, c2), f32x4.sub(d0, d2), to, apart);
    const second = to + 4 * apart;
    inputRow(f32x4.add(a1, a2), f32x4.add(b1, b2), f32x4.add(c1, c2), f32x4.add(d1, d2), second, apart);
    const third = second + 4 * apart;
    inputRow(f32x4.sub(a2, a1), f32x4.sub(b2, b1), f32x4.sub(c2, c1), f32x4.sub(d2, d1), third, apart);
    const a3 = v128.load(stage);
    const b3 = v128.load(stage + odd);
    const c3 = v128.load(stage, 4);
    const d3 = v128.load(stage + odd, 4);
    stage += 2 * odd;
    const fourth = third + 4 * apart;
    inputRow(f32x4.sub(a1, a3), f32x4.sub(b1, b3), f32x4.sub(c1, c3), f32x4.sub(d1, d3), fourth, apart);
    a0 = a2;
    b0 = b2;
    c0 = c2;
    d0 = d2;
    a1 = a3;
    b1 = b3;
    c1 = c3;
    d1 = d3;
    to += step;
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
  const half = stagedHalf(tileColumns);
  const plane = (height as usize) * (width as usize);
  let peak = i32x4.splat(0);
  clearElements(stage, 2 * half * (2 * min(rows, tileRows) + 2));
  for (let c = 0; c < channels; c++) {
    for (let row = first; row < first + rows; ) {
      const image = row / tileRows;
      const inside = row - image * tileRows;
      const count = min(tileRows - inside, first + rows - row);
      const from = x + (((image as usize) * channels + c) * plane << 2);
      peak = stageRows(from, height, width, 2 * inside - top, -left, 2 * count + 2, stage, half, peak);
      // from the right: what a last vector writes beyond its row is written again
      for (let t = (tileColumns - 1) & ~3; t >= 0; t -= 4) {
        const at = (t as usize) << 2;
        inputTiles(stage + at, half, count, to + at, (tileColumns as usize) << 2, apart);
      }
      to += ((count * tileColumns) as usize) << 2;
      row += count;
    }
  }
  return largest(peak);
}
