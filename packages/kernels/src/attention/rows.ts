/** What happens between the matrix products of attention, as passes over rows in WebAssembly memory. */
import type { Kernel } from '../parallel/pool.js';
import { compileRows, type GrowingRowsDefinition, type RowsDefinition } from '../simd/compile.js';
import { compileKernel, type WasmKernels } from '../wasm/instance.js';

const read = (name: string) => ({ name, read: true, write: false });
const both = (name: string) => ({ name, read: true, write: true });
const plain = { rowInputs: [], rowOutputs: [], scalars: [], constants: {} };

const SOFTMAX: RowsDefinition = {
  ...plain,
  arrays: [both('y')],
  passes: [
    { body: '', results: { top: { reduce: 'max', of: 'y' } } },
    { body: 'y = Math.exp(y - top);', results: { total: { reduce: 'sum', of: 'y' } }, after: 'scale = 1 / total;' },
    { body: 'y = y * scale;' },
  ],
};

/** The mask is added first; a row in which all is −∞ becomes zeros. */
const MASKED_SOFTMAX: RowsDefinition = {
  ...plain,
  arrays: [both('y'), read('mask')],
  passes: [
    {
      body: 'y = y + mask;',
      results: { most: { reduce: 'max', of: 'y' } },
      after: 'top = most === -Infinity ? 0 : most;',
    },
    {
      body: 'y = Math.exp(y - top);',
      results: { total: { reduce: 'sum', of: 'y' } },
      after: 'scale = total === 0 ? 0 : 1 / total;',
    },
    { body: 'y = y * scale;' },
  ],
};

/** From the softmax y and the gradient d of it, that of what went into it. */
const GRADIENT: RowsDefinition = {
  ...plain,
  arrays: [read('y'), both('d')],
  passes: [{ body: '', results: { total: { reduce: 'sum', of: 'd * y' } } }, { body: 'd = y * (d - total);' }],
};

const DEFINITIONS: Readonly<Record<keyof RowKernels, RowsDefinition | GrowingRowsDefinition>> = {
  softmax: SOFTMAX,
  maskedSoftmax: MASKED_SOFTMAX,
  causalSoftmax: { ...SOFTMAX, beyond: 'y = 0;' },
  gradient: GRADIENT,
  causalGradient: { ...GRADIENT, beyond: 'd = 0;' },
};

/** Of arguments as `compileRows` says; the causal ones grow from row to row. */
export interface RowKernels {
  readonly softmax: Kernel;
  readonly maskedSoftmax: Kernel;
  readonly causalSoftmax: Kernel;
  readonly gradient: Kernel;
  readonly causalGradient: Kernel;
}

const compiled = new WeakMap<WasmKernels, RowKernels | null>();

/** Compiled on first use; null where the engine cannot. */
export function rowKernels(kernels: WasmKernels): RowKernels | null {
  let known = compiled.get(kernels);
  if (known === undefined) compiled.set(kernels, (known = compileAll(kernels)));
  return known;
}

function compileAll(kernels: WasmKernels): RowKernels | null {
  const result: Record<string, Kernel> = {};
  for (const [name, definition] of Object.entries(DEFINITIONS)) {
    const bytes = compileRows(definition);
    if (bytes === null) return null;
    result[name] = compileKernel(kernels, bytes);
  }
  return result as unknown as RowKernels;
}
