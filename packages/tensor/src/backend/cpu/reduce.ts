/**
 * Reductions. Sums are accumulated in float64, those of float32 after a few pairwise additions, and so at least as accurate as PyTorch's.
 * Floats are taken in the order in which they lie in memory, whatever the order of the dimensions, and without a copy where they have
 * no gaps: step by step, the dimensions that are neighbours there at once, each step rounding to the elements' type. Others become
 * `[outer, reduced, inner]` in row-major order.
 */
import { isFloating, type TypedArray } from '../../dtype.js';
import { contiguousStrides, numelOf, type Shape } from '../../shape.js';
import type { ReduceName, View } from '../backend.js';
import { blockInPlace, withBlock } from './block.js';
import { discard, temporary } from './memory.js';
import { reduceBlock } from './reduce-block.js';
import { copy, type Packed, permuted, withPacked } from './strided.js';

/** Fewer elements are not worth the plan. */
const LEAST_STEPS = 256;

export function reduce(name: ReduceName, x: View, dims: readonly number[], out: View): void {
  // one step needs no plan
  const inPlace = blockInPlace(x, dims);
  // a product may leave the range of its type on the way, and whole numbers theirs
  const inSteps = name !== 'prod' && isFloating(x.dtype) && x.dtype === out.dtype && numelOf(x.shape) >= LEAST_STEPS;
  if (inPlace !== null) reduceBlock(name, inPlace, x.dtype, out);
  else if (inSteps) reduceInSteps(name, x, dims, out);
  else withBlock(x, dims, (block) => reduceBlock(name, block, x.dtype, out));
}

/** Neighbours in memory that are all reduced, or all kept. */
interface Group {
  readonly size: number;
  readonly reduced: boolean;
}

function reduceInSteps(name: ReduceName, x: View, dims: readonly number[], out: View): void {
  // the largest strides first; what is repeated comes last, where a copy has it in rows
  const order = [...x.shape.keys()].sort((a, b) => x.strides[b] - x.strides[a] || a - b);
  const inOrder = permuted(x, order);
  const groups = groupsOf(
    inOrder.shape,
    order.map((d) => dims.includes(d)),
  );
  const kept = order.filter((d) => !dims.includes(d) && x.shape[d] > 1);
  const wanted = kept.toSorted((a, b) => a - b);
  if (kept.every((d, i) => d === wanted[i])) {
    withPacked([inOrder], (packed) => runSteps(name, packed, groups, out));
    return;
  }
  const found = temporary(
    out.dtype,
    kept.map((d) => x.shape[d]),
  );
  withPacked([inOrder], (packed) => runSteps(name, packed, groups, found));
  const result = permuted(
    found,
    wanted.map((d) => kept.indexOf(d)),
  );
  copy(result, { ...out, shape: result.shape, strides: contiguousStrides(result.shape) });
  discard(found);
}

function groupsOf(shape: Shape, reduced: readonly boolean[]): Group[] {
  const groups: Group[] = [];
  shape.forEach((size, d) => {
    const last = groups.at(-1);
    if (size === 1) return;
    if (last?.reduced === reduced[d]) groups[groups.length - 1] = { ...last, size: last.size * size };
    else groups.push({ size, reduced: reduced[d] });
  });
  return groups;
}

const sizeOf = (groups: readonly Group[]): number => groups.reduce((n, { size }) => n * size, 1);

/** A shorter row is not reduced before the number of rows is. */
const LONG_ROW = 64;

/** What is reduced first: rows, if they are long, or else the outermost group; −1 where nothing is left. */
function nextOf(groups: readonly Group[]): number {
  const last = groups.length - 1;
  return groups[last]?.reduced && groups[last].size >= LONG_ROW ? last : groups.findIndex(({ reduced }) => reduced);
}

/** Reduces group after group of `x`, elements in their order; `out` gets the last result. */
function runSteps(name: ReduceName, x: Packed, groups: readonly Group[], out: View): void {
  const at = nextOf(groups);
  const [before, after] = [groups.slice(0, Math.max(0, at)), groups.slice(at + 1)];
  const block = { ...x, outer: sizeOf(before), reduced: groups[at]?.size ?? 1, inner: sizeOf(after) };
  const rest = [...before, ...after];
  if (!rest.some(({ reduced }) => reduced)) {
    reduceBlock(name, block, out.dtype, out);
    return;
  }
  const found = temporary(out.dtype, [block.outer * block.inner]);
  reduceBlock(name, block, out.dtype, found);
  const joined = groupsOf(
    rest.map(({ size }) => size),
    rest.map(({ reduced }) => reduced),
  );
  runSteps(name, { array: arrayOf(found), offset: 0 }, joined, out);
  discard(found);
}

const arrayOf = (x: View): TypedArray => x.storage.buffer as TypedArray;
