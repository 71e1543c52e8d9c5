/** Elementwise operations, copies and fills on the device; integers whose results 32-bit floats may not hold go through the cpu. */
import { allocateArray, castNumber, type DType, isFloating } from '../../dtype.js';
import { numelOf } from '../../shape.js';
import type { Storage } from '../../storage.js';
import type { View } from '../backend.js';
import { cpuBackend } from '../cpu/cpu-backend.js';
import type { ElementwiseName } from '../elementwise.js';
import { gpuDriver } from './device.js';
import { GpuBuffer, gpuBufferOf, Handle, handleOf } from './handles.js';
import { elementwiseKernel } from './kernels/elementwise.js';
import { nested, type Place, rowMajor } from './kernels/walk.js';
import { reduceTo } from './reduce.js';
import { runKernel } from './run.js';
import { throughCpu } from './transfers.js';
import { hostScalar, isWhole, placeOf, store, write } from './views.js';

const viaCpu = {
  accumulate: throughCpu('accumulate'),
  elementwise: throughCpu('elementwise'),
  copy: throughCpu('copy'),
};

/** Of integers up to 2^24 these make integers up to 2^24. */
const BOUNDED: ReadonlySet<ElementwiseName> = new Set([
  'copy',
  'abs',
  'sign',
  'relu',
  'maximum',
  'minimum',
  'clamp',
  'where',
  'logical_not',
  'logical_and',
  'logical_or',
  'logical_xor',
] as const);

const LARGEST_EXACT = 2 ** 24;

/** Whether the kernel computes what the cpu computes, in 32-bit floats. */
function fits(name: ElementwiseName, inputs: readonly (View | number)[], out: View): boolean {
  if (numelOf(out.shape) === 0 || name === 'pow_integer') return false;
  if (!isFloating(out.dtype) && out.dtype !== 'bool' && !BOUNDED.has(name)) return false;
  const integers = inputs.some((x) => typeof x !== 'number' && !isFloating(x.dtype)) || !isFloating(out.dtype);
  const floats = inputs.every((x) => typeof x === 'number' || isFloating(x.dtype));
  return inputs.every((x) => {
    if (typeof x !== 'number') return handleOf(x).fitsDevice;
    return !integers || floats || Math.abs(x) <= LARGEST_EXACT || !Number.isFinite(x);
  });
}

export function elementwise(name: ElementwiseName, inputs: readonly (View | number)[], out: View): void {
  const numbers = inputs.map((x) => (typeof x === 'number' ? x : handleOf(x).constant));
  if (numbers.every((x) => x !== null)) fill(out, ofNumbers(name, numbers, out.dtype));
  else if (fits(name, inputs, out)) store(compute(name, inputs, out), out);
  else viaCpu.elementwise(name, inputs, out);
}

/** The result where every operand is one number everywhere: computed once, on the host. */
function ofNumbers(name: ElementwiseName, numbers: readonly number[], dtype: DType): number {
  const result = allocateArray(dtype, 1);
  cpuBackend.elementwise(name, numbers, hostScalar(dtype, result));
  return result[0];
}

/** The result in row-major order. */
function compute(name: ElementwiseName, inputs: readonly (View | number)[], out: View): Handle {
  const operands = inputs.map((x): Place | number => {
    if (typeof x === 'number') return x;
    return handleOf(x).constant ?? placeOf(x, out.shape);
  });
  const arrays = inputs.filter((x, i): x is View => typeof x !== 'number' && typeof operands[i] !== 'number');
  const first = inputs[0];
  const from = typeof first === 'number' ? out.dtype : first.dtype;
  const { kernel, scalars } = elementwiseKernel(name, out.dtype, out.shape, operands, from, gpuDriver().lanes);
  return runKernel(kernel, arrays.map(handleOf), scalars, out.dtype);
}

export function fill(out: View, value: number): void {
  const stored = castNumber(value, out.dtype);
  if (isWhole(out)) gpuBufferOf(out.storage.buffer).handle = Handle.filled(out.dtype, out.storage.numel, stored);
  else write(out, stored, { strides: out.strides, offset: 0 });
}

export function copy(src: View, out: View): void {
  const { constant } = handleOf(src);
  if (numelOf(out.shape) === 0) return;
  if (src.dtype !== out.dtype) {
    if (constant !== null) fill(out, constant);
    else if (fits('copy', [src], out)) store(compute('copy', [src], out), out);
    else viaCpu.copy(src, out);
  } else if (constant !== null) fill(out, constant);
  // handles never change, so two storages may hold the same one
  else if (isWhole(src) && isWhole(out)) gpuBufferOf(out.storage.buffer).handle = handleOf(src);
  else if (isWhole(out) && handleOf(src).fitsDevice) store(compute('copy', [src], out), out);
  else write(out, handleOf(src), placeOf(src));
}

/** Windows that overlap are added one after the other, but not more than these. */
const MOST_SLICES = 64;

export function accumulate(out: View, src: View): void {
  if (out.dtype !== 'float32' || src.dtype !== 'float32' || numelOf(out.shape) === 0) {
    viaCpu.accumulate(out, src);
    return;
  }
  const repeated = out.shape.map((_, d) => d).filter((d) => out.strides[d] === 0 && out.shape[d] > 1);
  if (repeated.length === 0) {
    addInto(out, src);
    return;
  }
  // an element that `out` shows in several places receives their sum
  const kept = (list: readonly number[]): number[] => list.filter((_, d) => !repeated.includes(d));
  const target: View = {
    storage: out.storage,
    dtype: out.dtype,
    offset: out.offset,
    shape: kept(out.shape),
    strides: kept(out.strides),
  };
  const sums = new GpuBuffer(reduceTo('sum', src, repeated));
  const numel = numelOf(target.shape);
  const storage: Storage = { ...src.storage, numel, buffer: sums };
  addInto(target, { storage, dtype: 'float32', shape: target.shape, ...rowMajor(target.shape) });
  sums.dispose();
}

/** `out += src`, where no stride of `out` is 0. */
function addInto(out: View, src: View): void {
  if (nested(out.shape, out.strides) !== null) {
    elementwise('add', [out, src], out);
    return;
  }
  // neighbours overlap: slices along the shortest dimension may not
  const sizes = out.shape.map((size) => (size > 1 ? size : Infinity));
  const d = sizes.indexOf(Math.min(...sizes));
  if (out.shape[d] > MOST_SLICES) {
    viaCpu.accumulate(out, src);
    return;
  }
  for (let i = 0; i < out.shape[d]; i++) addInto(slice(out, d, i), slice(src, d, i));
}

const slice = (x: View, dim: number, i: number): View => ({
  storage: x.storage,
  dtype: x.dtype,
  shape: x.shape.toSpliced(dim, 1),
  strides: x.strides.toSpliced(dim, 1),
  offset: x.offset + i * x.strides[dim],
});
