// The largest magnitude among many numbers, lane by lane. Without their sign, the bits of floats are ordered as integers are, infinity and
// NaN above all others.

// @ts-ignore: decorator
@inline
export function larger(peak: v128, four: v128): v128 {
  return i32x4.max_s(peak, v128.and(four, i32x4.splat(0x7fffffff)));
}

export function largest(peak: v128): f64 {
  const two = i32x4.max_s(peak, v128.shuffle<i32>(peak, peak, 2, 3, 0, 1));
  const one = i32x4.max_s(two, v128.shuffle<i32>(two, two, 1, 0, 3, 2));
  return reinterpret<f32>(i32x4.extract_lane(one, 0)) as f64;
}
