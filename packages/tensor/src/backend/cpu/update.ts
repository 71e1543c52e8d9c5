/** Fused updates: {@link UpdateKernel}s compiled to loops, once for each combination of element types and constants. */

import { type VectorLoop, vectorLoop } from '@torchlet/kernels';
import { allocateArray, type TypedArray } from '../../dtype.js';
import { isContiguous, numelOf, type Shape } from '../../shape.js';
import type { View } from '../backend.js';
import { tinyOf, type UpdateKernel } from '../update-kernel.js';
import { collapse } from './elementwise.js';
import { discard, temporary } from './memory.js';
import { copy } from './strided.js';

/** The arrays stand in the order of `writes`, then `reads`; the values in the order of `values`. */
type Loop = (n: number, arrays: readonly (TypedArray | null)[], values: readonly (number | boolean)[]) => void;

/** Elements per turn of the loop: for a short update the loop itself is half of the time. */
const UNROLL = 8;
/** V8 starts to take notes of a function after about ten calls. */
const WARM_UP_CALLS = 32;

/** Below this a call into WebAssembly costs more than it saves. */
const LEAST_VECTOR = 256;

const compiled = new WeakMap<UpdateKernel, Map<number, Loop>>();
const vectors = new WeakMap<UpdateKernel, Map<number, VectorLoop | null>>();

/** Runs the update on equally shaped views, float32 or float64, in any memory layout; null for an absent tensor. */
export function update(
  kernel: UpdateKernel,
  writes: readonly (View | null)[],
  reads: readonly (View | null)[],
  values: readonly (number | boolean)[],
): void {
  const views = [...writes, ...reads];
  const shape = (writes[0] as View).shape;
  const n = numelOf(shape);
  if (n === 0) return;
  const aligned = sameOrder(shape, views);
  if (aligned && n >= LEAST_VECTOR && runVector(kernel, n, views, values)) return;
  if (!aligned) {
    updatePacked(kernel, writes, reads, values);
    return;
  }
  const loop = loopFor(kernel, views, values);
  const arrays = new Array<TypedArray | null>(views.length);
  for (let i = 0; i < views.length; i++) arrays[i] = elementsFrom(views[i], n);
  loop(n, arrays, values);
}

/** The update on copies in one order; what it has written goes back. */
function updatePacked(
  kernel: UpdateKernel,
  writes: readonly (View | null)[],
  reads: readonly (View | null)[],
  values: readonly (number | boolean)[],
): void {
  const [written, read] = [writes, reads].map((views) => views.map((view) => view && copied(view)));
  update(kernel, written, read, values);
  writes.forEach((view, i) => {
    if (view !== null) copy(written[i] as View, view);
  });
  for (const view of [...written, ...read]) if (view !== null) discard(view);
}

function copied(view: View): View {
  const result = temporary(view.dtype, view.shape);
  copy(view, result);
  return result;
}

/** Whether all views lie in memory without gaps and in one order, whichever: then elements meet by position. */
function sameOrder(shape: Shape, views: readonly (View | null)[]): boolean {
  if (allContiguous(shape, views)) return true;
  const strides = views.flatMap((view) => (view === null ? [] : [view.strides]));
  // largest stride first, so that a transposed view that is dense becomes one run
  const order = shape.map((_, d) => d).sort((a, b) => strides[0][b] - strides[0][a] || a - b);
  const merged = collapse(
    order.map((d) => shape[d]),
    strides.map((s) => order.map((d) => s[d])),
  );
  return merged.shape.length === 0 || (merged.shape.length === 1 && merged.strides.every(([step]) => step === 1));
}

function allContiguous(shape: Shape, views: readonly (View | null)[]): boolean {
  for (let i = 0; i < views.length; i++) {
    const view = views[i];
    if (view !== null && !isContiguous(shape, view.strides)) return false;
  }
  return true;
}

function elementsFrom(view: View | null, n: number): TypedArray | null {
  if (view === null) return null;
  const array = view.storage.buffer as TypedArray;
  return view.offset === 0 ? array : array.subarray(view.offset, view.offset + n);
}

/** One number for the element types and for what is compiled in. */
function variantOf(views: readonly (View | null)[], values: readonly (number | boolean)[]): number {
  let key = 0;
  for (const view of views) key = key * 3 + (view === null ? 0 : view.dtype === 'float32' ? 1 : 2);
  for (const value of values) key = key * 4 + (value === true ? 1 : value === false ? 2 : value === 0 ? 3 : 0);
  return key;
}

/** Runs the update as WebAssembly SIMD; false where an element is no float32 or the update has no vector form. */
function runVector(
  kernel: UpdateKernel,
  n: number,
  views: readonly (View | null)[],
  values: readonly (number | boolean)[],
): boolean {
  if (views.some((view) => view !== null && view.dtype !== 'float32')) return false;
  let loops = vectors.get(kernel);
  if (loops === undefined) vectors.set(kernel, (loops = new Map<number, VectorLoop | null>()));
  const key = variantOf(views, values);
  let loop = loops.get(key);
  if (loop === undefined) loops.set(key, (loop = compileVector(kernel, views, values)));
  if (loop === null) return false;
  const present = views.filter((view) => view !== null);
  loop(
    n,
    present.map((view) => view.storage.buffer as Float32Array),
    present.map((view) => view.offset),
    values.filter((value): value is number => typeof value === 'number' && value !== 0),
  );
  return true;
}

function compileVector(
  kernel: UpdateKernel,
  views: readonly (View | null)[],
  values: readonly (number | boolean)[],
): VectorLoop | null {
  const names = [...kernel.writes, ...kernel.reads];
  const constants: Record<string, number | boolean> = { tiny: tinyOf('float32') };
  const scalars: string[] = [];
  names.forEach((name, i) => {
    if (views[i] === null) constants[name] = 0;
  });
  kernel.values.forEach((name, i) => {
    const value = values[i];
    if (typeof value === 'boolean' || value === 0) constants[name] = value;
    else scalars.push(name);
  });
  const arrays = names
    .filter((_, i) => views[i] !== null)
    .map((name) => ({ name, read: true, write: kernel.writes.includes(name) }));
  return vectorLoop({ arrays, scalars, constants, body: kernel.each });
}

function loopFor(kernel: UpdateKernel, views: readonly (View | null)[], values: readonly (number | boolean)[]): Loop {
  let loops = compiled.get(kernel);
  if (loops === undefined) compiled.set(kernel, (loops = new Map<number, Loop>()));
  const key = variantOf(views, values);
  let loop = loops.get(key);
  if (loop === undefined) {
    loop = compile(kernel, views, values);
    warmUp(loop, views, values);
    loops.set(key, loop);
  }
  return loop;
}

/**
 * Runs every part of a new loop on a few zeros. Otherwise V8 optimizes it in the middle of a long first call, knowing
 * nothing of its beginning and end, and has to throw that code away at the end of this and of each later call.
 */
function warmUp(loop: Loop, views: readonly (View | null)[], values: readonly (number | boolean)[]): void {
  const n = UNROLL + 1;
  const arrays = views.map((view) => view && allocateArray(view.dtype, n));
  for (let k = 0; k < WARM_UP_CALLS; k++) loop(n, arrays, values);
}

function compile(kernel: UpdateKernel, views: readonly (View | null)[], values: readonly (number | boolean)[]): Loop {
  const names = [...kernel.writes, ...kernel.reads];
  const present = names.filter((_, i) => views[i] !== null);
  const constants = kernel.values.map((name, i) => {
    const value = values[i];
    return `const ${name} = ${typeof value === 'boolean' || value === 0 ? value : `+values[${i}]`};`;
  });
  const element = (index: string): string =>
    [
      '{',
      ...names.map((name, i) => `let ${name} = ${views[i] === null ? '0' : `${name}$[${index}]`};`),
      kernel.each,
      ...kernel.writes.filter((_, i) => views[i] !== null).map((name) => `${name}$[${index}] = ${name};`),
      '}',
    ].join('\n');
  const turn = Array.from({ length: UNROLL }, (_, k) => element(`i + ${k}`)).join('\n');
  return new Function(
    'n',
    'arrays',
    'values',
    `'use strict';
    const tiny = ${tinyOf((views[0] as View).dtype)};
    ${present.map((name) => `const ${name}$ = arrays[${names.indexOf(name)}];`).join(' ')}
    ${constants.join(' ')}
    let i = 0;
    for (const last = n - ${UNROLL}; i <= last; i += ${UNROLL}) { ${turn} }
    for (; i < n; i++) ${element('i')}`,
  ) as Loop;
}
