/** Copies between memory orders: from any strides to any others. */

import { threadLimits } from './parallel/limits.js';
import type { Argument, Pool } from './parallel/pool.js';
import { addressOf, unitsOf, unitsPerBlock } from './parallel/split.js';
import { type WasmKernels, wasmKernels } from './wasm/instance.js';
import type { ResidentArray } from './wasm/residents.js';

/** Rows, or columns, of which threads get a multiple: the elements of a cache line. */
const BAND = 16;
/** Fewer elements are as fast in JavaScript. */
const LEAST = 300;
/** Dimensions that the kernel walks. */
const RANK = 4;
/** A dimension with fewer elements is not read across. */
const LEAST_ROWS = 4;

/** Elements in memory: the first one's place, and how far neighbours are apart along each dimension. */
export interface Strided<T> {
  readonly array: T;
  readonly offset: number;
  readonly strides: readonly number[];
}

interface Dimension {
  readonly size: number;
  /** Strides of the source and of the result. */
  readonly from: number;
  readonly to: number;
}

/** Dimensions with the places of their first elements. */
interface Walk {
  readonly dimensions: readonly Dimension[];
  readonly from: number;
  readonly to: number;
}

/**
 * `to[i] = from[i]` for all places `i` of a shape without zeros, bit by bit.
 * @returns false, with nothing done, where an array lies outside of WebAssembly memory, the work is small, the two have memory in
 * common, or elements of the result may have
 */
export function copyStrided<T extends ResidentArray>(
  shape: readonly number[],
  from: Strided<T>,
  to: Strided<T>,
): boolean {
  let numel = 1;
  for (const size of shape) numel *= size;
  const kernels = numel < LEAST ? null : wasmKernels();
  if (!kernels?.memory.holds(from.array) || !kernels.memory.holds(to.array)) return false;
  const walk = inOrder(shape, from, to);
  if (walk === null || overlap(walk)) return false;
  runOuter(kernels, arranged(walk.dimensions), walk.from, walk.to);
  return true;
}

const elements = ({ array, offset }: Strided<ResidentArray>): number => array.byteOffset / 4 + offset;

/** Largest strides of the result first, all of them positive, neighbours joined; null where elements of the result may meet. */
function inOrder(shape: readonly number[], from: Strided<ResidentArray>, to: Strided<ResidentArray>): Walk | null {
  let [start, target] = [elements(from), elements(to)];
  const dimensions: Dimension[] = [];
  shape.forEach((size, d) => {
    if (size === 1) return;
    const [f, t] = [from.strides[d], to.strides[d]];
    if (t < 0) {
      start += (size - 1) * f;
      target += (size - 1) * t;
    }
    dimensions.push(t < 0 ? { size, from: -f, to: -t } : { size, from: f, to: t });
  });
  dimensions.sort((a, b) => b.to - a.to);
  const joined: Dimension[] = [];
  for (const d of dimensions) {
    const before = joined.at(-1);
    if (before !== undefined && before.to < d.size * d.to) return null;
    if (before?.to === d.size * d.to && before.from === d.size * d.from)
      joined[joined.length - 1] = { size: before.size * d.size, from: d.from, to: d.to };
    else joined.push(d);
  }
  return joined.length > 0 && joined[joined.length - 1].to === 0
    ? null
    : { dimensions: joined, from: start, to: target };
}

/** Whether the source's stretch of memory meets that of the result. */
function overlap({ dimensions, from, to }: Walk): boolean {
  let [first, last, end] = [from, from, to];
  for (const d of dimensions) {
    if (d.from < 0) first += (d.size - 1) * d.from;
    else last += (d.size - 1) * d.from;
    end += (d.size - 1) * d.to;
  }
  return first <= end && to <= last;
}

/** The dimension in which elements of the source lie closest together becomes the last but one, where it is not the last. */
function arranged(dimensions: readonly Dimension[]): Dimension[] {
  const last = dimensions.length - 1;
  let row = last - 1;
  let closest = Math.abs(dimensions[last].from);
  for (let d = 0; d < last; d++) {
    const step = Math.abs(dimensions[d].from);
    if (step > 0 && step < closest && dimensions[d].size >= LEAST_ROWS) [row, closest] = [d, step];
  }
  const order = [...dimensions];
  if (row >= 0) order.push(...order.splice(row, 1), ...order.splice(last - 1, 1));
  return order;
}

/** A call for each place of the dimensions that are too many for the kernel. */
function runOuter(kernels: WasmKernels, dimensions: readonly Dimension[], from: number, to: number): void {
  if (dimensions.length <= RANK) {
    run(kernels, dimensions, from, to);
    return;
  }
  const [first, ...rest] = dimensions;
  for (let i = 0; i < first.size; i++) runOuter(kernels, rest, from + i * first.from, to + i * first.to);
}

const SINGLE: Dimension = { size: 1, from: 0, to: 0 };

function run(kernels: WasmKernels, dimensions: readonly Dimension[], from: number, to: number): void {
  const walk = [...new Array<Dimension>(RANK - dimensions.length).fill(SINGLE), ...dimensions];
  const row = walk[RANK - 2];
  if (row.from < 0) {
    // rows of the source that are neighbours the other way round
    from += (row.size - 1) * row.from;
    to += (row.size - 1) * row.to;
    walk[RANK - 2] = { size: row.size, from: -row.from, to: -row.to };
  }
  const { pool, shared } = kernels;
  const kernel = shared.copyStrided;
  const strides = [...walk.map((d) => 4 * d.from), ...walk.map((d) => 4 * d.to)];
  const sizes: Argument[] = walk.map((d) => d.size);
  const [cut, perBlock] = cutOf(pool, walk);
  const { size, from: fromStep, to: toStep } = walk[cut];
  if (perBlock >= size) {
    kernel.run(4 * from, 4 * to, ...(sizes as number[]), ...strides);
    return;
  }
  sizes[cut] = unitsOf(size, perBlock);
  const places = [addressOf(4 * from, 4 * perBlock * fromStep), addressOf(4 * to, 4 * perBlock * toStep)];
  pool.run({ blocks: Math.ceil(size / perBlock), calls: [{ kernel, args: [...places, ...sizes, ...strides] }] });
}

/** Which dimension threads share, the one with most pieces, and how many of its elements a block has. */
function cutOf(pool: Pool, walk: readonly Dimension[]): readonly [dimension: number, perBlock: number] {
  const numel = walk.reduce((n, { size }) => n * size, 1);
  if (numel < threadLimits.leastShared || pool.threads === 1) return [0, walk[0].size];
  const pieces = walk.map(({ size }, d) => (d < RANK - 2 ? size : Math.ceil(size / BAND)));
  const cut = pieces.indexOf(Math.max(...pieces));
  const unit = cut < RANK - 2 ? 1 : BAND;
  return [cut, unit * unitsPerBlock(pool, pieces[cut], numel / pieces[cut])];
}
