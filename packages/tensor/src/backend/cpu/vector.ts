/**
 * Elementwise kernels on float32 as WebAssembly SIMD, compiled by `@torchlet/kernels` from the same scalar definitions as
 * the loops in JavaScript, which remain for other element types, for small tensors and for what has no vector form.
 * Those compute in float64 and round once; these compute in float32 throughout, as PyTorch does.
 */
import { type Rows, type VectorLoop, type VectorRows, vectorLoop, vectorRows } from '@torchlet/kernels';
import type { View } from '../backend.js';
import { ELEMENTWISE, type ElementwiseName } from '../elementwise.js';
import { runPlanes } from './planes.js';

/** Below this the call costs more than it saves. */
export const LEAST_VECTOR = 256;
/** The same for one row of several: a tensor of many short rows is better off in one compiled loop. */
const LEAST_ROW = 16;

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
  if (n < LEAST_VECTOR || !allFloat32(inputs, out)) return false;
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

/** By name; within it by how each operand changes along a row and from row to row. */
const rowLoops = new Map<ElementwiseName, Map<string, VectorRows | null>>();

/** How an operand runs along a row: element by element, one element for all of it, or a number for everything. */
type Manner = 'array' | 'element' | 'number';

function rowLoopFor(name: ElementwiseName, manners: readonly Manner[]): VectorRows | null {
  let table = rowLoops.get(name);
  if (table === undefined) rowLoops.set(name, (table = new Map()));
  const key = manners.join();
  const known = table.get(key);
  if (known !== undefined) return known;
  const of = (manner: Manner): string[] => VARIABLES.filter((_, i) => manners[i] === manner);
  const loop = vectorRows({
    arrays: [
      ...of('array').map((variable) => ({ name: variable, read: true, write: false })),
      { name: 'out', read: false, write: true },
    ],
    rowInputs: of('element'),
    rowOutputs: [],
    scalars: of('number'),
    constants: {},
    passes: [{ body: `out = ${ELEMENTWISE[name]};` }],
  });
  table.set(key, loop);
  return loop;
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
  if (last < 1 || shape[last] < LEAST_ROW || !allFloat32(inputs, out) || strides[0][last] !== 1) return false;
  if (strides.some((s) => s[last] !== 1 && s[last] !== 0)) return false;
  let next = 1;
  const views = inputs.filter((input) => typeof input !== 'number');
  const manners = inputs.map((input): Manner => {
    if (typeof input === 'number') return 'number';
    return strides[next++][last] === 1 ? 'array' : 'element';
  });
  const loop = rowLoopFor(name, manners);
  if (loop === null) return false;
  const outer = longestOuter(shape);
  const sizes = swapped(shape, outer, last - 1);
  const places = [out, ...views].map((v, k) => ({
    array: array(v),
    offset: v.offset,
    strides: swapped(strides[k], outer, last - 1),
  }));
  const scalars = inputs.filter((input) => typeof input === 'number');
  return runPlanes(sizes, places, (at) => {
    const rows = places.map((p, k): Rows => ({ array: p.array, offset: at[k], step: p.strides[last - 1] }));
    const arrays = rows.filter((_, k) => k > 0 && places[k].strides[last] === 1);
    const elements = rows.filter((_, k) => k > 0 && places[k].strides[last] === 0);
    return loop(sizes[last - 1], sizes[last], [...arrays, rows[0]], elements, scalars);
  });
}

/** The dimension before the innermost one that has most elements: a call for each of its neighbours costs least. */
function longestOuter(shape: readonly number[]): number {
  let longest = shape.length - 2;
  for (let d = longest - 1; d >= 0; d--) if (shape[d] > shape[longest]) longest = d;
  return longest;
}

function swapped(list: readonly number[], i: number, j: number): readonly number[] {
  if (i === j) return list;
  const result = list.slice();
  [result[i], result[j]] = [list[j], list[i]];
  return result;
}
