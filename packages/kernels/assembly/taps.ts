// Sums over the taps of a kernel, each a weight times the elements at some distance.
import { multiplyAdd, storeLanes } from './lanes';

/** A tap: how far its elements lie from those of the first tap, in bytes, and its weight. */
export const TAP: usize = 8;

// @ts-ignore: decorator
@inline
function four(source: usize, tap: usize, end: usize, start: v128): v128 {
  let a = start;
  for (; tap < end; tap += TAP) {
    a = multiplyAdd(v128.load_splat<f32>(tap, 4), v128.load(source + load<u32>(tap)), a);
  }
  return a;
}

// @ts-ignore: decorator
@inline
function eight(source: usize, tap: usize, end: usize, start: v128, out: usize): void {
  let a = start;
  let b = start;
  for (; tap < end; tap += TAP) {
    const weight = v128.load_splat<f32>(tap, 4);
    const at = source + load<u32>(tap);
    a = multiplyAdd(weight, v128.load(at), a);
    b = multiplyAdd(weight, v128.load(at, 16), b);
  }
  v128.store(out, a);
  v128.store(out, b, 16);
}

// @ts-ignore: decorator
@inline
function sixteen(source: usize, tap: usize, end: usize, start: v128, out: usize): void {
  let a = start;
  let b = start;
  let c = start;
  let d = start;
  for (; tap < end; tap += TAP) {
    const weight = v128.load_splat<f32>(tap, 4);
    const at = source + load<u32>(tap);
    a = multiplyAdd(weight, v128.load(at), a);
    b = multiplyAdd(weight, v128.load(at, 16), b);
    c = multiplyAdd(weight, v128.load(at, 32), c);
    d = multiplyAdd(weight, v128.load(at, 48), d);
  }
  v128.store(out, a);
  v128.store(out, b, 16);
  v128.store(out, c, 32);
  v128.store(out, d, 48);
}

/** `n` sums over the taps; where the last vector would reach too far, it overlaps the one before. */
export function correlate(source: usize, taps: usize, end: usize, first: f32, out: usize, n: i32): void {
  const start = f32x4.splat(first);
  let i = 0;
  for (; i + 16 <= n; i += 16) sixteen(source + (i << 2), taps, end, start, out + (i << 2));
  if (i + 8 <= n) {
    eight(source + (i << 2), taps, end, start, out + (i << 2));
    i += 8;
  }
  if (i + 4 <= n) {
    v128.store(out + (i << 2), four(source + (i << 2), taps, end, start));
    i += 4;
  }
  if (i == n) return;
  if (n < 4) storeLanes(out, 4, n, four(source, taps, end, start));
  else v128.store(out + ((n - 4) << 2), four(source + ((n - 4) << 2), taps, end, start));
}
