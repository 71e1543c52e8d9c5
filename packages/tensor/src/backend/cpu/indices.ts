/** Reading and writing through index tensors. Indices are int64 and in range: the ops have checked them. */
import { moveRows, type RowPlaces, type RowsMove } from '@torchlet/kernels';
import { checkSafe, type DType, type TypedArray } from '../../dtype.js';
import { isContiguous, numelOf, type Shape } from '../../shape.js';
import type { View } from '../backend.js';
import { arrayOf, startOf } from './elementwise.js';
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
  const n = numelOf(index.shape);
  if (n === 0) return;
  const line = lineFor(table.dtype, index.dtype, other.dtype);
  const shape = index.shape.length === 0 ? [1] : index.shape;
  const along = lineAlong(shape);
  const [x, numbers, others] = [arrayOf(table), arrayOf(index), arrayOf(other)];
  const stepOf = ({ strides }: View, d: number): number => strides[d] ?? 1;
  const [by, step] = [stepOf(table, dim), along === dim ? 0 : stepOf(table, along)];
  const [numberStep, otherStep] = [stepOf(index, along), stepOf(other, along)];
  const run = (start: number, number: number, first: number): void =>
    line(shape[along], x, start, step, by, numbers, number, numberStep, others, first, otherStep, checkSafe);
  if (shape[along] === n) {
    run(startOf(table), startOf(index), startOf(other));
    return;
  }
  const outer = [...shape.keys()].filter((d) => d !== along);
  const places = [table, index, other].map((view, k) => ({
    offset: startOf(view),
    strides: outer.map((d) => (k === 0 && d === dim ? 0 : view.strides[d])),
  }));
  runPlanes([...outer.map((d) => shape[d]), 1, 1], places, ([start, number, first]) => {
    run(start, number, first);
    return true;
  });
}

function lineAlong(shape: Shape): number {
  const last = shape.length - 1;
  return shape[last] >= LEAST_LINE ? last : shape.indexOf(Math.max(...shape));
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
  const places = (view: View, step: number): RowPlaces => ({
    array: arrayOf(view) as Float32Array,
    offset: startOf(view),
    step,
  });
  const rows = arrayOf(index);
  const [start, step] = [startOf(index), index.strides[0]];
  const rowOf = (i: number): number => rows[start + i * step];
  return moveRows(move, places(table, table.strides[0]), places(packed, width), index.shape[0], width, rowOf);
}

/** Calls `run` with the places of each row in the table and among the packed rows. */
function eachRow(table: View, index: View, packed: View, width: number, run: (row: number, p: number) => void): void {
  const numbers = arrayOf(index);
  const [first, start, from] = [startOf(index), startOf(table), startOf(packed)];
  for (let i = 0; i < index.shape[0]; i++) {
    run(start + numbers[first + i * index.strides[0]] * table.strides[0], from + i * width);
  }
}

export function gather(x: View, dim: number, index: View, out: View): void {
  const width = rowLength(index, dim, x);
  if (width === 0) walk(gatherLine, x, dim, index, out);
  else if (!moveFast('gather', x, index, out, width)) {
    const [from, to] = [arrayOf(x), arrayOf(out)];
    eachRow(x, index, out, width, (row, p) => to.set(from.subarray(row, row + width), p));
  }
}

/** `src` has the index's shape; the last of several that meet wins. */
export function scatter(out: View, dim: number, index: View, src: View): void {
  const width = isContiguous(src.shape, src.strides) ? rowLength(index, dim, out) : 0;
  if (width === 0) walk(scatterLine, out, dim, index, src);
  else if (!moveFast('scatter', out, index, src, width)) {
    const [from, to] = [arrayOf(src), arrayOf(out)];
    eachRow(out, index, src, width, (row, p) => to.set(from.subarray(p, p + width), row));
  }
}

/** `out` is contiguous; `src` has the index's shape. */
export function scatterAdd(out: View, dim: number, index: View, src: View): void {
  const safe = out.dtype === 'int64';
  const width = isContiguous(src.shape, src.strides) ? rowLength(index, dim, out) : 0;
  if (width === 0) walk(safe ? addCheckedLine : addLine, out, dim, index, src);
  else if (!moveFast('add', out, index, src, width)) {
    const [from, to] = [arrayOf(src), arrayOf(out)];
    eachRow(out, index, src, width, (row, p) => {
      for (let j = 0; j < width; j++) to[row + j] += from[p + j];
      if (safe) for (let j = 0; j < width; j++) checkSafe(to[row + j]);
    });
  }
}
