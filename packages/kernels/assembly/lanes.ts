// Up to four floats that lie `step` bytes from each other, as one vector.

/** Lanes beyond `count` are 0. */
// @ts-ignore: decorator
@inline
export function loadLanes(at: usize, step: usize, count: i32): v128 {
  let four = v128.load32_zero(at);
  if (count > 1) four = v128.load32_lane(at + step, four, 1);
  if (count > 2) four = v128.load32_lane(at + 2 * step, four, 2);
  if (count > 3) four = v128.load32_lane(at + 3 * step, four, 3);
  return four;
}

// @ts-ignore: decorator
@inline
export function storeLanes(at: usize, step: usize, count: i32, four: v128): void {
  v128.store32_lane(at, four, 0);
  if (count > 1) v128.store32_lane(at + step, four, 1);
  if (count > 2) v128.store32_lane(at + 2 * step, four, 2);
  if (count > 3) v128.store32_lane(at + 3 * step, four, 3);
}
