// Planes turned to columns: `[channels, positions]` to `[positions, channels]`, for products that sum over positions.
import { loadLanes, storeLanes } from './lanes';

/** Adds four floats to four sums in double precision. */
// @ts-ignore: decorator
@inline
function addFour(sums: usize, four: v128): void {
  v128.store(sums, f64x2.add(v128.load(sums), f64x2.promote_low_f32x4(four)));
  const high = v128.shuffle<f32>(four, four, 2, 3, 0, 1);
  v128.store(sums, f64x2.add(v128.load(sums, 16), f64x2.promote_low_f32x4(high)), 16);
}

/** Four channels; their sums, in double precision, are added to those at `sums`. */
function turnFour(x: usize, plane: usize, positions: i32, to: usize, line: usize, sums: usize): void {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let i = 0;
  for (; i + 4 <= positions; i += 4) {
    const r0 = v128.load(x);
    const r1 = v128.load(x + plane);
    const r2 = v128.load(x + 2 * plane);
    const r3 = v128.load(x + 3 * plane);
    const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    const c0 = v128.shuffle<f32>(low01, low23, 0, 1, 4, 5);
    const c1 = v128.shuffle<f32>(low01, low23, 2, 3, 6, 7);
    const c2 = v128.shuffle<f32>(high01, high23, 0, 1, 4, 5);
    const c3 = v128.shuffle<f32>(high01, high23, 2, 3, 6, 7);
    v128.store(to, c0);
    v128.store(to + line, c1);
    v128.store(to + 2 * line, c2);
    v128.store(to + 3 * line, c3);
    // four at a time in single precision, which a sum over planes can afford
    const four = f32x4.add(f32x4.add(c0, c1), f32x4.add(c2, c3));
    low = f64x2.add(low, f64x2.promote_low_f32x4(four));
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(four, four, 2, 3, 0, 1)));
    x += 16;
    to += 4 * line;
  }
  v128.store(sums, f64x2.add(v128.load(sums), low));
  v128.store(sums, f64x2.add(v128.load(sums, 16), high), 16);
  for (; i < positions; i++) {
    const column = loadLanes(x, plane, 4);
    v128.store(to, column);
    addFour(sums, column);
    x += 4;
    to += line;
  }
}

/**
 * `to[position][channel] = x[channel][position]`. Adds each channel's sum, in double precision, to `sums` (float64, their number a
 * multiple of four).
 */
export function turnPlanes(x: usize, to: usize, sums: usize, channels: i32, positions: i32): void {
  const plane = (positions as usize) << 2;
  const line = (channels as usize) << 2;
  let c = 0;
  for (; c + 4 <= channels; c += 4) {
    turnFour(x, plane, positions, to, line, sums);
    x += 4 * plane;
    to += 16;
    sums += 32;
  }
  if (c == channels) return;
  for (let i = 0; i < positions; i++) {
    const column = loadLanes(x + ((i as usize) << 2), plane, channels - c);
    storeLanes(to + (i as usize) * line, 4, channels - c, column);
    addFour(sums, column);
  }
}
