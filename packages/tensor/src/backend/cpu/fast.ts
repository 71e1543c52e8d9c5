/**
 * Kernels of `@torchlet/kernels` that take over from the compiled loops on contiguous float32. Each has its scalar
 * definition in `backend/elementwise.ts` as the reference; the conformance suite holds them to it.
 */
import { relu, reluBackward } from '@torchlet/kernels';
import type { View } from '../backend.js';
import type { ElementwiseName } from '../elementwise.js';

type Fast = (n: number, inputs: readonly View[], out: View) => void;

const array = (x: View): Float32Array => x.storage.buffer as Float32Array;

const FAST: Partial<Record<ElementwiseName, Fast>> = {
  relu: (n, [x], out) => relu(array(x), x.offset, array(out), out.offset, n),
  relu_backward: (n, [g, y], out) => reluBackward(array(g), g.offset, array(y), y.offset, array(out), out.offset, n),
};

/** Below this the call costs more than it saves. */
const LEAST = 256;

/** Runs a fast kernel if there is one for these operands, all contiguous and of n elements. */
export function runFast(name: ElementwiseName, n: number, inputs: readonly (View | number)[], out: View): boolean {
  if (n < LEAST || out.dtype !== 'float32') return false;
  const kernel = FAST[name];
  if (kernel === undefined) return false;
  for (const input of inputs) if (typeof input === 'number' || input.dtype !== 'float32') return false;
  kernel(n, inputs as readonly View[], out);
  return true;
}
