/** Work along rows on the device: passes over rows, softmax, and the updates of optimizers. */
import { numelOf } from '../../shape.js';
import type { Backend, View } from '../backend.js';
import type { RowsKernel } from '../rows-kernel.js';
import type { Handle } from './handles.js';
import {
  COUNT,
  foundKernel,
  type PreparedRows,
  type RowsShape,
  rowValueKernel,
  writtenKernel,
} from './kernels/rows.js';
import { softmaxKernel, softmaxSumKernel } from './kernels/softmax.js';
import { reduceTo } from './reduce.js';
import { runKernel } from './run.js';
import { throughCpu } from './transfers.js';
import { contiguousHandle, store } from './views.js';

const softmaxOnCpu: Backend['softmax'] = throughCpu('softmax');

export function rows(
  kernel: RowsKernel,
  count: number,
  columns: number,
  reads: readonly View[],
  writes: readonly View[],
  rowReads: readonly View[],
  rowWrites: readonly View[],
  values: readonly number[],
): void {
  if (count === 0 || columns === 0) return;
  const named = (names: readonly string[], views: readonly View[]) => names.map((name, i) => [name, views[i]] as const);
  const inputs = [...named(kernel.reads, reads), ...named(kernel.rowReads, rowReads)];
  const arrays = new Map(inputs.map(([name, view]) => [name, contiguousHandle(view)]));
  const numbers = new Map([...kernel.values.map((name, i) => [name, values[i]] as const), [COUNT, columns]]);
  const shared = named(kernel.reads, reads).filter(([, view]) => view.shape.length < 2 && count > 1);
  const shape: RowsShape = { rows: count, columns, shared: new Set(shared.map(([name]) => name)) };
  const run = (prepared: PreparedRows): Handle =>
    runKernel(
      prepared.kernel,
      prepared.arrays.map((name) => arrays.get(name) as Handle),
      [...prepared.values.map((name) => numbers.get(name) as number), ...prepared.scalars],
    );
  kernel.passes.forEach((pass, i) => {
    const written = kernel.writes.filter((name) => assigns(pass.body, name));
    // a pass reads what earlier ones wrote, and nothing of its own
    const results = written.map((name) => [name, run(writtenKernel(kernel, shape, i, name))] as const);
    const found = Object.keys(pass.results ?? {}).map(
      (name) => [name, run(foundKernel(kernel, shape, i, name))] as const,
    );
    for (const [name, result] of [...results, ...found]) arrays.set(name, result);
  });
  kernel.writes.forEach((name, i) => {
    store(arrays.get(name) as Handle, writes[i]);
  });
  kernel.rowWrites.forEach((name, i) => {
    store(run(rowValueKernel(kernel, shape, name)), rowWrites[i]);
  });
}

const assigns = (body: string, name: string): boolean => new RegExp(`(?<![\\w$.])${name}\\s*[-+*/]?=(?!=)`).test(body);

export function softmax(x: View, dim: number, log: boolean, out: View): void {
  const numel = numelOf(x.shape);
  if (x.dtype !== 'float32' || numel === 0) {
    softmaxOnCpu(x, dim, log, out);
    return;
  }
  const handle = contiguousHandle(x);
  const size = x.shape[dim] ?? 1;
  const outer = numelOf(x.shape.slice(0, dim));
  const shape = { outer, size, inner: numel / outer / size };
  const max = reduceTo('max', x, x.shape.length === 0 ? [] : [dim]);
  const total = softmaxSumKernel(shape);
  const sum = runKernel(total.kernel, [handle, max], total.scalars);
  const result = softmaxKernel(shape, log);
  store(runKernel(result.kernel, [handle, max, sum], result.scalars), out);
}
