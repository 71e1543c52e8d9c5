// The way back from the products of winograd.ts to images.

/** Eight columns of one row of outputs of four tiles, from the columns of Aᵀ m. */
// @ts-ignore: decorator
@inline
function storeOutput(to: usize, left: v128, right: v128): void {
  v128.store(to, v128.shuffle<f32>(left, right, 0, 4, 1, 5));
  v128.store(to, v128.shuffle<f32>(left, right, 2, 6, 3, 7), 16);
}

/** Aᵀ m A + add of four tiles, into two rows of eight. */
// @ts-ignore: decorator
@inline
function outputTiles(m: usize, apart: usize, add: v128, upper: usize, lower: usize): void {
  const m0 = v128.load(m);
  const m1 = v128.load(m + apart);
  const m2 = v128.load(m + 2 * apart);
  const m3 = v128.load(m + 3 * apart);
  m += 4 * apart;
  let l0 = v128.load(m);
  let l1 = v128.load(m + apart);
  let l2 = v128.load(m + 2 * apart);
  let l3 = v128.load(m + 3 * apart);
  let u0 = f32x4.add(m0, l0);
  let u1 = f32x4.add(m1, l1);
  let u2 = f32x4.add(m2, l2);
  let u3 = f32x4.add(m3, l3);
  m += 4 * apart;
  const n0 = v128.load(m);
  const n1 = v128.load(m + apart);
  const n2 = v128.load(m + 2 * apart);
  const n3 = v128.load(m + 3 * apart);
  u0 = f32x4.add(f32x4.add(u0, n0), add);
  u1 = f32x4.add(u1, n1);
  u2 = f32x4.add(u2, n2);
  u3 = f32x4.sub(f32x4.add(u3, n3), add);
  m += 4 * apart;
  l0 = f32x4.add(f32x4.sub(f32x4.sub(l0, n0), v128.load(m)), add);
  l1 = f32x4.sub(f32x4.sub(l1, n1), v128.load(m + apart));
  l2 = f32x4.sub(f32x4.sub(l2, n2), v128.load(m + 2 * apart));
  l3 = f32x4.sub(f32x4.sub(f32x4.sub(l3, n3), v128.load(m + 3 * apart)), add);
  storeOutput(upper, f32x4.add(f32x4.add(u0, u1), u2), f32x4.sub(f32x4.sub(u1, u2), u3));
  storeOutput(lower, f32x4.add(f32x4.add(l0, l1), l2), f32x4.sub(f32x4.sub(l1, l2), l3));
}

/** Aᵀ m A of `rows` tile rows, and `bias[channel]` unless that is 0, into the images `out [batch, channels, height, width]`. */
export function winogradOutput(
  m: usize,
  apart: usize,
  channels: i32,
  height: i32,
  width: i32,
  tileRows: i32,
  tileColumns: i32,
  first: i32,
  rows: i32,
  bias: usize,
  out: usize,
  stage: usize,
): void {
  const plane = (height as usize) * (width as usize);
  for (let c = 0; c < channels; c++) {
    const add = f32x4.splat(bias == 0 ? 0 : load<f32>(bias + ((c as usize) << 2)));
    for (let row = first; row < first + rows; row++) {
      const image = row / tileRows;
      const inside = 2 * (row - image * tileRows);
      const upper = out + ((((image as usize) * channels + c) * plane + ((inside * width) as usize)) << 2);
      const lower = inside + 1 < height ? upper + ((width as usize) << 2) : 0;
      outputRow(m, apart, add, width, tileColumns, upper, lower, stage);
      m += (tileColumns as usize) << 2;
    }
  }
}

/** One tile row; a `lower` of 0 is not wanted. */
function outputRow(
  m: usize,
  apart: usize,
  add: v128,
  width: i32,
  tileColumns: i32,
  upper: usize,
  lower: usize,
  stage: usize,
): void {
  // the last eight columns of a row overlap the eight before them, where that does not cut a tile
  const overlaps = width >= 8 && (width & 1) == 0;
  for (let column = 0; column < width; column += 8) {
    if (overlaps && column + 8 > width) column = width - 8;
    const at = m + ((column >> 1) << 2);
    const left = width - column;
    const to = (column as usize) << 2;
    if (left >= 8) outputTiles(at, apart, add, upper + to, lower == 0 ? stage : lower + to);
    else {
      outputTiles(at, apart, add, stage, stage + 32);
      for (let i = 0; i < left; i++) {
        store<f32>(upper + to + (i << 2), load<f32>(stage + (i << 2)));
        if (lower != 0) store<f32>(lower + to + (i << 2), load<f32>(stage + 32 + (i << 2)));
      }
    }
  }
}
