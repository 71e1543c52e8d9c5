import type { FloatArray } from './types.js';

// One growing array per use and element type: a fresh array would cost more than the work done in it.
const float32 = new Map<string, Float32Array>();
const float64 = new Map<string, Float64Array>();

/** A reused array of at least `length` elements, of the same type as `like`; its content is whatever was left in it. */
export function scratch<T extends FloatArray>(like: T, use: string, length: number): T {
  if (like instanceof Float32Array) {
    let array = float32.get(use);
    if (array === undefined || array.length < length) float32.set(use, (array = new Float32Array(length)));
    return array as T;
  }
  let array = float64.get(use);
  if (array === undefined || array.length < length) float64.set(use, (array = new Float64Array(length)));
  return array as T;
}
