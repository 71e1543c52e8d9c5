/** The update of an optimizer: every tensor that it writes is a kernel of its own, and all change hands behind the last. */

import { numelOf } from '../../shape.js';
import type { View } from '../backend.js';
import type { UpdateKernel } from '../update-kernel.js';
import { gpuDriver } from './device.js';
import type { Handle } from './handles.js';
import { updateKernel } from './kernels/update.js';
import { runKernel } from './run.js';
import { contiguousHandle, store } from './views.js';

export function update(
  kernel: UpdateKernel,
  writes: readonly (View | null)[],
  reads: readonly (View | null)[],
  values: readonly (number | boolean)[],
): void {
  const views = [...writes, ...reads];
  const numel = numelOf((writes[0] as View).shape);
  if (numel === 0) return;
  const handles = views.map((view) => (view === null ? null : contiguousHandle(view)));
  const present = handles.map((handle) => handle !== null);
  const { lanes } = gpuDriver();
  const results = writes.flatMap((view, i) => {
    if (view === null) return [];
    const { kernel: source, arrays, scalars } = updateKernel(kernel, kernel.writes[i], numel, present, values, lanes);
    const result = runKernel(
      source,
      arrays.map((at) => handles[at] as Handle),
      scalars,
    );
    return [{ view, result }];
  });
  for (const { view, result } of results) store(result, view);
}
