/** Reading and writing through index tensors. Indices are int64 and in range: the ops have checked them. */
import { moveRows, type RowPlaces, type RowsMove } from '@torchlet/kernels';
import { checkSafe, type TypedArray } from '../../dtype.js';
import { contiguousStrides, isContiguous, numelOf } from '../../shape.js';
import type { View } from '../backend.js';
import { pack } from './strided.js';

/**
 * Walks `index` in row-major order and calls `visit` with the flat position in index order and the element of a tensor
 * with `shape`/`strides` that it selects along `dim`.
 */
function walk(
  index: View,
  dim: number,
  strides: readonly number[],
  offset: number,
  visit: (i: number, element: number) => void,
): void {
  const n = numelOf(index.shape);
  if (n === 0) return;
  const { array, offset: start } = pack(index);
  const rank = index.shape.length;
  if (rank === 0) {
    visit(0, offset + array[start] * (strides[0] ?? 1));
    return;
  }
  const place = new Array<number>(rank).fill(0);
  let base = offset;
  for (let i = 0; i < n; i++) {
    visit(i, base + array[start + i] * strides[dim]);
    for (let d = rank - 1; d >= 0; d--) {
      const step = d === dim ? 0 : strides[d];
      if (++place[d] < index.shape[d]) {
        base += step;
        break;
      }
      base -= (index.shape[d] - 1) * step;
      place[d] = 0;
    }
  }
}

/**
 * The length of rows that can be moved at once: the index is one number for all that lies behind dimension 0, and `x`
 * is contiguous there (embedding, picking samples for a batch). 0 otherwise.
 */
function rowLength(index: View, dim: number, x: View): number {
  if (dim !== 0 || index.shape.length < 2) return 0;
  const tail = x.shape.slice(1);
  const whole = tail.every((size, i) => index.strides[i + 1] === 0 && index.shape[i + 1] === size);
  return whole && isContiguous(tail, x.strides.slice(1)) ? numelOf(tail) : 0;
}

/** The rows by the kernel for float32; false where they are elsewhere, or few. */
function moveFast(move: RowsMove, table: View, index: View, packed: View, width: number): boolean {
  if (table.dtype !== 'float32') return false;
  const places = ({ storage, offset }: View, step: number): RowPlaces => ({
    array: storage.buffer as Float32Array,
    offset,
    step,
  });
  const rows = index.storage.buffer as TypedArray;
  const [start, step] = [index.offset, index.strides[0]];
  const rowOf = (i: number): number => rows[start + i * step];
  return moveRows(move, places(table, table.strides[0]), places(packed, width), index.shape[0], width, rowOf);
}

export function gather(x: View, dim: number, index: View, out: View): void {
  const from = x.storage.buffer as TypedArray;
  const to = out.storage.buffer as TypedArray;
  const width = rowLength(index, dim, x);
  if (width > 0) {
    if (moveFast('gather', x, index, out, width)) return;
    const rows = index.storage.buffer as TypedArray;
    for (let i = 0; i < index.shape[0]; i++) {
      const start = x.offset + rows[index.offset + i * index.strides[0]] * x.strides[0];
      to.set(from.subarray(start, start + width), out.offset + i * width);
    }
    return;
  }
  walk(index, dim, x.strides, x.offset, (i, element) => {
    to[out.offset + i] = from[element];
  });
}

/** `src` has the index's shape; the last of several that meet wins. */
export function scatter(out: View, dim: number, index: View, src: View): void {
  const to = out.storage.buffer as TypedArray;
  const width = rowLength(index, dim, out);
  if (width > 0 && isContiguous(src.shape, src.strides) && moveFast('scatter', out, index, src, width)) return;
  const { array, offset } = pack(src);
  if (width > 0) {
    const rows = index.storage.buffer as TypedArray;
    for (let i = 0; i < index.shape[0]; i++) {
      const start = out.offset + rows[index.offset + i * index.strides[0]] * out.strides[0];
      to.set(array.subarray(offset + i * width, offset + (i + 1) * width), start);
    }
    return;
  }
  walk(index, dim, out.strides, out.offset, (i, element) => {
    to[element] = array[offset + i];
  });
}

/** `out` is contiguous; `src` has the index's shape. */
export function scatterAdd(out: View, dim: number, index: View, src: View): void {
  const to = out.storage.buffer as TypedArray;
  const safe = out.dtype === 'int64';
  const width = isContiguous(src.shape, src.strides) ? rowLength(index, dim, out) : 0;
  if (width > 0) {
    if (moveFast('add', out, index, src, width)) return;
    const rows = index.storage.buffer as TypedArray;
    const from = src.storage.buffer as TypedArray;
    for (let i = 0; i < index.shape[0]; i++) {
      const start = out.offset + rows[index.offset + i * index.strides[0]] * out.strides[0];
      const p = src.offset + i * width;
      for (let j = 0; j < width; j++) to[start + j] += from[p + j];
      if (safe) for (let j = 0; j < index.shape[1]; j++) checkSafe(to[start + j]);
    }
    return;
  }
  const { array, offset } = pack(src);
  walk(index, dim, contiguousStrides(out.shape), out.offset, (i, element) => {
    to[element] += array[offset + i];
    if (safe) checkSafe(to[element]);
  });
}
