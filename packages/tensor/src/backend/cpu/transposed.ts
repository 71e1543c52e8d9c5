/** Views that lie across: neighbours in memory are neighbours along another dimension than the last. */
import { MIN_RESIDENT, transpose } from '@torchlet/kernels';
import { contiguousStrides, isContiguous, numelOf } from '../../shape.js';
import { Storage, takeBuffer } from '../../storage.js';
import type { View } from '../backend.js';
import { allocate, release } from './memory.js';
import { type Place, runPlanes } from './planes.js';

/** Planes of fewer elements are not worth a call each. */
const LEAST_PLANE = 256;

const floats = (x: View): Float32Array => x.storage.buffer as Float32Array;

const apart = (a: View, b: View): boolean => a.storage !== b.storage;

/**
 * `out = src`, float32, over a collapsed geometry: plane by plane, of the dimensions in which `src` and `out` have their neighbours.
 * Returns false, with nothing done, where these are the same, where the planes are small, or outside of the kernels' memory.
 */
export function copyTransposed(
  shape: readonly number[],
  [outStrides, strides]: readonly (readonly number[])[],
  src: View,
  out: View,
): boolean {
  if (src.dtype !== 'float32' || out.dtype !== 'float32' || !apart(src, out)) return false;
  const row = strides.indexOf(1);
  const column = outStrides.indexOf(1);
  if (row < 0 || column < 0 || row === column || shape[row] * shape[column] < LEAST_PLANE) return false;
  const order = [...shape.keys()].filter((d) => d !== row && d !== column).concat(row, column);
  const inOrder = (list: readonly number[]): number[] => order.map((d) => list[d]);
  const place = (view: View, steps: readonly number[]): Place => ({
    array: floats(view),
    offset: view.offset,
    strides: inOrder(steps),
  });
  const [from, to] = [place(src, strides), place(out, outStrides)];
  return runPlanes(inOrder(shape), [from, to], ([f, t]) =>
    transpose(
      { array: from.array, offset: f, step: strides[column] },
      { array: to.array, offset: t, step: outStrides[row] },
      shape[row],
      shape[column],
    ),
  );
}

/**
 * The operands of an elementwise kernel in the geometry of `out`, each that lies across copied into the order of `out` for the time of
 * `run`. Returns false, and runs nothing, where there is no such operand.
 * @param strides of `out`, which is contiguous, then of the views among the inputs
 */
export function withoutTransposed(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  inputs: readonly (View | number)[],
  out: View,
  run: (inputs: readonly (View | number)[], out: View) => boolean,
): boolean {
  if (numelOf(shape) < MIN_RESIDENT || !isContiguous(out.shape, out.strides)) return false;
  const copies: View[] = [];
  let next = 1;
  const operands = inputs.map((input) => {
    if (typeof input === 'number') return input;
    const view = { ...at(input), shape, strides: strides[next++] };
    const copy = inOrderOf(out, view);
    if (copy !== null) copies.push(copy);
    return copy ?? view;
  });
  try {
    return copies.length > 0 && run(operands, { ...at(out), shape, strides: strides[0] });
  } finally {
    for (const { storage } of copies) release(takeBuffer(storage));
  }
}

const at = ({ storage, dtype, offset }: View): Pick<View, 'storage' | 'dtype' | 'offset'> => ({
  storage,
  dtype,
  offset,
});

/** A copy in the order of the contiguous `out`; null where it would not be {@link copyTransposed} that makes it. */
function inOrderOf(out: View, view: View): View | null {
  const { shape, strides, dtype } = view;
  // what is repeated is better read where it lies
  if (dtype !== 'float32' || strides.includes(0) || !apart(view, out)) return null;
  const row = strides.indexOf(1);
  const last = shape.length - 1;
  if (row < 0 || row === last || shape[row] * shape[last] < LEAST_PLANE) return null;
  const numel = numelOf(shape);
  const storage = new Storage('cpu', dtype, numel, allocate(numel, dtype, false));
  const copy: View = { storage, dtype, offset: 0, shape, strides: contiguousStrides(shape) };
  if (copyTransposed(shape, [copy.strides, strides], view, copy)) return copy;
  release(takeBuffer(storage));
  return null;
}
