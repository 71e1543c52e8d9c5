/** Kernels of four outputs a thread, for tests. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { conformanceCases } from '../src/backend/conformance.js';
import { gpuDriver } from '../src/backend/gpu/device.js';
import type { KernelSource } from '../src/backend/gpu/driver.js';
import { gpuBackend } from '../src/backend/gpu/gpu-backend.js';
import { laneLimits } from '../src/backend/gpu/kernels/lanes.js';
import { FORMS, usualForms } from './gpu-shapes.js';
import type { runCase } from './webgpu.js';

/** out[i] = a[i] + 10 · i */
export const fourLanes = (outputs: number): KernelSource => ({
  op: 'fourLanes',
  parameters: ['a'],
  outputs,
  lanes: 4,
  body: `let i = 0;
i = this.thread.x * 4 - 1;
i++;
return [a[i] + i * 10, a[i + 1] + (i + 1) * 10, a[i + 2] + (i + 2) * 10, a[i + 3] + (i + 3) * 10];`,
});

/**
 * Lets as many kernels as can have four outputs a thread, however small, and counts those that ran. Those of products of matrices
 * are in a column where that is possible, or all in a row.
 */
export function fourWherePossible<R>(run: () => R, inColumns = true): { readonly result: R; readonly wide: number } {
  const limits = { ...laneLimits };
  const kernels = vi.spyOn(gpuDriver(), 'run');
  try {
    const leastByRows = inColumns ? 1 : Infinity;
    Object.assign(laneLimits, { leastRow: 1, leastProducts: 1, leastByRows, leastElements: 1 });
    const result = run();
    return { result, wide: kernels.mock.calls.filter(([kernel]) => kernel.lanes === 4).length };
  } finally {
    kernels.mockRestore();
    Object.assign(laneLimits, limits);
  }
}

/** Cases of what may have kernels of four outputs a thread. */
const CASES = /^(matmul|conv2d|max pooling,|elementwise|copy|accumulate|an update) /;

/** Those that have rows or elements enough. */
const WIDE = /^(matmul|conv2d) |max pooling, |copy between|long rows|broadcasts views|in place|other values/;

/** Operands or results that keep every kernel from running. */
const NO_KERNEL = /empty|no images|no channels|int/;

/** The conformance suite, as far as it may have kernels of four outputs a thread; `only` may name a part, `guard` runs each. */
export function testLanes(only = /./, guard: typeof runCase = (_context, _name, run) => run()): void {
  describe.each(Object.entries(FORMS))('%s', (_, setUp) => {
    beforeAll(setUp);
    afterAll(usualForms);

    for (const { name, skip, run } of conformanceCases) {
      if (!CASES.test(name) || skip?.gpu !== undefined || !only.test(name)) continue;
      it(name, (context) => {
        guard(context, name, () => {
          for (const inColumns of name.startsWith('matmul') ? [true, false] : [true]) {
            const { wide } = fourWherePossible(() => run(gpuBackend()), inColumns);
            if (WIDE.test(name) && !NO_KERNEL.test(name)) expect(wide).toBeGreaterThan(0);
          }
        });
      });
    }
  });
}
