// Sums over the taps of kernels of 3×3 in steps of one. Four columns at a time go down the rows, so that each vector that is read counts
// at once for the three rows of sums that it is part of. (Engines load all that a loop's body needs before they compute; with eight columns,
// or one register more for the constant, they run out of registers.)
import { multiplyAdd } from './lanes';

/** A row of three taps. */
// @ts-ignore: decorator
@inline
function threeTaps(at: usize, a: v128, b: v128, c: v128): v128 {
  return multiplyAdd(c, v128.load(at, 8), multiplyAdd(b, v128.load(at, 4), f32x4.mul(a, v128.load(at))));
}

/** The vector at `weights` for each of the nine taps, and behind them `first`. */
export function spread(weights: usize, first: f32, to: usize): void {
  for (let i = 0; i < 9; i++) v128.store(to + (i << 4), v128.load_splat<f32>(weights + (i << 2)));
  v128.store(to, f32x4.splat(first), 144);
}

/**
 * `rows` rows of `n` sums, 4 at least, from rows `pitch` and to rows `toPitch` bytes apart. The nine weights lie at `weights`, a vector each,
 * and behind them what is added to every sum. Where the last vector would reach too far, it overlaps the one before.
 */
export function correlate3x3(
  source: usize,
  pitch: usize,
  weights: usize,
  out: usize,
  toPitch: usize,
  rows: i32,
  n: i32,
): void {
  const a = v128.load(weights);
  const b = v128.load(weights, 16);
  const c = v128.load(weights, 32);
  const d = v128.load(weights, 48);
  const e = v128.load(weights, 64);
  const f = v128.load(weights, 80);
  const g = v128.load(weights, 96);
  const h = v128.load(weights, 112);
  const i = v128.load(weights, 128);
  const width = (n as usize) << 2;
  for (let column: usize = 0; column < width; ) {
    let at = source + column;
    let to = out + column;
    // the row of sums that lacks one row of taps, and the one that lacks two
    let upper = threeTaps(at, a, b, c);
    at += pitch;
    upper = f32x4.add(upper, threeTaps(at, d, e, f));
    let lower = threeTaps(at, a, b, c);
    for (const end = to + (rows as usize) * toPitch; to < end; to += toPitch) {
      at += pitch;
      const x = v128.load(at);
      const y = v128.load(at, 4);
      const z = v128.load(at, 8);
      const sum = multiplyAdd(i, z, multiplyAdd(h, y, multiplyAdd(g, x, upper)));
      v128.store(to, f32x4.add(sum, v128.load(weights, 144)));
      upper = multiplyAdd(f, z, multiplyAdd(e, y, multiplyAdd(d, x, lower)));
      lower = multiplyAdd(c, z, multiplyAdd(b, y, f32x4.mul(a, x)));
    }
    column += 16;
    if (column < width && column + 16 > width) column = width - 16;
  }
}
