/** out[j] = the sum of x[i][j] over all rows i, in double precision; rows have `columns` elements and lie `stride` apart. */
export function sumColumns(x: usize, out: usize, rows: i32, columns: i32, stride: i32): void {
  const row = (stride as usize) << 2;
  let j = 0;
  // a strip of 16 columns is a cache line wide
  for (; j + 16 <= columns; j += 16) sumStrip(x + ((j as usize) << 2), out + ((j as usize) << 2), rows, row);
  for (; j < columns; j++) {
    let sum: f64 = 0;
    let at = x + ((j as usize) << 2);
    for (let i = 0; i < rows; i++) {
      sum += load<f32>(at) as f64;
      at += row;
    }
    store<f32>(out + ((j as usize) << 2), sum as f32);
  }
}

// @ts-ignore: decorator
@inline
function upper(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 0, 1));
}

// @ts-ignore: decorator
@inline
function joined(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

function sumStrip(x: usize, out: usize, rows: i32, row: usize): void {
  const zero = f64x2.splat(0);
  let a0 = zero;
  let a1 = zero;
  let b0 = zero;
  let b1 = zero;
  let c0 = zero;
  let c1 = zero;
  let d0 = zero;
  let d1 = zero;
  for (let i = 0; i < rows; i++) {
    const a = v128.load(x);
    const b = v128.load(x, 16);
    const c = v128.load(x, 32);
    const d = v128.load(x, 48);
    a0 = f64x2.add(a0, f64x2.promote_low_f32x4(a));
    a1 = f64x2.add(a1, upper(a));
    b0 = f64x2.add(b0, f64x2.promote_low_f32x4(b));
    b1 = f64x2.add(b1, upper(b));
    c0 = f64x2.add(c0, f64x2.promote_low_f32x4(c));
    c1 = f64x2.add(c1, upper(c));
    d0 = f64x2.add(d0, f64x2.promote_low_f32x4(d));
    d1 = f64x2.add(d1, upper(d));
    x += row;
  }
  v128.store(out, joined(a0, a1));
  v128.store(out, joined(b0, b1), 16);
  v128.store(out, joined(c0, c1), 32);
  v128.store(out, joined(d0, d1), 48);
}
