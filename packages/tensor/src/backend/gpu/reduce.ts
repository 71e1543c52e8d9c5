/** Reductions on the device, large ones in stages, so that no thread walks over much. */
import { castNumber, type DType, isFloating } from '../../dtype.js';
import { numelOf } from '../../shape.js';
import type { Backend, ReduceName, View } from '../backend.js';
import { collapse } from '../cpu/elementwise.js';
import { Handle, handleOf } from './handles.js';
import { withOutputs } from './kernels/memo.js';
import { argReduceKernel, type Dimensions, type Reduction, reduceKernel } from './kernels/reduce.js';
import { runKernel } from './run.js';
import { throughCpu } from './transfers.js';
import { store } from './views.js';

const viaCpu: Pick<Backend, 'reduce' | 'argReduce'> = {
  reduce: throughCpu('reduce'),
  argReduce: throughCpu('argReduce'),
};

/** A longer walk of one thread is cut into pieces, one thread each … */
const LONGEST_WALK = 1024;
/** … unless this many threads are busy anyway. */
const ENOUGH_THREADS = 2 ** 14;
/** Integers up to here are 32-bit floats. */
const LARGEST_EXACT = 2 ** 24;

/** Whether 32-bit floats hold the result and all on the way to it. */
function fits(name: ReduceName, x: View, out: View): boolean {
  if (numelOf(x.shape) === 0 || !handleOf(x).fitsDevice) return false;
  if (name === 'max' || name === 'min' || isFloating(x.dtype))
    return isFloating(x.dtype) === isFloating(out.dtype) || x.dtype === out.dtype;
  const largest = x.dtype === 'bool' ? 1 : x.dtype === 'uint8' && name === 'sum' ? 255 : Infinity;
  return out.dtype !== 'uint8' && (name === 'prod' ? largest === 1 : largest * numelOf(x.shape) <= LARGEST_EXACT);
}

export function reduce(name: ReduceName, x: View, dims: readonly number[], out: View): void {
  const { constant } = handleOf(x);
  const count = numelOf(x.shape) / Math.max(numelOf(out.shape), 1);
  if (constant !== null && name !== 'prod' && count > 0) fillWith(out, name === 'sum' ? constant * count : constant);
  else if (fits(name, x, out)) store(reduceTo(name, x, dims, out.dtype), out);
  else viaCpu.reduce(name, x, dims, out);
}

function fillWith(out: View, value: number): void {
  store(Handle.filled(out.dtype, numelOf(out.shape), castNumber(value, out.dtype)), out);
}

export function argReduce(name: 'max' | 'min', x: View, dim: number, out: View): void {
  if (numelOf(x.shape) === 0 || !handleOf(x).fitsDevice) {
    viaCpu.argReduce(name, x, dim, out);
    return;
  }
  const { kept, reduced } = split(x, x.shape.length === 0 ? [] : [dim]);
  // one dimension of its own, also where it has a single element
  const along: Dimensions = reduced.sizes.length === 1 ? reduced : { sizes: [1], strides: [0] };
  const { kernel, scalars } = argReduceKernel(name, { kept, reduced: along, offset: x.offset, cut: null });
  store(runKernel(kernel, [handleOf(x)], scalars, out.dtype), out);
}

/** The kept and the reduced dimensions, neighbours joined where memory allows. */
function split(x: View, dims: readonly number[]): { kept: Dimensions; reduced: Dimensions } {
  const pick = (keep: boolean): Dimensions => {
    const of = x.shape.map((_, d) => d).filter((d) => dims.includes(d) !== keep);
    const merged = collapse(
      of.map((d) => x.shape[d]),
      [of.map((d) => x.strides[d])],
    );
    return { sizes: merged.shape, strides: merged.strides[0] };
  };
  return { kept: pick(true), reduced: pick(false) };
}

/** The reduction over `dims`, in row-major order. */
export function reduceTo(name: ReduceName, x: View, dims: readonly number[], dtype: DType = x.dtype): Handle {
  const { kept, reduced } = split(x, dims);
  return inStages(name, handleOf(x), { kept, reduced, offset: x.offset, cut: null }, dtype);
}

/**
 * Sums `parts` arrays that lie one behind the other, each of these sizes and strides: the first `numel` elements of the sum in
 * row-major order.
 */
export function sumParts(x: Handle, parts: number, { sizes, strides }: Dimensions, numel: number): Handle {
  const reduced = { sizes: [parts], strides: [numelOf(sizes)] };
  const { kernel, scalars } = reduceKernel('sum', { kept: { sizes, strides }, reduced, offset: 0, cut: null });
  return runKernel(withOutputs(kernel, numel), [x], scalars);
}

function inStages(name: ReduceName, x: Handle, reduction: Reduction, dtype: DType): Handle {
  const { kept, reduced } = reduction;
  const [outputs, walk] = [numelOf(kept.sizes), numelOf(reduced.sizes)];
  if (walk <= LONGEST_WALK || outputs >= ENOUGH_THREADS) return run(name, x, reduction, dtype);
  const first = cut(reduction, Math.ceil(Math.sqrt(walk)));
  const pieces = first.kept.sizes.at(-1) as number;
  const partial = run(name, x, first, 'float32');
  return inStages(
    name,
    partial,
    {
      kept: { sizes: [outputs], strides: [pieces] },
      reduced: { sizes: [pieces], strides: [1] },
      offset: 0,
      cut: null,
    },
    dtype,
  );
}

/** Cuts the longest reduced dimension into about `wanted` pieces. */
function cut({ kept, reduced, offset }: Reduction, wanted: number): Reduction {
  const size = Math.max(...reduced.sizes);
  const d = reduced.sizes.indexOf(size);
  const length = Math.ceil(size / Math.min(wanted, size));
  const pieces = Math.ceil(size / length);
  const stride = reduced.strides[d];
  return {
    kept: { sizes: [...kept.sizes, pieces], strides: [...kept.strides, stride * length] },
    reduced: {
      sizes: [...reduced.sizes.toSpliced(d, 1), length],
      strides: [...reduced.strides.toSpliced(d, 1), stride],
    },
    offset,
    cut: pieces * length === size ? null : size,
  };
}

function run(name: ReduceName, x: Handle, reduction: Reduction, dtype: DType): Handle {
  const { kernel, scalars } = reduceKernel(name, reduction);
  return runKernel(kernel, [x], scalars, dtype);
}
