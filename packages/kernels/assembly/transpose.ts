// A matrix that lies across: lines of memory are read whole, and so are they written.

/** Rows of the result that are written side by side: their elements are neighbours in a cache line of the source. */
const BAND = 16;

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

/**
 * `to[row][column] = from[column][row]`, elements of 32 bits. `apart`: from one column to the next in the source; `step`: from one
 * row of the result to the next; both in bytes.
 */
export function transpose(from: usize, to: usize, rows: i32, columns: i32, apart: usize, step: usize): void {
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
      for (; row < end; row++) {
        for (let i: usize = 0; i < 4; i++) {
          store<u32>(out + (row as usize) * step + (i << 2), load<u32>(lines + i * apart + ((row as usize) << 2)));
        }
      }
    }
    for (; column < columns; column++) {
      const line = from + (column as usize) * apart;
      const out = to + ((column as usize) << 2);
      for (let row = first; row < end; row++) {
        store<u32>(out + (row as usize) * step, load<u32>(line + ((row as usize) << 2)));
      }
    }
  }
}
