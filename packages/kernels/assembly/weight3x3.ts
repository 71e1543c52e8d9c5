// Sums of products of gradients with what the taps of kernels of 3×3 in steps of one saw.
import { multiplyAdd } from './lanes';

/** Sums of a kernel's nine taps, a vector each, are kept here between calls of {@link tapColumn}. */
export const NINE: usize = 144;

// @ts-ignore: decorator
@inline
function chosen(at: usize, masked: bool, mask: v128): v128 {
  return masked ? v128.and(mask, v128.load(at)) : v128.load(at);
}

// @ts-ignore: decorator
@inline
function products(g: v128, x: v128, h: v128, y: v128): v128 {
  return multiplyAdd(h, y, f32x4.mul(g, x));
}

/**
 * Adds products of gradients in one, two or four rows, which share much, with what one column of taps of a kernel of 3×3 in steps of one saw
 * to that column's `sums`: vectors in `bytes` bytes of each row, or a single one of which only the lanes in `mask` count. (A whole kernel at
 * once would need more registers than there are.)
 */
// @ts-ignore: decorator
@inline
function tapColumn(
  grads: usize,
  width: usize,
  rows: i32,
  bytes: usize,
  masked: bool,
  mask: v128,
  saw: usize,
  pitch: usize,
  sums: usize,
): void {
  let a = v128.load(sums);
  let b = v128.load(sums, 48);
  let c = v128.load(sums, 96);
  for (const end = grads + bytes; grads < end; grads += 16) {
    let at = saw + pitch;
    const g = chosen(grads, masked, mask);
    const x = chosen(saw, masked, mask);
    const y = chosen(at, masked, mask);
    at += pitch;
    const z = chosen(at, masked, mask);
    if (rows == 1) {
      a = multiplyAdd(g, x, a);
      b = multiplyAdd(g, y, b);
      c = multiplyAdd(g, z, c);
    } else {
      let from = grads + width;
      const h = chosen(from, masked, mask);
      at += pitch;
      const u = chosen(at, masked, mask);
      if (rows == 2) {
        a = f32x4.add(a, products(g, x, h, y));
        b = f32x4.add(b, products(g, y, h, z));
        c = f32x4.add(c, products(g, z, h, u));
      } else {
        from += width;
        const i = chosen(from, masked, mask);
        from += width;
        const j = chosen(from, masked, mask);
        at += pitch;
        const v = chosen(at, masked, mask);
        at += pitch;
        const w = chosen(at, masked, mask);
        a = f32x4.add(a, f32x4.add(products(g, x, h, y), products(i, z, j, u)));
        b = f32x4.add(b, f32x4.add(products(g, y, h, z), products(i, u, j, v)));
        c = f32x4.add(c, f32x4.add(products(g, z, h, u), products(i, v, j, w)));
      }
    }
    saw += 16;
  }
  v128.store(sums, a);
  v128.store(sums, b, 48);
  v128.store(sums, c, 96);
}

/** {@link tapColumn} for all columns of taps and all vectors of so many rows, 1, 2 or 4. */
// @ts-ignore: decorator
@inline
function rows3x3(grads: usize, rows: i32, n: i32, band: usize, pitch: usize, sums: usize): void {
  const width = (n as usize) << 2;
  const vectors = width & ~15;
  // the last vector overlaps the one before, where its lanes are zeros, because what they would see may be no number
  const last = width - 16;
  const mask = i32x4.gt_s(i32x4(0, 1, 2, 3), i32x4.splat(3 - (n & 3)));
  for (let column: usize = 0; column < 3; column++) {
    const saw = band + (column << 2);
    const own = sums + (column << 4);
    tapColumn(grads, width, rows, vectors, false, mask, saw, pitch, own);
    if (vectors < width) tapColumn(grads + last, width, rows, 16, true, mask, saw + last, pitch, own);
  }
}

/** Adds products of a band of gradients with what the taps of a kernel of 3×3 in steps of one saw; rows have a vector at least. */
export function band3x3(grads: usize, rows: i32, n: i32, band: usize, pitch: usize, sums: usize): void {
  const width = (n as usize) << 2;
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    rows3x3(grads, 4, n, band, pitch, sums);
    grads += 4 * width;
    band += 4 * pitch;
  }
  if (row + 2 <= rows) {
    rows3x3(grads, 2, n, band, pitch, sums);
    row += 2;
    grads += 2 * width;
    band += 2 * pitch;
  }
  if (row < rows) rows3x3(grads, 1, n, band, pitch, sums);
}
