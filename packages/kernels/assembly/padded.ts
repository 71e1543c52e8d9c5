// Rows of a plane with the zeros around it, and rows whose columns are dealt out by their remainder modulo a stride: then what a stride
// visits lies side by side. Such parts lie `segment` elements from each other.
import { clearElements, copyElements } from './planes';

/** `columns` elements of a row of the plane from column `left` on, 0 outside the plane. */
export function padRow(plane: usize, height: i32, width: i32, row: i32, left: i32, columns: i32, to: usize): void {
  if (row < 0 || row >= height) {
    clearElements(to, columns);
    return;
  }
  const low = min(columns, max(0, -left));
  const high = max(low, min(columns, width - left));
  for (let i = 0; i < low; i++) store<f32>(to + (i << 2), 0);
  copyElements(plane + ((row * width + left + low) << 2), to + (low << 2), high - low);
  for (let i = high; i < columns; i++) store<f32>(to + (i << 2), 0);
}

/** Deals out `stride · segment` elements, `segment` being whole vectors. */
export function deal(from: usize, stride: i32, segment: i32, to: usize): void {
  if (stride == 2) {
    for (const end = to + (segment << 2); to < end; to += 16) {
      const a = v128.load(from);
      const b = v128.load(from, 16);
      v128.store(to, v128.shuffle<f32>(a, b, 0, 2, 4, 6));
      v128.store(to + (segment << 2), v128.shuffle<f32>(a, b, 1, 3, 5, 7));
      from += 32;
    }
    return;
  }
  for (let part = 0; part < stride; part++) {
    let at = from + (part << 2);
    for (const end = to + (segment << 2); to < end; to += 4) {
      store<f32>(to, load<f32>(at));
      at += (stride as usize) << 2;
    }
  }
}

/** Takes `columns` elements in turns from the parts. */
export function collect(from: usize, stride: i32, segment: i32, columns: i32, to: usize): void {
  let i = 0;
  if (stride == 2) {
    for (; i + 8 <= columns; i += 8) {
      const a = v128.load(from);
      const b = v128.load(from + (segment << 2));
      v128.store(to, v128.shuffle<f32>(a, b, 0, 4, 1, 5));
      v128.store(to, v128.shuffle<f32>(a, b, 2, 6, 3, 7), 16);
      from += 16;
      to += 32;
    }
  }
  for (let part = 0; i < columns; i++) {
    store<f32>(to, load<f32>(from + ((part * segment) << 2)));
    to += 4;
    if (++part == stride) {
      part = 0;
      from += 4;
    }
  }
}
