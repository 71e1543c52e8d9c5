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

/** {@link sumColumns} of `blocks` matrices that follow one another, with rows of `stride` elements; so do their results. */
export function sumBlocks(x: usize, out: usize, blocks: i32, rows: i32, columns: i32, stride: i32, work: usize): void {
  const line = (stride as usize) << 2;
  for (let i = 0; i < blocks; i++) {
    sumColumns(x, out, rows, columns, stride, work);
    x += (rows as usize) * line;
    out += line;
  }
}

/** out[j] = the greatest of x[i][j] over all rows i, a NaN if there is one; else as {@link sumBlocks}. */
export function maxBlocks(x: usize, out: usize, blocks: i32, rows: i32, columns: i32, stride: i32): void {
  extremes(x, out, blocks, rows, columns, stride, true);
}

/** As {@link maxBlocks}, the least. */
export function minBlocks(x: usize, out: usize, blocks: i32, rows: i32, columns: i32, stride: i32): void {
  extremes(x, out, blocks, rows, columns, stride, false);
}

/** Rows that are read for each time that the result is. */
const LINES: i32 = 4;

// @ts-ignore: decorator
@inline
function extremes(x: usize, out: usize, blocks: i32, rows: i32, columns: i32, stride: i32, greatest: bool): void {
  const line = (stride as usize) << 2;
  for (let block = 0; block < blocks; block++) {
    memory.copy(out, x, (columns as usize) << 2);
    let i = 1;
    for (; i + LINES <= rows; i += LINES) extremesOfFour(x + (i as usize) * line, out, columns, line, greatest);
    for (; i < rows; i++) extremesOfOne(x + (i as usize) * line, out, columns, greatest);
    x += (rows as usize) * line;
    out += line;
  }
}

// @ts-ignore: decorator
@inline
function extreme(a: v128, b: v128, greatest: bool): v128 {
  return greatest ? f32x4.max(a, b) : f32x4.min(a, b);
}

// @ts-ignore: decorator
@inline
function extremeOf(a: f32, b: f32, greatest: bool): f32 {
  return greatest ? max(a, b) : min(a, b);
}

/** The first unless the other is beyond it: a NaN stays if it is first, and is lost if it is not. */
// @ts-ignore: decorator
@inline
function beyond(a: v128, b: v128, greatest: bool): v128 {
  return greatest ? f32x4.pmax(a, b) : f32x4.pmin(a, b);
}

// @ts-ignore: decorator
@inline
function unordered(a: v128, b: v128): v128 {
  return v128.or(f32x4.ne(a, a), f32x4.ne(b, b));
}

// @ts-ignore: decorator
@inline
function extremesOfFour(x: usize, out: usize, columns: i32, line: usize, greatest: bool): void {
  let j = 0;
  for (; j + 4 <= columns; j += 4) {
    const a = v128.load(x);
    const b = v128.load(x + line);
    const c = v128.load(x + 2 * line);
    const d = v128.load(x + 3 * line);
    // maxima that keep a NaN take three times as long
    const found = v128.any_true(v128.or(unordered(a, b), unordered(c, d)))
      ? extreme(extreme(a, b, greatest), extreme(c, d, greatest), greatest)
      : beyond(beyond(a, b, greatest), beyond(c, d, greatest), greatest);
    v128.store(out, extreme(v128.load(out), found, greatest));
    x += 16;
    out += 16;
  }
  for (; j < columns; j++) {
    const a = extremeOf(load<f32>(x), load<f32>(x + line), greatest);
    const b = extremeOf(load<f32>(x + 2 * line), load<f32>(x + 3 * line), greatest);
    store<f32>(out, extremeOf(load<f32>(out), extremeOf(a, b, greatest), greatest));
    x += 4;
    out += 4;
  }
}

// @ts-ignore: decorator
@inline
function extremesOfOne(x: usize, out: usize, columns: i32, greatest: bool): void {
  let j = 0;
  for (; j + 4 <= columns; j += 4) {
    v128.store(out, extreme(v128.load(out), v128.load(x), greatest));
    x += 16;
    out += 16;
  }
  for (; j < columns; j++) {
    store<f32>(out, extremeOf(load<f32>(out), load<f32>(x), greatest));
    x += 4;
    out += 4;
  }
}
