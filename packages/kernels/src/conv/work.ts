/** A planned convolution under way in WebAssembly memory. */
import { provider } from '../gemm/provider.js';
import type { GemmCall } from '../gemm/shared.js';
import type { Argument, Call, Varying } from '../parallel/pool.js';
import { type WasmKernels, wasmKernels } from '../wasm/instance.js';
import { elementsAway, type Operand, type Visit, visit } from '../wasm/visit.js';
import type { Plan } from './plan.js';
import type { Conv2dShape } from './shape.js';

/** Copies and intermediate values of more elements than this (128 MiB) stay on the heap. */
export const MOST_ELEMENTS: number = 1 << 25;

export class Work {
  readonly col: Argument;
  readonly product: Argument;
  readonly addresses: readonly number[];
  /** What the caller asked for. */
  readonly region: number;
  readonly threads: number;
  readonly geometry: number;
  private readonly visit: Visit;

  private constructor(
    readonly kernels: WasmKernels,
    readonly gemm: GemmCall,
    private readonly plan: Plan,
    operands: readonly (Operand | null)[],
    region: number,
  ) {
    const { memory, pool } = kernels;
    const own = Work.elements(plan);
    this.threads = Math.max(1, Math.min(pool.threads, Math.floor(MOST_ELEMENTS / (own[0] + own[1]))));
    this.visit = visit(memory, operands, [...own.map((elements) => this.threads * elements), region]);
    const [col, product, rest] = this.visit.regions;
    this.col = { base: col, perThread: 4 * own[0] };
    this.product = { base: product, perThread: 4 * own[1] };
    this.region = rest;
    this.addresses = this.visit.addresses;
    this.geometry = memory.geometry;
    writeGeometry(memory.ints, this.geometry >> 2, unfolded(plan));
    for (let thread = 0; plan.biased && thread < this.threads; thread++) {
      const ones = col / 4 + thread * own[0] + plan.bandDepth * plan.bandColumns;
      memory.floats.fill(1, ones, ones + plan.bandColumns);
    }
  }

  /** Elements of a thread's columns and product. */
  private static elements(plan: Plan): [number, number] {
    // apart from each other's as regions are
    const apart = (elements: number): number => Math.ceil(elements / 16) * 16 + 144;
    const product = plan.images > 1 || plan.turned;
    return [plan.direct ? 0 : apart(plan.line * plan.bandColumns), product ? apart(plan.outGroup * plan.columns) : 0];
  }

  /** Null where memory or the matrix product of the task is missing. */
  static begin(plan: Plan, operands: readonly (Operand | null)[], region: number): Work | null {
    const { call } = provider();
    const kernels = wasmKernels();
    if (call === null || kernels === null) return null;
    const [col, product] = Work.elements(plan);
    if (col + product + region + elementsAway(kernels.memory, operands) > MOST_ELEMENTS) return null;
    return new Work(kernels, call, plan, operands, region);
  }

  run(...calls: (Call | null)[]): void {
    const { pool } = this.kernels;
    pool.run({ ...this.plan.blocks, threads: this.threads, calls: calls.filter((call) => call !== null) });
  }

  end(): void {
    this.visit.end();
  }

  /** Where the columns of a band begin. */
  band(index: number): Argument {
    const { base, perThread } = this.col as Varying;
    return { base: base + 4 * index * this.plan.bandStep, perThread };
  }

  unfold(x: number): Call | null {
    const { plan, kernels, geometry } = this;
    if (plan.direct) return null;
    const args = [geometry, plan.ofImages(1), ...plan.place, plan.input(x), this.col, plan.bandColumns];
    return { kernel: kernels.shared.unfold, args };
  }
}

/** What {@link Plan.bands} unfold: a kernel one row high. */
const unfolded = ({ shape, bands }: Plan): Conv2dShape => (bands === 1 ? shape : { ...shape, kernelHeight: 1 });

/** The parameter block of assembly/geometry.ts, in its order; returns where it ends. */
export function writeGeometry(ints: Int32Array, at: number, s: Conv2dShape): number {
  const fields = [
    s.inChannels,
    s.inChannels / s.groups,
    s.height,
    s.width,
    s.kernelHeight,
    s.kernelWidth,
    s.strideHeight,
    s.strideWidth,
    s.padTop,
    s.padLeft,
    s.dilationHeight,
    s.dilationWidth,
    s.outHeight,
    s.outWidth,
  ];
  for (let i = 0; i < fields.length; i++) ints[at + i] = fields[i];
  return at + fields.length;
}
