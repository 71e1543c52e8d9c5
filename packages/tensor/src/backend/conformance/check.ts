/** Comparisons that name the element at fault. No test framework here: a failed check throws. */
import { type DType, isFloating } from '../../dtype.js';
import { numelOf } from '../../shape.js';
import type { Backend, View } from '../backend.js';

/** Allowed differences: absolute plus relative to what is expected. */
export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

const TOLERANCE: Readonly<Record<'float32' | 'float64', Tolerance>> = {
  float32: { rtol: 1e-5, atol: 1e-6 },
  float64: { rtol: 1e-12, atol: 1e-13 },
};

/** What `dtype` holds of an exact result. */
function rounded(value: number, dtype: DType): number {
  return dtype === 'float32' ? Math.fround(value) : value;
}

function agrees(actual: number, expected: number, dtype: DType, tolerance: Tolerance): boolean {
  if (Number.isNaN(expected)) return Number.isNaN(actual);
  // a −0 among integers would print and divide wrongly
  if (!isFloating(dtype)) return Object.is(actual, expected === 0 ? 0 : expected);
  if (!Number.isFinite(expected)) return actual === expected;
  return Math.abs(actual - expected) <= tolerance.atol + tolerance.rtol * Math.abs(expected);
}

/** The view holds `expected` (row-major): integers exactly, floats within the tolerance, NaN where NaN is expected. */
export function expectElements(
  backend: Backend,
  view: View,
  expected: readonly number[],
  tolerance: Tolerance = TOLERANCE[view.dtype === 'float64' ? 'float64' : 'float32'],
): void {
  const actual = backend.toHost(view);
  if (actual.length !== expected.length || expected.length !== numelOf(view.shape)) {
    throw new Error(`expected ${expected.length} elements, got ${actual.length} for shape [${view.shape.join(', ')}]`);
  }
  for (let i = 0; i < expected.length; i++) {
    const want = rounded(expected[i], view.dtype);
    if (!agrees(actual[i], want, view.dtype, tolerance)) {
      throw new Error(`element ${i} of [${view.shape.join(', ')}] ${view.dtype}: expected ${want}, got ${actual[i]}`);
    }
  }
}

/** Runs `write` and checks that it changes no element of the view's storage except the view's own. */
export function expectOnlyViewWritten(backend: Backend, view: View, write: () => void): void {
  const { numel } = view.storage;
  const whole: View = { ...view, shape: [numel], strides: [1], offset: 0 };
  const before = Array.from(backend.toHost(whole));
  write();
  const after = backend.toHost(whole);
  const own = new Set<number>();
  const walk = (d: number, at: number): void => {
    if (d === view.shape.length) own.add(at);
    else for (let i = 0; i < view.shape[d]; i++) walk(d + 1, at + i * view.strides[d]);
  };
  walk(0, view.offset);
  for (let i = 0; i < numel; i++) {
    if (!own.has(i) && !Object.is(before[i], after[i])) {
      throw new Error(
        `position ${i} of the storage lies outside of the view, but changed from ${before[i]} to ${after[i]}`,
      );
    }
  }
}

/** `run` throws an error of the class whose message fits. */
export function expectThrows(run: () => void, type: new (message: string) => Error, message: RegExp): void {
  try {
    run();
  } catch (error) {
    if (error instanceof type && message.test(error.message)) return;
    throw new Error(`expected a ${type.name} that says ${message}, got ${String(error)}`, { cause: error });
  }
  throw new Error(`expected a ${type.name} that says ${message}, but nothing was thrown`);
}
