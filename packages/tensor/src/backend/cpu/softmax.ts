/**
 * Softmax along a dimension. In float32 row by row along the last one, along others in steps that take all lines behind them at once;
 * else in loops that compute in float64.
 */
import type { TypedArray } from '../../dtype.js';
import { isContiguous, numelOf } from '../../shape.js';
import type { View } from '../backend.js';
import type { RowsKernel } from '../rows-kernel.js';
import { type Block, withBlock } from './block.js';
import { elementwise } from './elementwise.js';
import { discard, temporary } from './memory.js';
import { reduce } from './reduce.js';
import { reduceRows } from './rows.js';
import { copy, permuted } from './strided.js';

/** Fewer elements are not worth the call. */
const LEAST_VECTOR = 256;

const largest = { body: '', results: { m: { reduce: 'max', of: 'x' } } } as const;
const shape = { reads: ['x'], writes: ['y'], rowReads: [], rowWrites: [], values: [] } as const;

const SOFTMAX: RowsKernel = {
  name: 'softmax',
  ...shape,
  passes: [
    largest,
    { body: 'y = Math.exp(x - m);', results: { total: { reduce: 'sum', of: 'y' } }, after: 'scale = 1 / total;' },
    { body: 'y = y * scale;' },
  ],
};

const LOG_SOFTMAX: RowsKernel = {
  name: 'log_softmax',
  ...shape,
  passes: [
    largest,
    { body: '', results: { total: { reduce: 'sum', of: 'Math.exp(x - m)' } }, after: 'shift = Math.log(total);' },
    { body: 'y = x - m - shift;' },
  ],
};

/** (log-)softmax along `dim`; `out` is contiguous. */
export function softmax(x: View, dim: number, log: boolean, out: View): void {
  if (!isContiguous(out.shape, out.strides)) throw new Error('softmax writes into contiguous memory only');
  if (x.dtype === 'float32' && numelOf(x.shape) >= LEAST_VECTOR) {
    const inner = numelOf(x.shape.slice(dim + 1));
    if (inner >= LEAST_ACROSS) {
      across(x, dim, log, out);
      return;
    }
    if (inner > 1) {
      alongLast(x, dim, log, out);
      return;
    }
  }
  withBlock(x, x.shape.length === 0 ? [] : [dim], (block) => {
    const { array, offset, outer, reduced, inner } = block;
    if (inner === 1 && x.dtype === 'float32' && outer * reduced >= LEAST_VECTOR) {
      const from = { array: array as Float32Array, offset };
      if (reduceRows(log ? LOG_SOFTMAX : SOFTMAX, outer, reduced, from, out)) return;
    }
    inLoops(block, log, out);
  });
}

/** Shorter lines behind the dimension are put in front of it. */
const LEAST_ACROSS = 16;

/** Step by step, each for all lines of those behind `dim`. */
function across(x: View, dim: number, log: boolean, out: View): void {
  const line = temporary(x.dtype, x.shape.with(dim, 1));
  reduce('max', x, [dim], line);
  elementwise('sub', [x, line], out);
  const powers = log ? temporary(x.dtype, x.shape) : out;
  elementwise('exp', [out], powers);
  reduce('sum', powers, [dim], line);
  if (log) {
    discard(powers);
    elementwise('log', [line], line);
  }
  elementwise(log ? 'sub' : 'div', [out, line], out);
  discard(line);
}

/** With `dim` as the last one, in copies. */
function alongLast(x: View, dim: number, log: boolean, out: View): void {
  const order = [...x.shape.keys()].filter((d) => d !== dim).concat(dim);
  const turned = permuted(x, order);
  const found = temporary(out.dtype, turned.shape);
  softmax(turned, order.length - 1, log, found);
  copy(found, permuted(out, order));
  discard(found);
}

function inLoops({ array, offset, outer, reduced, inner }: Block, log: boolean, out: View): void {
  const result = out.storage.buffer as TypedArray;
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      const start = i * reduced * inner + j;
      const end = start + reduced * inner;
      let max = -Infinity;
      for (let p = start; p < end; p += inner) if (array[offset + p] > max) max = array[offset + p];
      if (log) writeLogSoftmax(array, offset, result, out.offset, start, end, inner, max);
      else writeSoftmax(array, offset, result, out.offset, start, end, inner, max);
    }
  }
}

function writeLogSoftmax(
  x: TypedArray,
  xo: number,
  out: TypedArray,
  oo: number,
  start: number,
  end: number,
  step: number,
  max: number,
): void {
  let total = 0;
  for (let p = start; p < end; p += step) total += Math.exp(x[xo + p] - max);
  const shift = max + Math.log(total);
  for (let p = start; p < end; p += step) out[oo + p] = x[xo + p] - shift;
}

function writeSoftmax(
  x: TypedArray,
  xo: number,
  out: TypedArray,
  oo: number,
  start: number,
  end: number,
  step: number,
  max: number,
): void {
  let total = 0;
  // exp is kept in float64 by computing it again rather than through a float32 element
  for (let p = start; p < end; p += step) total += Math.exp(x[xo + p] - max);
  for (let p = start; p < end; p += step) out[oo + p] = Math.exp(x[xo + p] - max) / total;
}
