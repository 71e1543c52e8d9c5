/** Arrays in WebAssembly memory for the time of one kernel: where they live there, or as copies. */
import type { FloatArray } from '../types.js';
import type { WasmMemory } from './memory.js';

export interface Operand {
  readonly array: Float32Array;
  readonly offset: number;
  readonly length: number;
  /** Written, and every element of it, or read. */
  readonly written: boolean;
}

/** `length` elements from `offset` on. The caller has seen that the array is one of float32. */
export const operand = (array: FloatArray, offset: number, length: number, written = false): Operand => ({
  array: array as Float32Array,
  offset,
  length,
  written,
});

export interface Visit {
  /** Of the operands, in bytes; 0 for null. */
  readonly addresses: readonly number[];
  /** Of the regions for intermediate values. */
  readonly regions: readonly number[];
  /** Brings what was written back to where it belongs. */
  end(): void;
}

/** Elements that have to visit. */
export const elementsAway = (memory: WasmMemory, operands: readonly (Operand | null)[]): number =>
  operands.reduce((sum, o) => sum + (o === null || memory.holds(o.array) ? 0 : o.length), 0);

/** @param regions how many 32-bit elements each needs */
export function visit(memory: WasmMemory, operands: readonly (Operand | null)[], regions: readonly number[]): Visit {
  const away = operands.map((o) => (o === null || memory.holds(o.array) ? null : o));
  const places = memory.reserve([...away.map((o) => o?.length ?? 0), ...regions]);
  const { floats } = memory;
  const addresses = operands.map((o, i) => {
    if (o === null) return 0;
    if (away[i] === null) return o.array.byteOffset + 4 * o.offset;
    if (!o.written) floats.set(o.array.subarray(o.offset, o.offset + o.length), places[i] >>> 2);
    return places[i];
  });
  const end = (): void => {
    away.forEach((o, i) => {
      if (o?.written) o.array.set(floats.subarray(places[i] >>> 2, (places[i] >>> 2) + o.length), o.offset);
    });
  };
  return { addresses, regions: places.slice(operands.length), end };
}
