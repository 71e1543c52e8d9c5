// Packing for the 4x8 register tile: a panel holds WIDTH lines (rows of A, columns of B), element by element across the
// panel, for every step of the depth. Lines missing from the last panel are 0, so the tile needs no cases.

/** Packs a matrix whose lines are rows of memory (`lines x depth`, rows `stride` elements apart). */
export function packRows(source: usize, stride: i32, lines: i32, depth: i32, target: usize, width: i32): void {
  const row = (stride as usize) << 2;
  const step = (width as usize) << 2;
  for (let panel = 0; panel < lines; panel += width) {
    for (let four = 0; four < width; four += 4) {
      const first = panel + four;
      const count = max(0, min(4, lines - first));
      const to = target + ((four as usize) << 2);
      if (count == 4) transposeFour(source + (first as usize) * row, row, depth, to, step);
      else packFew(source + (first as usize) * row, row, count, depth, to, step);
    }
    target += (depth as usize) * step;
  }
}

/** Packs a matrix whose lines are columns of memory (`depth x lines`, rows `stride` elements apart). */
export function packColumns(source: usize, stride: i32, lines: i32, depth: i32, target: usize, width: i32): void {
  const row = (stride as usize) << 2;
  for (let panel = 0; panel < lines; panel += width) {
    const count = min(width, lines - panel);
    let from = source + ((panel as usize) << 2);
    for (let l = 0; l < depth; l++) {
      if (count == width) {
        v128.store(target, v128.load(from));
        if (width == 8) v128.store(target, v128.load(from, 16), 16);
      } else {
        for (let i = 0; i < width; i++) {
          store<f32>(target + ((i as usize) << 2), i < count ? load<f32>(from + ((i as usize) << 2)) : 0);
        }
      }
      from += row;
      target += (width as usize) << 2;
    }
  }
}

function transposeFour(source: usize, row: usize, depth: i32, target: usize, step: usize): void {
  let l = 0;
  for (; l + 4 <= depth; l += 4) {
    const r0 = v128.load(source);
    const r1 = v128.load(source + row);
    const r2 = v128.load(source + 2 * row);
    const r3 = v128.load(source + 3 * row);
    const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(target, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
    v128.store(target + step, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
    v128.store(target + 2 * step, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
    v128.store(target + 3 * step, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
    source += 16;
    target += 4 * step;
  }
  packFew(source, row, 4, depth - l, target, step);
}

function packFew(source: usize, row: usize, count: i32, depth: i32, target: usize, step: usize): void {
  for (let l = 0; l < depth; l++) {
    for (let i = 0; i < 4; i++) {
      store<f32>(target + ((i as usize) << 2), i < count ? load<f32>(source + (i as usize) * row) : 0);
    }
    source += 4;
    target += step;
  }
}
