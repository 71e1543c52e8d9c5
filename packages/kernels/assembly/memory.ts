/** Sets `bytes` to zero. */
export function clear(address: usize, bytes: usize): void {
  memory.fill(address, 0, bytes);
}

/** Moves `bytes`. */
export function copy(from: usize, to: usize, bytes: usize): void {
  memory.copy(to, from, bytes);
}

/** Bytes that are copied at once when they are one row again and again: they stay in the nearest cache. */
const PIECE: usize = 1 << 13;

/** Copies a row of `bytes` to `rows` rows that lie one behind the other: what is there doubles until it is long enough for a piece. */
export function repeat(row: usize, to: usize, bytes: usize, rows: i32): void {
  if (rows < 1) return;
  memory.copy(to, row, bytes);
  const all = bytes * (rows as usize);
  let piece = bytes;
  for (let done = bytes; done < all; done += piece) {
    if (done <= PIECE) piece = done;
    memory.copy(to + done, to, min(piece, all - done));
  }
}
