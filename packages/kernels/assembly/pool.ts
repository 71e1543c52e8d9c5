// Max pooling with 2x2 windows, stride 2 and no padding, four windows at a time. The last four of a row overlap the four
// before them, so widths such as 7 and 14 need no scalar tail; rows narrower than four windows are scalar.

/** Maxima and their places in the plane, over `planes` planes; the first maximum counts, the last NaN wins. */
export function maxPool2x2(
  x: usize,
  out: usize,
  indices: usize,
  planes: i32,
  height: i32,
  width: i32,
  outHeight: i32,
  outWidth: i32,
): void {
  const row = (width as usize) << 2;
  const offsets = i32x4(0, 2, 4, 6);
  const down = i32x4.splat(width);
  for (let plane = 0; plane < planes; plane++) {
    for (let oh = 0; oh < outHeight; oh++) {
      const base = 2 * oh * width;
      const from = x + ((base as usize) << 2);
      if (outWidth < 4) {
        for (let ow = 0; ow < outWidth; ow++) {
          windowScalar(from + ((ow as usize) << 3), row, base + 2 * ow, width, out, indices, ow);
        }
      } else {
        for (let ow = 0; ow < outWidth; ow = ow + 4 < outWidth ? min(ow + 4, outWidth - 4) : outWidth) {
          const top = from + ((ow as usize) << 3);
          const t0 = v128.load(top);
          const t1 = v128.load(top, 16);
          const b0 = v128.load(top + row);
          const b1 = v128.load(top + row, 16);
          const a = v128.shuffle<f32>(t0, t1, 0, 2, 4, 6);
          const b = v128.shuffle<f32>(t0, t1, 1, 3, 5, 7);
          const c = v128.shuffle<f32>(b0, b1, 0, 2, 4, 6);
          const d = v128.shuffle<f32>(b0, b1, 1, 3, 5, 7);
          const corner = i32x4.add(i32x4.splat(base + 2 * ow), offsets);
          // a sum that is no NaN has none among its terms
          const sum = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
          if (v128.any_true(f32x4.ne(sum, sum))) {
            windowsWithNaN(a, b, c, d, corner, down, out + ((ow as usize) << 2), indices + ((ow as usize) << 2));
            continue;
          }
          // a comparison that holds is −1
          const upper = f32x4.pmax(a, b);
          const lower = f32x4.pmax(c, d);
          const best = f32x4.pmax(upper, lower);
          const above = f32x4.gt(b, a);
          const below = i32x4.sub(down, f32x4.gt(d, c));
          const index = i32x4.add(corner, v128.bitselect(below, i32x4.neg(above), f32x4.gt(lower, upper)));
          v128.store(out + ((ow as usize) << 2), best);
          v128.store(indices + ((ow as usize) << 2), index);
        }
      }
      out += (outWidth as usize) << 2;
      indices += (outWidth as usize) << 2;
    }
    x += (height as usize) * row;
  }
}

/** Four windows, from their upper left, upper right, lower left and lower right elements. */
function windowsWithNaN(
  a: v128,
  b: v128,
  c: v128,
  d: v128,
  corner: v128,
  down: v128,
  out: usize,
  indices: usize,
): void {
  const one = i32x4.splat(1);
  let best = a;
  let index = corner;
  let wins = v128.or(f32x4.gt(b, best), f32x4.ne(b, b));
  best = v128.bitselect(b, best, wins);
  index = v128.bitselect(i32x4.add(corner, one), index, wins);
  wins = v128.or(f32x4.gt(c, best), f32x4.ne(c, c));
  best = v128.bitselect(c, best, wins);
  index = v128.bitselect(i32x4.add(corner, down), index, wins);
  wins = v128.or(f32x4.gt(d, best), f32x4.ne(d, d));
  v128.store(out, v128.bitselect(d, best, wins));
  v128.store(indices, v128.bitselect(i32x4.add(i32x4.add(corner, down), one), index, wins));
}

function windowScalar(top: usize, row: usize, corner: i32, width: i32, out: usize, indices: usize, ow: i32): void {
  let best = load<f32>(top);
  let index = corner;
  for (let i = 1; i < 4; i++) {
    const value = load<f32>(top + (i & 1) * 4 + (i >> 1) * row);
    if (value > best || value != value) {
      best = value;
      index = corner + (i & 1) + (i >> 1) * width;
    }
  }
  store<f32>(out + ((ow as usize) << 2), best);
  store<i32>(indices + ((ow as usize) << 2), index);
}

/** Writes every element of `gradIn`: each window's gradient at its index, which lies in that window, and 0 elsewhere. */
export function maxPool2x2Backward(
  gradOut: usize,
  indices: usize,
  gradIn: usize,
  planes: i32,
  height: i32,
  width: i32,
  outHeight: i32,
  outWidth: i32,
): void {
  const row = (width as usize) << 2;
  const offsets = i32x4(0, 2, 4, 6);
  const one = i32x4.splat(1);
  const down = i32x4.splat(width);
  const uncovered = outHeight * 2 < height || outWidth * 2 < width;
  if (uncovered || outWidth < 4) memory.fill(gradIn, 0, (planes as usize) * (height as usize) * row);
  for (let plane = 0; plane < planes; plane++) {
    for (let oh = 0; oh < outHeight; oh++) {
      const base = 2 * oh * width;
      if (outWidth < 4) {
        for (let ow = 0; ow < outWidth; ow++) {
          const index = load<u32>(indices + ((ow as usize) << 2));
          if (index < ((height * width) as u32)) {
            store<f32>(gradIn + ((index as usize) << 2), load<f32>(gradOut + ((ow as usize) << 2)));
          }
        }
      } else {
        for (let ow = 0; ow < outWidth; ow = ow + 4 < outWidth ? min(ow + 4, outWidth - 4) : outWidth) {
          const to = gradIn + (((base + 2 * ow) as usize) << 2);
          const grad = v128.load(gradOut + ((ow as usize) << 2));
          const index = v128.load(indices + ((ow as usize) << 2));
          const corner = i32x4.add(i32x4.splat(base + 2 * ow), offsets);
          const below = i32x4.add(corner, down);
          const g0 = v128.and(grad, i32x4.eq(index, corner));
          const g1 = v128.and(grad, i32x4.eq(index, i32x4.add(corner, one)));
          const g2 = v128.and(grad, i32x4.eq(index, below));
          const g3 = v128.and(grad, i32x4.eq(index, i32x4.add(below, one)));
          v128.store(to, v128.shuffle<f32>(g0, g1, 0, 4, 1, 5));
          v128.store(to, v128.shuffle<f32>(g0, g1, 2, 6, 3, 7), 16);
          v128.store(to + row, v128.shuffle<f32>(g2, g3, 0, 4, 1, 5));
          v128.store(to + row, v128.shuffle<f32>(g2, g3, 2, 6, 3, 7), 16);
        }
      }
      gradOut += (outWidth as usize) << 2;
      indices += (outWidth as usize) << 2;
    }
    gradIn += (height as usize) * row;
  }
}

/** Means of 2x2 windows, each sum times `scale`, over `planes` planes; `outHeight · 2 ≤ height`, `outWidth · 2 ≤ width`. */
export function avgPool2x2(
  x: usize,
  out: usize,
  planes: i32,
  height: i32,
  width: i32,
  outHeight: i32,
  outWidth: i32,
  scale: f32,
): void {
  const row = (width as usize) << 2;
  const factor = f32x4.splat(scale);
  for (let plane = 0; plane < planes; plane++) {
    for (let oh = 0; oh < outHeight; oh++) {
      const from = x + (2 * oh) * row;
      let ow = 0;
      for (; ow + 4 <= outWidth; ow += 4) {
        const top = from + ((ow as usize) << 3);
        const low = f32x4.add(v128.load(top), v128.load(top + row));
        const high = f32x4.add(v128.load(top, 16), v128.load(top + row, 16));
        const sum = f32x4.add(v128.shuffle<f32>(low, high, 0, 2, 4, 6), v128.shuffle<f32>(low, high, 1, 3, 5, 7));
        v128.store(out + ((ow as usize) << 2), f32x4.mul(sum, factor));
      }
      for (; ow < outWidth; ow++) {
        const top = from + ((ow as usize) << 3);
        const left = load<f32>(top) + load<f32>(top + row);
        const right = load<f32>(top, 4) + load<f32>(top + row, 4);
        store<f32>(out + ((ow as usize) << 2), (left + right) * scale);
      }
      out += (outWidth as usize) << 2;
    }
    x += (height as usize) * row;
  }
}

/** The gradient of `avgPool2x2`: every element of `gradIn` is written. */
export function avgPool2x2Backward(
  gradOut: usize,
  gradIn: usize,
  planes: i32,
  height: i32,
  width: i32,
  outHeight: i32,
  outWidth: i32,
  scale: f32,
): void {
  const row = (width as usize) << 2;
  const factor = f32x4.splat(scale);
  if (outHeight * 2 < height || outWidth * 2 < width) {
    memory.fill(gradIn, 0, (planes as usize) * (height as usize) * row);
  }
  for (let plane = 0; plane < planes; plane++) {
    for (let oh = 0; oh < outHeight; oh++) {
      const to = gradIn + (2 * oh) * row;
      let ow = 0;
      for (; ow + 4 <= outWidth; ow += 4) {
        const g = f32x4.mul(v128.load(gradOut + ((ow as usize) << 2)), factor);
        const low = v128.shuffle<f32>(g, g, 0, 0, 1, 1);
        const high = v128.shuffle<f32>(g, g, 2, 2, 3, 3);
        const at = to + ((ow as usize) << 3);
        v128.store(at, low);
        v128.store(at, high, 16);
        v128.store(at + row, low);
        v128.store(at + row, high, 16);
      }
      for (; ow < outWidth; ow++) {
        const g = load<f32>(gradOut + ((ow as usize) << 2)) * scale;
        const at = to + ((ow as usize) << 3);
        store<f32>(at, g);
        store<f32>(at, g, 4);
        store<f32>(at + row, g);
        store<f32>(at + row, g, 4);
      }
      gradOut += (outWidth as usize) << 2;
    }
    gradIn += (height as usize) * row;
  }
}
