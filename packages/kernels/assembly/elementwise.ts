/** out = max(x, 0) over `n` elements, keeping NaN; `out` may be `x`. */
export function relu(x: usize, out: usize, n: i32): void {
  const zero = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    v128.store(out, f32x4.pmax(v128.load(x), zero));
    x += 16;
    out += 16;
  }
  for (; i < n; i++) {
    const value = load<f32>(x);
    store<f32>(out, value < 0 ? 0 : value);
    x += 4;
    out += 4;
  }
}

/** out = y <= 0 ? 0 : grad over `n` elements; `out` may be `grad`. */
export function reluBackward(grad: usize, y: usize, out: usize, n: i32): void {
  const zero = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    v128.store(out, v128.andnot(v128.load(grad), f32x4.le(v128.load(y), zero)));
    grad += 16;
    y += 16;
    out += 16;
  }
  for (; i < n; i++) {
    store<f32>(out, load<f32>(y) <= 0 ? 0 : load<f32>(grad));
    grad += 4;
    y += 4;
    out += 4;
  }
}
