/** Compiled loops, run on arrays wherever they live. */
import { threadLimits } from '../parallel/limits.js';
import type { Argument, Kernel } from '../parallel/pool.js';
import { addressOf, unitsOf, unitsPerBlock } from '../parallel/split.js';
import { compileKernel, type WasmKernels, wasmKernels } from '../wasm/instance.js';
import { compileLoop, type LoopDefinition, type RawLoop } from './compile.js';

/** Elements that visit WebAssembly memory at once: the pieces of three or four arrays stay in the cache. */
const CHUNK = 1 << 13;
/** Elements whose result is one number; such numbers are joined in their order, whoever found them. */
const REDUCED = 1 << 15;

/**
 * A loop over equally long float32 arrays.
 * @param arrays and `offsets`: in the order of the definition
 * @returns the definition's result, 0 where it has none
 */
export type VectorLoop = (
  n: number,
  arrays: readonly Float32Array[],
  offsets: readonly number[],
  scalars: readonly number[],
) => number;

/** The loop of a definition; null without WebAssembly, or where the definition has no vector form. */
export function vectorLoop(definition: LoopDefinition): VectorLoop | null {
  const kernels = wasmKernels();
  if (kernels === null) return null;
  const bytes = compileLoop(definition);
  if (bytes === null) return null;
  return runner(definition, kernels, compileKernel(kernels, bytes));
}

function runner(definition: LoopDefinition, kernels: WasmKernels, kernel: Kernel): VectorLoop {
  const { memory } = kernels;
  const raw = kernel.run as RawLoop;
  const count = definition.arrays.length;
  const max = definition.result?.reduce === 'max';
  const args = new Array<number>(1 + count + definition.scalars.length).fill(0);
  const visit = visitor(definition, memory);
  return (n, arrays, offsets, scalars) => {
    for (let i = 0; i < scalars.length; i++) args[1 + count + i] = scalars[i];
    let resident = true;
    for (let i = 0; i < count; i++) {
      if (!memory.holds(arrays[i])) resident = false;
      else args[1 + i] = arrays[i].byteOffset + 4 * offsets[i];
    }
    if (resident) {
      args[0] = n;
      if (n < threadLimits.leastShared) return raw(...(args as [number]));
      return definition.result === undefined
        ? share(kernels, kernel, args, count)
        : shareReduction(kernels, kernel, args, count, max);
    }
    let result = max ? -Infinity : 0;
    for (let start = 0; start < n; start += CHUNK) {
      const length = Math.min(CHUNK, n - start);
      args[0] = length;
      const part = visit(args, length, start, arrays, offsets, raw);
      result = max ? Math.max(result, part) : result + part;
    }
    return result;
  };
}

/** The arguments of the loop for each block of so many elements. */
const argumentsOf = (args: readonly number[], arrays: number, perBlock: number): Argument[] =>
  args.map((arg, i) => {
    if (i === 0) return unitsOf(arg, perBlock);
    return i <= arrays ? addressOf(arg, 4 * perBlock) : arg;
  });

function share({ pool }: WasmKernels, kernel: Kernel, args: readonly number[], arrays: number): number {
  const n = args[0];
  const perBlock = unitsPerBlock(pool, n, 1, 16);
  if (perBlock >= n) kernel.run(...args);
  else pool.run({ blocks: Math.ceil(n / perBlock), calls: [{ kernel, args: argumentsOf(args, arrays, perBlock) }] });
  return 0;
}

function shareReduction(
  { pool, memory }: WasmKernels,
  kernel: Kernel,
  args: readonly number[],
  arrays: number,
  max: boolean,
): number {
  const blocks = Math.ceil(args[0] / REDUCED);
  const [place] = memory.reserve([2 * blocks]);
  pool.run({
    blocks,
    calls: [{ kernel, args: argumentsOf(args, arrays, REDUCED), result: addressOf(place, 8) }],
  });
  const parts = memory.doubles.subarray(place / 8, place / 8 + blocks);
  return parts.reduce((a, b) => (max ? Math.max(a, b) : a + b));
}

type Visitor = (
  args: number[],
  length: number,
  start: number,
  arrays: readonly Float32Array[],
  offsets: readonly number[],
  raw: RawLoop,
) => number;

/** Runs a loop on one piece, for which the arrays from elsewhere are copied in and out. */
function visitor(definition: LoopDefinition, memory: WasmKernels['memory']): Visitor {
  const sizes = definition.arrays.map(() => CHUNK);
  return (args, length, start, arrays, offsets, raw) => {
    const places = memory.reserve(sizes);
    const { floats } = memory;
    definition.arrays.forEach(({ read }, i) => {
      const from = offsets[i] + start;
      args[1 + i] = memory.holds(arrays[i]) ? arrays[i].byteOffset + 4 * from : places[i];
      if (read && !memory.holds(arrays[i])) floats.set(arrays[i].subarray(from, from + length), places[i] >>> 2);
    });
    const result = raw(...(args as [number]));
    definition.arrays.forEach(({ write }, i) => {
      if (!write || memory.holds(arrays[i])) return;
      const at = places[i] >>> 2;
      arrays[i].set(floats.subarray(at, at + length), offsets[i] + start);
    });
    return result;
  };
}
