// Elements of 32 bits moved from any strides to any others. Strides are in bytes, and may be zero or negative in the source.

/** Rows of the result that are written side by side: their elements are neighbours in a cache line of the source. */
const BAND = 16;

/**
 * `to[block][plane][row][column] = from[block][plane][row][column]`. Lines of memory are read whole, and so are they written,
 * where either the columns of the source are neighbours, or its rows.
 */
export function copyStrided(
  from: usize,
  to: usize,
  blocks: i32,
  planes: i32,
  rows: i32,
  columns: i32,
  fromBlock: usize,
  fromPlane: usize,
  fromRow: usize,
  fromColumn: usize,
  toBlock: usize,
  toPlane: usize,
  toRow: usize,
  toColumn: usize,
): void {
  const across = size(fromRow) < size(fromColumn) && fromRow != 0;
  const turned = across && fromRow == 4 && toColumn == 4 && rows >= 4;
  for (let block = 0; block < blocks; block++) {
    let source = from;
    let result = to;
    for (let plane = 0; plane < planes; plane++) {
      if (turned) transpose(source, result, rows, columns, fromColumn, toRow);
      else if (across && rows >= 4) bands(source, result, rows, columns, fromRow, fromColumn, toRow, toColumn);
      else lines(source, result, rows, columns, fromRow, fromColumn, toRow, toColumn);
      source += fromPlane;
      result += toPlane;
    }
    from += fromBlock;
    to += toBlock;
  }
}

// @ts-ignore: decorator
@inline
function size(step: usize): i32 {
  return abs(step as i32);
}

/** Row by row. */
function lines(
  from: usize,
  to: usize,
  rows: i32,
  columns: i32,
  fromRow: usize,
  fromColumn: usize,
  toRow: usize,
  toColumn: usize,
): void {
  for (let row = 0; row < rows; row++) {
    if (toColumn != 4) scatterLine(from, to, columns, fromColumn, toColumn);
    else if (fromColumn == 4) copyLine(from, to, columns);
    else if (fromColumn == 0) fillLine(from, to, columns);
    else if (fromColumn == -4) reverseLine(from, to, columns);
    else gatherLine(from, to, columns, fromColumn);
    from += fromRow;
    to += toRow;
  }
}

// @ts-ignore: decorator
@inline
function copyLine(from: usize, to: usize, columns: i32): void {
  let column = 0;
  for (; column + 4 <= columns; column += 4) {
    v128.store(to, v128.load(from));
    from += 16;
    to += 16;
  }
  for (; column < columns; column++) {
    store<u32>(to, load<u32>(from));
    from += 4;
    to += 4;
  }
}

// @ts-ignore: decorator
@inline
function fillLine(from: usize, to: usize, columns: i32): void {
  const value = v128.load32_splat(from);
  let column = 0;
  for (; column + 4 <= columns; column += 4) {
    v128.store(to, value);
    to += 16;
  }
  for (; column < columns; column++) {
    store<u32>(to, load<u32>(from));
    to += 4;
  }
}

// @ts-ignore: decorator
@inline
function reverseLine(from: usize, to: usize, columns: i32): void {
  let column = 0;
  for (; column + 4 <= columns; column += 4) {
    const v = v128.load(from - 12);
    v128.store(to, v128.shuffle<u32>(v, v, 3, 2, 1, 0));
    from -= 16;
    to += 16;
  }
  for (; column < columns; column++) {
    store<u32>(to, load<u32>(from));
    from -= 4;
    to += 4;
  }
}

// @ts-ignore: decorator
@inline
function gatherLine(from: usize, to: usize, columns: i32, step: usize): void {
  let column = 0;
  for (; column + 4 <= columns; column += 4) {
    let v = v128.load32_zero(from);
    v = v128.load_lane<u32>(from + step, v, 1);
    v = v128.load_lane<u32>(from + 2 * step, v, 2);
    v128.store(to, v128.load_lane<u32>(from + 3 * step, v, 3));
    from += 4 * step;
    to += 16;
  }
  for (; column < columns; column++) {
    store<u32>(to, load<u32>(from));
    from += step;
    to += 4;
  }
}

// @ts-ignore: decorator
@inline
function scatterLine(from: usize, to: usize, columns: i32, fromStep: usize, toStep: usize): void {
  for (let column = 0; column < columns; column++) {
    store<u32>(to, load<u32>(from));
    from += fromStep;
    to += toStep;
  }
}

/** Some rows at a time, column by column. */
function bands(
  from: usize,
  to: usize,
  rows: i32,
  columns: i32,
  fromRow: usize,
  fromColumn: usize,
  toRow: usize,
  toColumn: usize,
): void {
  for (let first = 0; first < rows; first += BAND) {
    const count = min(BAND, rows - first);
    let source = from;
    let result = to;
    for (let column = 0; column < columns; column++) {
      scatterLine(source, result, count, fromRow, toRow);
      source += fromColumn;
      result += toColumn;
    }
    from += BAND * fromRow;
    to += BAND * toRow;
  }
}

/** Four rows of four columns. */
// @ts-ignore: decorator
@inline
function fourByFour(from: usize, apart: usize, to: usize, step: usize): void {
  const c0 = v128.load(from);
  const c1 = v128.load(from + apart);
  const c2 = v128.load(from + 2 * apart);
  const c3 = v128.load(from + 3 * apart);
  const low01 = v128.shuffle<f32>(c0, c1, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(c0, c1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(c2, c3, 0, 4, 1, 5);
  const high23 = v128.shuffle<f32>(c2, c3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
  v128.store(to + step, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
  v128.store(to + 2 * step, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
  v128.store(to + 3 * step, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
}

/** Rows that are neighbours in the source, columns that are in the result. `apart`: from one column to the next; `step`: one row. */
function transpose(from: usize, to: usize, rows: i32, columns: i32, apart: usize, step: usize): void {
  for (let first = 0; first < rows; first += BAND) {
    const end = min(first + BAND, rows);
    const vectors = first + ((end - first) & ~3);
    let column = 0;
    for (; column + 4 <= columns; column += 4) {
      const lines = from + (column as usize) * apart;
      const out = to + ((column as usize) << 2);
      let row = first;
      for (; row < vectors; row += 4) {
        fourByFour(lines + ((row as usize) << 2), apart, out + (row as usize) * step, step);
      }
      for (; row < end; row++) gatherLine(lines + ((row as usize) << 2), out + (row as usize) * step, 4, apart);
    }
    for (; column < columns; column++) {
      const line = from + (column as usize) * apart;
      const out = to + ((column as usize) << 2);
      scatterLine(line + ((first as usize) << 2), out + (first as usize) * step, end - first, 4, step);
    }
  }
}
