/** Compiled passes over the rows of matrices. */
import { threadLimits } from '../parallel/limits.js';
import type { Kernel } from '../parallel/pool.js';
import { addressOf, unitsOf, unitsPerBlock } from '../parallel/split.js';
import { compileKernel, wasmKernels } from '../wasm/instance.js';
import type { WasmMemory } from '../wasm/memory.js';
import { compileRows, type RowsDefinition } from './compile.js';
import { namesIn, parseStatements } from './syntax.js';

/** Where a matrix lies: elements from one row to the next, 0 for a row that all rows of the others share. */
export interface Rows {
  readonly array: Float32Array;
  readonly offset: number;
  readonly step: number;
}

/**
 * Runs the passes; false, with nothing done, when a matrix lies outside of WebAssembly memory. Shared rows and numbers may
 * lie anywhere: they are copied.
 * @param numbers one for each row: the row inputs, then the row outputs
 */
export type VectorRows = (
  rows: number,
  columns: number,
  matrices: readonly Rows[],
  numbers: readonly Rows[],
  scalars: readonly number[],
) => boolean;

/** A small operand in WebAssembly memory for the time of one call: a shared row, or numbers of which each row has one. */
interface Visit {
  readonly operand: Rows;
  readonly length: number;
  /** From one of its elements to the next in the operand's array. */
  readonly stride: number;
  /** First element in the memory. */
  readonly at: number;
}

/** The passes of a definition; null without WebAssembly, or where the definition has no vector form. */
export function vectorRows(definition: RowsDefinition): VectorRows | null {
  const kernels = wasmKernels();
  if (kernels === null) return null;
  const bytes = compileRows(definition);
  if (bytes === null) return null;
  const { memory, pool } = kernels;
  const kernel = compileKernel(kernels, bytes);
  const written = new Set([
    ...definition.arrays.flatMap(({ write }, i) => (write ? [i] : [])),
    ...definition.rowOutputs.map((_, i) => definition.arrays.length + definition.rowInputs.length + i),
  ]);
  const elementwise = isElementwise(definition);
  const runSmall = directly(definition, memory, kernel);
  return (rows, columns, matrices, numbers, scalars) => {
    const small = rows * columns < threadLimits.leastShared || pool.threads === 1;
    if (small && runSmall(rows, columns, matrices, numbers, scalars)) return true;
    for (const { array, step } of matrices) if (step !== 0 && !memory.holds(array)) return false;
    const all = [...matrices, ...numbers];
    const visits = bringIn(memory, all, (i) =>
      i < matrices.length ? { length: columns, stride: 1 } : { length: rows, stride: all[i].step },
    );
    const addresses = all.map(({ array, offset }, i) => 4 * (visits[i]?.at ?? (array.byteOffset >>> 2) + offset));
    // numbers that were copied lie side by side
    const steps = all.map(({ step }, i) => 4 * (visits[i] !== null && i >= matrices.length ? 1 : step));
    // rows that write to the same place have to wait for each other
    const joined = all.some(({ step }, i) => step === 0 && written.has(i));
    const perBlock = joined ? rows : unitsPerBlock(pool, rows, columns);
    const rest = [...steps, ...scalars];
    const columnsPerBlock =
      !elementwise || joined || perBlock < rows ? columns : unitsPerBlock(pool, columns, rows, 16);
    if (columnsPerBlock < columns) {
      // few long rows
      const move = (address: number, i: number) => addressOf(address, i < matrices.length ? 4 * columnsPerBlock : 0);
      const args = [rows, unitsOf(columns, columnsPerBlock), ...addresses.map(move), ...rest];
      pool.run({ blocks: Math.ceil(columns / columnsPerBlock), calls: [{ kernel, args }] });
    } else if (perBlock >= rows) kernel.run(rows, columns, ...addresses, ...rest);
    else {
      const places = addresses.map((address, i) => addressOf(address, perBlock * steps[i]));
      const args = [unitsOf(rows, perBlock), columns, ...places, ...rest];
      pool.run({ blocks: Math.ceil(rows / perBlock), calls: [{ kernel, args }] });
    }
    visits.forEach((visit, i) => {
      if (visit !== null && written.has(i)) bringBack(memory, visit);
    });
    return true;
  };
}

/**
 * The passes on one thread over what lies in the memory, where the lists that a task takes would cost more than the work; false where
 * something lies elsewhere.
 */
function directly(definition: RowsDefinition, memory: WasmMemory, kernel: Kernel): VectorRows {
  const { arrays, rowInputs, rowOutputs, scalars: names } = definition;
  const count = arrays.length + rowInputs.length + rowOutputs.length;
  const args = new Array<number>(2 + 2 * count + names.length).fill(0);
  return (rows, columns, matrices, numbers, scalars) => {
    for (let i = 0; i < count; i++) {
      const { array, offset, step } = i < matrices.length ? matrices[i] : numbers[i - matrices.length];
      if (!memory.holds(array)) return false;
      args[2 + i] = array.byteOffset + 4 * offset;
      args[2 + count + i] = 4 * step;
    }
    args[0] = rows;
    args[1] = columns;
    for (let i = 0; i < scalars.length; i++) args[2 + 2 * count + i] = scalars[i];
    kernel.run(...args);
    return true;
  };
}

/** Whether what happens to an element does not depend on the others of its row, nor on how many there are. */
const isElementwise = ({ passes, rowOutputs }: RowsDefinition): boolean =>
  rowOutputs.length === 0 &&
  passes.every(
    ({ body, results = {}, after }) =>
      Object.keys(results).length === 0 && after === undefined && !namesIn(parseStatements(body)).used.has('n'),
  );

function bringIn(
  memory: WasmMemory,
  operands: readonly Rows[],
  extent: (i: number) => { readonly length: number; readonly stride: number },
): (Visit | null)[] {
  const away = operands.map(({ array }) => !memory.holds(array));
  if (!away.includes(true)) return operands.map(() => null);
  const places = memory.reserve(operands.map((_, i) => (away[i] ? extent(i).length : 0)));
  return operands.map((operand, i) => {
    if (!away[i]) return null;
    const { array, offset } = operand;
    const { length, stride } = extent(i);
    const at = places[i] >>> 2;
    if (stride === 1) memory.floats.set(array.subarray(offset, offset + length), at);
    else for (let k = 0; k < length; k++) memory.floats[at + k] = array[offset + k * stride];
    return { operand, length, stride, at };
  });
}

function bringBack(memory: WasmMemory, { operand: { array, offset }, length, stride, at }: Visit): void {
  if (stride === 1) array.set(memory.floats.subarray(at, at + length), offset);
  else for (let k = 0; k < length; k++) array[offset + k * stride] = memory.floats[at + k];
}
