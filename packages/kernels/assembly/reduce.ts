/** Columns whose sums stand in the workspace, in double precision: they stay in the nearest cache. */
const CHUNK: i32 = 1024;
/** Rows whose elements are added in single precision first, by pairs. */
const GROUP: i32 = 8;

/**
 * out[j] = the sum of x[i][j] over all rows i: each three times by pairs among eight rows, then in double precision. Rows have
 * `columns` elements and lie `stride` apart. Rows are read along, which memory is made for. `work` is a workspace.
 */
export function sumColumns(x: usize, out: usize, rows: i32, columns: i32, stride: i32, work: usize): void {
  for (let j = 0; j < columns; j += CHUNK) {
    const at = (j as usize) << 2;
    sumChunk(x + at, out + at, rows, min(CHUNK, columns - j), (stride as usize) << 2, work);
  }
}

// @ts-ignore: decorator
@inline
function addTo(sums: usize, v: v128): void {
  const high = v128.shuffle<f32>(v, v, 2, 3, 0, 1);
  v128.store(sums, f64x2.add(v128.load(sums), f64x2.promote_low_f32x4(v)));
  v128.store(sums, f64x2.add(v128.load(sums, 16), f64x2.promote_low_f32x4(high)), 16);
}

// @ts-ignore: decorator
@inline
function pair(x: usize, row: usize): v128 {
  return f32x4.add(v128.load(x), v128.load(x + row));
}

function sumChunk(x: usize, out: usize, rows: i32, columns: i32, row: usize, work: usize): void {
  const vectors = columns & ~3;
  memory.fill(work, 0, (columns as usize) << 3);
  let i = 0;
  for (; i + GROUP <= rows; i += GROUP) {
    let at = x;
    let sums = work;
    for (let j = 0; j < vectors; j += 4) {
      const a = f32x4.add(pair(at, row), pair(at + 2 * row, row));
      const b = f32x4.add(pair(at + 4 * row, row), pair(at + 6 * row, row));
      addTo(sums, f32x4.add(a, b));
      at += 16;
      sums += 32;
    }
    for (let r = 0; r < GROUP; r++) addRest(x + (r as usize) * row, vectors, columns, work);
    x += (GROUP as usize) * row;
  }
  for (; i < rows; i++) {
    let at = x;
    let sums = work;
    for (let j = 0; j < vectors; j += 4) {
      addTo(sums, v128.load(at));
      at += 16;
      sums += 32;
    }
    addRest(x, vectors, columns, work);
    x += row;
  }
  for (let j = 0; j < columns; j++) {
    store<f32>(out + ((j as usize) << 2), load<f64>(work + ((j as usize) << 3)) as f32);
  }
}

/** The columns of a row behind its vectors. */
function addRest(x: usize, from: i32, to: i32, work: usize): void {
  for (let j = from; j < to; j++) {
    const sum = work + ((j as usize) << 3);
    store<f64>(sum, load<f64>(sum) + (load<f32>(x + ((j as usize) << 2)) as f64));
  }
}
