// Four floats as one vector: up to four that lie `step` bytes from each other, and a product that is added.

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

/** a · b + sum, rounded once where the engine's instruction does. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, sum);
  return f32x4.add(sum, f32x4.mul(a, b));
}
