/** A convolution by Winograd's method under way in WebAssembly memory. */
import { provider } from '../gemm/provider.js';
import type { GemmCall } from '../gemm/shared.js';
import type { Argument, Call, Varying } from '../parallel/pool.js';
import { addressOf, BLOCKS_PER_THREAD, unitsOf, unitsPerBlock } from '../parallel/split.js';
import { type WasmKernels, wasmKernels } from '../wasm/instance.js';
import { elementsAway, type Operand, type Visit, visit } from '../wasm/visit.js';
import { apart, PRODUCTS, type Strips } from './winograd-plan.js';
import { MOST_ELEMENTS } from './work.js';

/** Intermediate values stay below this many times what an output could be. */
const GROWTH = 16;
const LARGEST = 2 ** 120;

/**
 * Whether results are as good as the direct ones, for sums of so many products of factors with these largest magnitudes. A NaN or an infinity
 * would spread to neighbours that do not see it, and intermediate values could overflow where the result does not.
 */
export function isSafe(terms: number, left: number, right: number): boolean {
  return left < LARGEST && right < LARGEST && GROWTH * terms * left * right < LARGEST;
}

export class Filtering {
  readonly addresses: readonly number[];
  /** Of what all threads share, as it was asked for. */
  readonly regions: readonly number[];
  /** Of each thread, or of each strip where they are kept: the two sets of 16 matrices. */
  readonly left: readonly Varying[];
  readonly right: readonly Varying[];
  /** Staged rows of each thread. */
  readonly stage: Argument;
  private readonly visit: Visit;
  private readonly peaks: readonly number[];
  private readonly weightPeaks: number;

  private constructor(
    readonly kernels: WasmKernels,
    readonly gemm: GemmCall,
    readonly strips: Strips,
    private readonly threads: number,
    operands: readonly (Operand | null)[],
    /** Bytes from one of the 16 matrices to the next. */
    readonly leftApart: number,
    readonly rightApart: number,
    stage: number,
    regions: readonly number[],
    kept: boolean,
  ) {
    const set = PRODUCTS * (leftApart + rightApart);
    const sets = kept ? strips.count : threads;
    const most = BLOCKS_PER_THREAD * kernels.pool.threads;
    const sizes = [(sets * set) / 4, (threads * stage) / 4, 2 * strips.count, 2 * strips.count, 2 * most, ...regions];
    this.visit = visit(kernels.memory, operands, sizes);
    const [own, stages, firstPeaks, secondPeaks, weightPeaks, ...rest] = this.visit.regions;
    const matrices = (base: number, step: number): Varying[] =>
      Array.from({ length: PRODUCTS }, (_, i) => {
        const place = base + i * step;
        return kept ? { base: place, perBlock: set } : { base: place, perThread: set };
      });
    this.left = matrices(own, leftApart);
    this.right = matrices(own + PRODUCTS * leftApart, rightApart);
    this.stage = { base: stages, perThread: stage };
    this.peaks = [firstPeaks, secondPeaks];
    this.weightPeaks = weightPeaks;
    this.addresses = this.visit.addresses;
    this.regions = rest;
  }

  /**
   * Null where memory or the matrix product of the task is missing.
   * @param kept whether the matrices of all strips, which are blocks of a task of their own then, are kept
   */
  static begin(
    strips: Strips,
    channels: readonly [left: number, right: number],
    operands: readonly (Operand | null)[],
    regions: readonly number[],
    kept = false,
  ): Filtering | null {
    const { call } = provider();
    const kernels = wasmKernels();
    if (call === null || kernels === null) return null;
    const [left, right] = channels.map((count) => apart(count * strips.columns));
    // rows of whole vectors, two a tile row and two more; or two rows of four channels
    const stage = 4 * Math.max((2 * strips.rows + 2) * (2 * strips.tileColumns + 16), 16 * strips.tileColumns);
    const set = (PRODUCTS * (left + right)) / 4;
    const shared =
      elementsAway(kernels.memory, operands) + regions.reduce((a, b) => a + b, 0) + (kept ? strips.count * set : 0);
    const perThread = stage / 4 + (kept ? 0 : set);
    if (perThread + shared > MOST_ELEMENTS) return null;
    const threads = Math.max(1, Math.min(kernels.pool.threads, Math.floor((MOST_ELEMENTS - shared) / perThread)));
    return new Filtering(kernels, call, strips, threads, operands, left, right, stage, regions, kept);
  }

  /** Where a transform of the strip puts the largest magnitude that it read. */
  peak(side: 0 | 1): Argument {
    return this.strips.along(this.peaks[side], 8);
  }

  /** Transforms so many kernels to 16 matrices `step` bytes from each other; the largest magnitude that was read. */
  transformWeights(weight: number, pairs: number, to: number, step: number): number {
    const { pool, shared, memory } = this.kernels;
    const perBlock = unitsPerBlock(pool, pairs, PRODUCTS, 4);
    const blocks = Math.ceil(pairs / perBlock);
    const args = [addressOf(weight, 36 * perBlock), unitsOf(pairs, perBlock), addressOf(to, 4 * perBlock), step];
    const result = { base: this.weightPeaks, perBlock: 8 };
    pool.run({ blocks, calls: [{ kernel: shared.winogradWeight, args, result }] });
    return largestOf(memory.doubles, this.weightPeaks / 8, blocks);
  }

  run(...calls: Call[]): void {
    this.kernels.pool.run({ ...this.strips.blocks, threads: this.threads, calls });
  }

  /**
   * The 16 products over all strips, whose matrices were kept, each a block of a task: `[rows, K] · [K, columns]` to matrices
   * `step` bytes from each other.
   */
  sumProducts(rows: number, columns: number, wide: number, to: number, step: number): void {
    const { strips, kernels, left, right } = this;
    const matrices = ({ base, perBlock }: Varying, apart: number): Varying => ({
      base,
      perBlock: apart,
      perTurn: perBlock,
    });
    const [a, b] = [matrices(left[0], this.leftApart), matrices(right[0], this.rightApart)];
    const n = strips.ofTurn(strips.tileColumns);
    const c = { base: to, perBlock: step };
    // the first strip's is put there, the others' are added
    const keep = { base: 0, perTurn: 1, most: 1 };
    const product = this.gemm(false, false, rows, columns, n, 1, a, n, b, wide, keep, c, columns);
    const turns = { total: PRODUCTS * strips.count, perBlock: strips.count };
    kernels.pool.run({ blocks: PRODUCTS, turns, threads: this.threads, calls: [product] });
  }

  /** Of what the transforms read; NaN if there was one. */
  largest(side: 0 | 1): number {
    return largestOf(this.kernels.memory.doubles, this.peaks[side] / 8, this.strips.count);
  }

  end(): void {
    this.visit.end();
  }
}

function largestOf(values: Float64Array, from: number, count: number): number {
  let most = 0;
  for (let i = from; i < from + count; i++) most = Math.max(most, values[i]);
  return most;
}
