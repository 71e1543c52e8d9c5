/** Attention under way in WebAssembly memory. */
import { provider } from '../gemm/provider.js';
import type { GemmCall } from '../gemm/shared.js';
import { threadLimits } from '../parallel/limits.js';
import type { Argument, Call, Varying } from '../parallel/pool.js';
import { MOST_THREADS } from '../parallel/task.js';
import { type WasmKernels, wasmKernels } from '../wasm/instance.js';
import { elementsAway, type Operand, type Visit, visit } from '../wasm/visit.js';
import { type RowKernels, rowKernels } from './rows.js';
import { type AttentionShape, type Heads, startOf } from './shape.js';

/** Weights that are worked at together, so that they stay in the cache. */
const BLOCK_ELEMENTS = 1 << 16;
/** Queries that are worked at together, where there are so many. */
const LEAST_QUERIES = 64;
/** Copies of operands and weights that take more elements than this (128 MiB) are not made. */
const MOST_ELEMENTS = 1 << 25;

/** A block of queries, and how many keys the last of them sees. */
export interface Block {
  readonly first: number;
  readonly queries: number;
  readonly keys: number;
}

/** They do not depend on the number of threads. Short ones compute few of the products that a causal mask hides. */
export function blocksOf({ queries, keys, causal }: AttentionShape): Block[] {
  const size = causal ? LEAST_QUERIES : Math.max(LEAST_QUERIES, Math.floor(BLOCK_ELEMENTS / keys));
  return Array.from({ length: Math.ceil(queries / size) }, (_, i) => {
    const [first, end] = [i * size, Math.min(queries, (i + 1) * size)];
    return { first, queries: end - first, keys: causal ? Math.min(keys, end) : keys };
  });
}

/** A matrix for each head of so many rows and columns. */
export type Matrix = readonly [heads: Heads, rows: number, columns: number];

/** A matrix in memory: where a head's rows begin, and elements from one row to the next. */
export interface Place {
  readonly at: (row: number) => Argument;
  readonly step: number;
}

function operandOf({ batch, heads }: AttentionShape, [h, rows, columns]: Matrix, written: boolean): Operand {
  const length = startOf(h, batch - 1, heads - 1) - h.offset + (rows - 1) * h.rowStride + columns;
  return { array: h.array as Float32Array, offset: h.offset, length, written };
}

export class Work {
  /** Of the operands, in their order. */
  readonly places: readonly (Place | null)[];
  /** `[queries of a block, keys]`, of each thread its own. */
  readonly own: Place;
  readonly threads: number;
  private readonly visit: Visit;

  private constructor(
    readonly shape: AttentionShape,
    readonly kernels: WasmKernels,
    readonly rows: RowKernels,
    readonly gemm: GemmCall,
    matrices: readonly (Matrix | null)[],
    operands: readonly (Operand | null)[],
    own: number,
  ) {
    const { memory, pool } = kernels;
    this.threads = this.paysThreads ? pool.threads : 1;
    this.visit = visit(memory, operands, [this.threads * own]);
    this.places = matrices.map((matrix, i) => matrix && this.place(matrix[0], this.visit.addresses[i]));
    const base = this.visit.regions[0];
    this.own = { at: () => ({ base, perThread: 4 * own }), step: shape.keys };
  }

  /** Null where an operand is no float32, a result lies elsewhere, or memory or the product of a task is missing. */
  static begin(s: AttentionShape, reads: readonly (Matrix | null)[], writes: readonly (Matrix | null)[]): Work | null {
    const { call } = provider();
    const kernels = wasmKernels();
    if (call === null || kernels === null) return null;
    const all = [...reads, ...writes];
    if (all.some((matrix) => matrix !== null && !(matrix[0].array instanceof Float32Array))) return null;
    if (writes.some((matrix) => matrix !== null && !kernels.memory.holds(matrix[0].array))) return null;
    const operands = all.map((matrix, i) => matrix && operandOf(s, matrix, i >= reads.length));
    // apart from each other's as regions are
    const own = Math.ceil((Math.max(...blocksOf(s).map((b) => b.queries)) * s.keys) / 16) * 16 + 144;
    if (own + elementsAway(kernels.memory, operands) > MOST_ELEMENTS) return null;
    const rows = rowKernels(kernels);
    return rows === null ? null : new Work(s, kernels, rows, call, all, operands, own);
  }

  private get paysThreads(): boolean {
    const { batch, heads, queries, keys, width, valueWidth } = this.shape;
    return batch * heads * queries * keys * (width + valueWidth) >= threadLimits.leastProduct.wasm;
  }

  /** The larger of batch and heads are the blocks of a task, the other one its turns. */
  private place(h: Heads, address: number): Place {
    const { batch, heads } = this.shape;
    const [perBlock, perTurn] = batch >= heads ? [h.batchStride, h.headStride] : [h.headStride, h.batchStride];
    const at = (row: number): Varying => ({
      base: address + 4 * row * h.rowStride,
      perBlock: 4 * perBlock,
      perTurn: 4 * perTurn,
    });
    return { at, step: h.rowStride };
  }

  /** Makes the calls for every head. */
  run(...calls: (Call | null)[]): void {
    const { batch, heads } = this.shape;
    const [blocks, turns] = batch >= heads ? [batch, heads] : [heads, batch];
    this.kernels.pool.run({
      blocks,
      turns: { total: blocks * turns, perBlock: turns },
      threads: Math.min(this.threads, MOST_THREADS),
      calls: calls.filter((call) => call !== null),
    });
  }

  end(): void {
    this.visit.end();
  }
}
