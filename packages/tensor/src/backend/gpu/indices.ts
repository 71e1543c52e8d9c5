/** Gather and scatter on the device. What 32-bit floats do not hold, and sums of integers, go through the cpu. */
import { numelOf } from '../../shape.js';
import type { Backend, View } from '../backend.js';
import { type Handle, handleOf } from './handles.js';
import { gatherKernel, scatterKernel } from './kernels/indices.js';
import { runKernel } from './run.js';
import { throughCpu } from './transfers.js';
import { placeOf, store } from './views.js';

const viaCpu: Pick<Backend, 'gather' | 'scatter' | 'scatterAdd'> = {
  gather: throughCpu('gather'),
  scatter: throughCpu('scatter'),
  scatterAdd: throughCpu('scatterAdd'),
};

const fits = (...views: readonly View[]): boolean => views.every((x) => numelOf(x.shape) > 0 && handleOf(x).fitsDevice);

export function gather(x: View, dim: number, index: View, out: View): void {
  if (!fits(x, index)) {
    viaCpu.gather(x, dim, index, out);
    return;
  }
  const { kernel, scalars } = gatherKernel(index.shape, dim, placeOf(x), placeOf(index));
  store(runKernel(kernel, [handleOf(index), handleOf(x)], scalars, out.dtype), out);
}

export function scatterAdd(out: View, dim: number, index: View, src: View): void {
  if (numelOf(index.shape) === 0) return;
  if (out.dtype === 'float32' && fits(out, index, src)) write(out, dim, index, src, true);
  else viaCpu.scatterAdd(out, dim, index, src);
}

export function scatter(out: View, dim: number, index: View, src: View): void {
  if (numelOf(index.shape) === 0) return;
  if (fits(out, index, src)) write(out, dim, index, src, false);
  else viaCpu.scatter(out, dim, index, src);
}

function write(out: View, dim: number, index: View, src: View, add: boolean): void {
  const [old, source] = [handleOf(out), handleOf(src)];
  const { kernel, scalars } = scatterKernel(
    {
      shape: out.shape,
      indexShape: index.shape,
      dim,
      index: placeOf(index),
      source: source.constant === null ? placeOf(src) : null,
      old: old.constant === null ? placeOf(out) : null,
    },
    add,
  );
  const given = (handle: Handle): Handle[] => (handle.constant === null ? [handle] : []);
  const arrays = [...given(old), handleOf(index), ...given(source)];
  const numbers = [old.constant, source.constant].filter((value) => value !== null);
  store(runKernel(kernel, arrays, [...numbers, ...scalars], out.dtype), out);
}
