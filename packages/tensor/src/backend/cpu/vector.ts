/**
 * Elementwise kernels on float32 as WebAssembly SIMD, compiled by `@torchlet/kernels` from the same scalar definitions as
 * the loops in JavaScript, which remain for other element types, for small tensors and for what has no vector form.
 * Those compute in float64 and round once; these compute in float32 throughout, as PyTorch does.
 */
import { type VectorLoop, vectorLoop } from '@torchlet/kernels';
import type { View } from '../backend.js';
import { ELEMENTWISE, type ElementwiseName } from '../elementwise.js';

/** Below this the call costs more than it saves. */
const LEAST = 256;
/** The same for one row of several: a tensor of many short rows is better off in one compiled loop. */
const LEAST_ROW = 64;

const VARIABLES = ['x', 'y', 'z'] as const;

const array = (x: View): Float32Array => x.storage.buffer as Float32Array;

/** By name; within it by which operands are arrays, as bits. Null: there is no vector form. */
const loops = new Map<ElementwiseName, (VectorLoop | null | undefined)[]>();

function loopFor(name: ElementwiseName, count: number, arrays: number): VectorLoop | null {
  let table = loops.get(name);
  if (table === undefined) loops.set(name, (table = []));
  const known = table[arrays];
  if (known !== undefined) return known;
  const variables = VARIABLES.slice(0, count);
  const isArray = (_: unknown, i: number): boolean => ((arrays >> i) & 1) === 1;
  const loop = vectorLoop({
    arrays: [
      ...variables.filter(isArray).map((variable) => ({ name: variable, read: true, write: false })),
      { name: 'out', read: false, write: true },
    ],
    scalars: variables.filter((v, i) => !isArray(v, i)),
    constants: {},
    body: `out = ${ELEMENTWISE[name]};`,
  });
  table[arrays] = loop;
  return loop;
}

function allFloat32(inputs: readonly (View | number)[], out: View): boolean {
  if (out.dtype !== 'float32') return false;
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i];
    if (typeof input !== 'number' && input.dtype !== 'float32') return false;
  }
  return true;
}

/** Runs the kernel over `n` elements that lie in one order in all operands; false where there is no vector form. */
export function runVector(name: ElementwiseName, n: number, inputs: readonly (View | number)[], out: View): boolean {
  if (n < LEAST || !allFloat32(inputs, out)) return false;
  let mask = 0;
  const arrays: Float32Array[] = [];
  const offsets: number[] = [];
  const scalars: number[] = [];
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i];
    if (typeof input === 'number') {
      scalars.push(input);
      continue;
    }
    mask |= 1 << i;
    arrays.push(array(input));
    offsets.push(input.offset);
  }
  const loop = loopFor(name, inputs.length, mask);
  if (loop === null) return false;
  arrays.push(array(out));
  offsets.push(out.offset);
  loop(n, arrays, offsets, scalars);
  return true;
}

/**
 * Runs the kernel row by row over a collapsed geometry whose innermost steps are 1, or 0 for an operand that has one element
 * for a whole row; `strides[0]` belongs to `out`, the others to the views among the inputs, in their order.
 */
export function runVectorRows(
  name: ElementwiseName,
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  inputs: readonly (View | number)[],
  out: View,
): boolean {
  const last = shape.length - 1;
  const width = shape[last];
  if (width < LEAST_ROW || !allFloat32(inputs, out) || strides[0][last] !== 1) return false;
  if (strides.some((s) => s[last] !== 1 && s[last] !== 0)) return false;
  const views = inputs.filter((input) => typeof input !== 'number');
  let mask = 0;
  let view = 1;
  inputs.forEach((input, i) => {
    if (typeof input !== 'number' && strides[view++][last] === 1) mask |= 1 << i;
  });
  const loop = loopFor(name, inputs.length, mask);
  if (loop === null) return false;
  const arrays = [...views.filter((_, k) => strides[k + 1][last] === 1), out].map(array);
  const places = strides.map((_, k) => (k === 0 ? out.offset : views[k - 1].offset));
  const index = new Array<number>(last).fill(0);
  const offsets = new Array<number>(arrays.length);
  const scalars = new Array<number>(inputs.length + 1 - arrays.length);
  for (;;) {
    gather(inputs, strides, last, places, offsets, scalars);
    loop(width, arrays, offsets, scalars);
    if (!next(shape, strides, last, index, places)) return true;
  }
}

/** Where the operands of one row are: arrays by their offsets, one element by its value. */
function gather(
  inputs: readonly (View | number)[],
  strides: readonly (readonly number[])[],
  last: number,
  places: readonly number[],
  offsets: number[],
  scalars: number[],
): void {
  let [view, a, s] = [1, 0, 0];
  for (const input of inputs) {
    if (typeof input === 'number') scalars[s++] = input;
    else {
      if (strides[view][last] === 1) offsets[a++] = places[view];
      else scalars[s++] = array(input)[places[view]];
      view++;
    }
  }
  offsets[a] = places[0];
}

/** Goes to the next row; false after the last one. */
function next(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  last: number,
  index: number[],
  places: number[],
): boolean {
  for (let d = last - 1; d >= 0; d--) {
    index[d]++;
    for (let k = 0; k < places.length; k++) places[k] += strides[k][d];
    if (index[d] < shape[d]) return true;
    for (let k = 0; k < places.length; k++) places[k] -= strides[k][d] * shape[d];
    index[d] = 0;
  }
  return false;
}
