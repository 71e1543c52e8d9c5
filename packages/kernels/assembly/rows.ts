// Rows of a table against rows that lie side by side. `offsets`: where each row lies in the table, in bytes, 32 bits each; `bytes`
// of each row take part; `step`: from one packed row to the next.

/** Packed rows are the table's. */
export function gatherRows(table: usize, packed: usize, offsets: usize, rows: i32, bytes: usize, step: usize): void {
  for (let i = 0; i < rows; i++) {
    move(table + <usize>load<u32>(offsets), packed, bytes);
    offsets += 4;
    packed += step;
  }
}

/** The table's rows are the packed ones, in their order. */
export function scatterRows(table: usize, packed: usize, offsets: usize, rows: i32, bytes: usize, step: usize): void {
  for (let i = 0; i < rows; i++) {
    move(packed, table + <usize>load<u32>(offsets), bytes);
    offsets += 4;
    packed += step;
  }
}

/** Packed rows are added to the table's, in their order. */
export function addRows(table: usize, packed: usize, offsets: usize, rows: i32, bytes: usize, step: usize): void {
  const vectors = bytes & ~15;
  for (let i = 0; i < rows; i++) {
    const row = table + <usize>load<u32>(offsets);
    let at: usize = 0;
    for (; at < vectors; at += 16) v128.store(row + at, f32x4.add(v128.load(row + at), v128.load(packed + at)));
    for (; at < bytes; at += 4) store<f32>(row + at, load<f32>(row + at) + load<f32>(packed + at));
    offsets += 4;
    packed += step;
  }
}

// @ts-ignore: decorator
@inline
function move(from: usize, to: usize, bytes: usize): void {
  const vectors = bytes & ~15;
  let at: usize = 0;
  for (; at < vectors; at += 16) v128.store(to + at, v128.load(from + at));
  for (; at < bytes; at += 4) store<f32>(to + at, load<f32>(from + at));
}
