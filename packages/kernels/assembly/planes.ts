// Moving whole planes between `[channels, images * positions]`, as matrix products want them, and `[images, channels,
// positions]`, as tensors have them.

/** Copies `n` elements; up to a few rows' worth stay out of the call that memory.copy is. */
export function copyElements(from: usize, to: usize, n: i32): void {
  if (n > 1024) {
    memory.copy(to, from, (n as usize) << 2);
    return;
  }
  const move = from - to;
  const end = to + ((n as usize) << 2);
  for (; to + 64 <= end; to += 64) {
    const a = v128.load(to + move);
    const b = v128.load(to + move, 16);
    const c = v128.load(to + move, 32);
    const d = v128.load(to + move, 48);
    v128.store(to, a);
    v128.store(to, b, 16);
    v128.store(to, c, 32);
    v128.store(to, d, 48);
  }
  for (; to + 16 <= end; to += 16) v128.store(to, v128.load(to + move));
  for (; to < end; to += 4) store<f32>(to, load<f32>(to + move));
}

/** Clears `n` elements. */
export function clearElements(to: usize, n: i32): void {
  if (n > 1024) {
    memory.fill(to, 0, (n as usize) << 2);
    return;
  }
  const zero = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4) v128.store(to + (i << 2), zero);
  for (; i < n; i++) store<f32>(to + (i << 2), 0);
}

/** to += from over `n` elements. */
export function addInto(from: usize, to: usize, n: i32): void {
  const move = from - to;
  const end = to + ((n as usize) << 2);
  for (; to + 64 <= end; to += 64) {
    const a = f32x4.add(v128.load(to), v128.load(to + move));
    const b = f32x4.add(v128.load(to, 16), v128.load(to + move, 16));
    const c = f32x4.add(v128.load(to, 32), v128.load(to + move, 32));
    const d = f32x4.add(v128.load(to, 48), v128.load(to + move, 48));
    v128.store(to, a);
    v128.store(to, b, 16);
    v128.store(to, c, 32);
    v128.store(to, d, 48);
  }
  for (; to + 16 <= end; to += 16) v128.store(to, f32x4.add(v128.load(to), v128.load(to + move)));
  for (; to < end; to += 4) store<f32>(to, load<f32>(to) + load<f32>(to + move));
}

/** `to[image][channel] = from[channel][image] + bias[channel]`; `stride` is the distance of images in `to`; bias may be 0. */
export function scatterPlanes(
  from: usize,
  to: usize,
  bias: usize,
  channels: i32,
  images: i32,
  positions: i32,
  stride: i32,
): void {
  const plane = (positions as usize) << 2;
  for (let c = 0; c < channels; c++) {
    const add: f32 = bias == 0 ? 0 : load<f32>(bias + ((c as usize) << 2));
    for (let b = 0; b < images; b++) {
      const target = to + (((b as usize) * (stride as usize)) << 2) + (c as usize) * plane;
      if (bias == 0) copyElements(from, target, positions);
      else addConstant(from, target, positions, add);
      from += plane;
    }
  }
}

function addConstant(from: usize, to: usize, n: i32, value: f32): void {
  const add = f32x4.splat(value);
  let i = 0;
  for (; i + 4 <= n; i += 4) v128.store(to + (i << 2), f32x4.add(v128.load(from + (i << 2)), add));
  for (; i < n; i++) store<f32>(to + (i << 2), load<f32>(from + (i << 2)) + value);
}

/**
 * `to[channel][image] = from[image][channel]`; `stride` is the distance of images in `from`. Adds each channel's sum, in
 * double precision, to `sums` (float64) unless that is 0.
 */
export function gatherPlanes(
  from: usize,
  to: usize,
  sums: usize,
  channels: i32,
  images: i32,
  positions: i32,
  stride: i32,
): void {
  const plane = (positions as usize) << 2;
  for (let c = 0; c < channels; c++) {
    let sum: f64 = 0;
    for (let b = 0; b < images; b++) {
      const source = from + (((b as usize) * (stride as usize)) << 2) + (c as usize) * plane;
      if (sums == 0) copyElements(source, to, positions);
      else sum += copyAndSum(source, to, positions);
      to += plane;
    }
    if (sums != 0) {
      const at = sums + ((c as usize) << 3);
      store<f64>(at, load<f64>(at) + sum);
    }
  }
}

function copyAndSum(from: usize, to: usize, n: i32): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const four = v128.load(from + (i << 2));
    v128.store(to + (i << 2), four);
    low = f64x2.add(low, f64x2.promote_low_f32x4(four));
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(four, four, 2, 3, 0, 1)));
  }
  low = f64x2.add(low, high);
  let sum = f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1);
  for (; i < n; i++) {
    const value = load<f32>(from + (i << 2));
    store<f32>(to + (i << 2), value);
    sum += value as f64;
  }
  return sum;
}

/** Adds the sum of `n` elements of each of `planes` planes, which are `plane` elements apart, to `sums` (float64). */
export function sumPlanes(x: usize, sums: usize, planes: i32, n: i32, plane: i32): void {
  for (let i = 0; i < planes; i++) {
    store<f64>(sums, load<f64>(sums) + sumOf(x, n));
    x += (plane as usize) << 2;
    sums += 8;
  }
}

/** The sum of `n` elements: three times by pairs among eight vectors in single precision, which it can afford, then in double. */
export function sumOf(x: usize, n: i32): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let i = 0;
  for (; i + 32 <= n; i += 32) {
    const at = x + (i << 2);
    const a = f32x4.add(v128.load(at), v128.load(at, 16));
    const b = f32x4.add(v128.load(at, 32), v128.load(at, 48));
    const c = f32x4.add(v128.load(at, 64), v128.load(at, 80));
    const d = f32x4.add(v128.load(at, 96), v128.load(at, 112));
    const four = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
    low = f64x2.add(low, f64x2.promote_low_f32x4(four));
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(four, four, 2, 3, 0, 1)));
  }
  low = f64x2.add(low, high);
  let sum = f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1);
  for (; i < n; i++) sum += load<f32>(x + (i << 2)) as f64;
  return sum;
}
