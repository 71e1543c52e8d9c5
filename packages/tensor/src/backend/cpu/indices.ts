/** Reading and writing through index tensors. Indices are int64 and in range: the ops have checked them. */
import { moveRows, type RowPlaces, type RowsMove } from '@torchlet/kernels';
import { checkSafe, type DType, type TypedArray } from '../../dtype.js';
import { isContiguous, numelOf } from '../../shape.js';
import type { View } from '../backend.js';
import { runPlanes } from './planes.js';
import { typedLoop } from './typed-loop.js';

/**
 * Elements of a tensor that a line of index numbers selects, against `other` elements. The tensor's line begins at `start` and goes on
 * by `step` from number to number; one more in a number leads `by` further.
 */
type Line = (
  n: number,
  table: TypedArray,
  start: number,
  step: number,
  by: number,
  numbers: TypedArray,
  number: number,
  numberStep: number,
  others: TypedArray,
  other: number,
  otherStep: number,
  check: (v: number) => void,
) => void;

const lineOf = (body: string): ((...dtypes: DType[]) => Line) =>
  typedLoop<Line>(
    'n, table, start, step, by, numbers, number, numberStep, others, other, otherStep, check',
    `for (let i = 0; i < n; i++) {
      const at = start + i * step + numbers[number + i * numberStep] * by;
      const p = other + i * otherStep;
      ${body}
    }`,
  );
const gatherLine = lineOf('others[p] = table[at];');
const scatterLine = lineOf('table[at] = others[p];');
const addLine = lineOf('table[at] += others[p];');
const addCheckedLine = lineOf('table[at] += others[p]; check(table[at]);');

/** Shorter lines cost more than it does to go across memory. */
const LEAST_LINE = 16;

/**
 * Runs a line for all lines of `index`, which selects along `dim` of `table`; `other` has the shape of the index. Lines lie along the
 * last dimension, or the longest if that is short, and elements that meet do so in the order of `dim`, whichever that is.
 */
function walk(lineFor: (...dtypes: DType[]) => Line, table: View, dim: number, index: View, other: View): void {
  if (numelOf(index.shape) === 0) return;
  const line = lineFor(table.dtype, index.dtype, other.dtype);
  const scalar = index.shape.length === 0;
  const shape = scalar ? [1] : index.shape;
  const of = ({ strides }: View): readonly number[] => (scalar ? [strides[0] ?? 1] : strides);
  const by = of(table)[dim];
  const steps = [of(table).map((s, d) => (d === dim ? 0 : s)), of(index), of(other)];
  const last = shape.length - 1;
  const along = shape[last] >= LEAST_LINE ? last : shape.indexOf(Math.max(...shape));
  const outer = shape.flatMap((_, d) => (d === along ? [] : [d]));
  const places = [table, index, other].map(({ offset }, k) => ({ offset, strides: outer.map((d) => steps[k][d]) }));
  const [step, numberStep, otherStep] = steps.map((list) => list[along]);
  const [x, numbers, others] = [table, index, other].map(arrayOf);
  const n = shape[along];
  runPlanes([...outer.map((d) => shape[d]), 1, 1], places, ([start, number, first]) => {
    line(n, x, start, step, by, numbers, number, numberStep, others, first, otherStep, checkSafe);
    return true;
  });
}

const arrayOf = (x: View): TypedArray => x.storage.buffer as TypedArray;

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
  const from = arrayOf(x);
  const to = arrayOf(out);
  const numbers = arrayOf(index);
  const width = rowLength(index, dim, x);
  if (width > 0) {
    if (moveFast('gather', x, index, out, width)) return;
    for (let i = 0; i < index.shape[0]; i++) {
      const start = x.offset + numbers[index.offset + i * index.strides[0]] * x.strides[0];
      to.set(from.subarray(start, start + width), out.offset + i * width);
    }
    return;
  }
  walk(gatherLine, x, dim, index, out);
}

/** `src` has the index's shape; the last of several that meet wins. */
export function scatter(out: View, dim: number, index: View, src: View): void {
  const to = arrayOf(out);
  const from = arrayOf(src);
  const numbers = arrayOf(index);
  const width = isContiguous(src.shape, src.strides) ? rowLength(index, dim, out) : 0;
  if (width > 0) {
    if (moveFast('scatter', out, index, src, width)) return;
    for (let i = 0; i < index.shape[0]; i++) {
      const start = out.offset + numbers[index.offset + i * index.strides[0]] * out.strides[0];
      to.set(from.subarray(src.offset + i * width, src.offset + (i + 1) * width), start);
    }
    return;
  }
  walk(scatterLine, out, dim, index, src);
}

/** `out` is contiguous; `src` has the index's shape. */
export function scatterAdd(out: View, dim: number, index: View, src: View): void {
  const to = arrayOf(out);
  const from = arrayOf(src);
  const numbers = arrayOf(index);
  const safe = out.dtype === 'int64';
  const width = isContiguous(src.shape, src.strides) ? rowLength(index, dim, out) : 0;
  if (width > 0) {
    if (moveFast('add', out, index, src, width)) return;
    for (let i = 0; i < index.shape[0]; i++) {
      const start = out.offset + numbers[index.offset + i * index.strides[0]] * out.strides[0];
      const p = src.offset + i * width;
      for (let j = 0; j < width; j++) to[start + j] += from[p + j];
      if (safe) for (let j = 0; j < index.shape[1]; j++) checkSafe(to[start + j]);
    }
    return;
  }
  walk(safe ? addCheckedLine : addLine, out, dim, index, src);
}
