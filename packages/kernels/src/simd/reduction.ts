/** What a walk over elements finds out: sums and extrema, kept in locals while it runs. */
import {
  type Code,
  F64,
  f32x4Const,
  f32x4Lane,
  f64Const,
  f64x2Lane,
  localGet,
  localSet,
  upperHalf,
  V128,
} from './binary.js';
import { op } from './instructions.js';
import type { LocalSource } from './lower.js';

/**
 * The sum or the extremum of an expression over all elements. Of a sum, up to eight neighbouring vectors are added pairwise in
 * float32, everything else in float64: an addend goes through three roundings to float32 at most.
 */
export interface Reduction {
  readonly reduce: 'sum' | 'max';
  readonly of: string;
}

/** The code of a reduction, part by part. */
export interface Accumulator {
  /** In front of the walk. */
  start(): Code;
  /** Takes in what one turn of a loop has found, a vector for each of its copies. */
  vectors(found: readonly Code[]): Code;
  /** Takes in one element, in lane 0; the other lanes count for nothing. */
  one(lanes: Code): Code;
  /** Leaves the result on the stack, a float64. */
  finish(): Code;
}

/** Vectors joined by an instruction, neighbours first. */
function inPairs(vectors: readonly Code[], join: Code): Code {
  if (vectors.length === 1) return vectors[0];
  const half = vectors.length >> 1;
  return [...inPairs(vectors.slice(0, half), join), ...inPairs(vectors.slice(half), join), ...join];
}

class Sum implements Accumulator {
  /** Of single elements. */
  private readonly rest: number;
  /** Of the lower and of the upper two lanes. */
  private readonly low: number;
  private readonly high: number;

  constructor(private readonly locals: LocalSource) {
    this.rest = locals.add(F64);
    this.low = locals.add(V128);
    this.high = locals.add(V128);
  }

  start(): Code {
    const zero = f32x4Const(0);
    return [...f64Const(0), ...localSet(this.rest), ...zero, ...localSet(this.low), ...zero, ...localSet(this.high)];
  }

  vectors(found: readonly Code[]): Code {
    const add = (sum: number, half: Code): number[] => [
      ...localGet(sum),
      ...half,
      ...op.promoteLow,
      ...op.f64x2Add,
      ...localSet(sum),
    ];
    const together = this.locals.add(V128);
    const upper = [...localGet(together), ...localGet(together), ...upperHalf];
    return [
      ...inPairs(found, op.f32x4Add),
      ...localSet(together),
      ...add(this.low, localGet(together)),
      ...add(this.high, upper),
    ];
  }

  one(lanes: Code): Code {
    const value = [...lanes, ...f32x4Lane(0), ...op.f64PromoteF32];
    return [...localGet(this.rest), ...value, ...op.f64Add, ...localSet(this.rest)];
  }

  finish(): Code {
    const join = [...localGet(this.low), ...localGet(this.high), ...op.f64x2Add, ...localSet(this.low)];
    const lanes = [0, 1].map((i) => [...localGet(this.low), ...f64x2Lane(i)]);
    return [...join, ...lanes[0], ...lanes[1], ...op.f64Add, ...localGet(this.rest), ...op.f64Add];
  }
}

/** The greater of each lane; that there was a NaN is remembered apart, which is cheaper than maxima that keep it. */
class Max implements Accumulator {
  private readonly extreme: number;
  private readonly unordered: number;

  constructor(private readonly locals: LocalSource) {
    this.extreme = locals.add(V128);
    this.unordered = locals.add(V128);
  }

  start(): Code {
    return [...f32x4Const(-Infinity), ...localSet(this.extreme), ...f32x4Const(0), ...localSet(this.unordered)];
  }

  vectors(found: readonly Code[]): Code {
    // the greatest of all first, so that a turn waits for the turn before it once
    const kept = found.map(() => this.locals.add(V128));
    const differ = kept.map((v) => [...localGet(v), ...localGet(v), ...op.f32x4Ne]);
    return [
      ...found.flatMap((lanes, i) => [...lanes, ...localSet(kept[i])]),
      ...localGet(this.extreme),
      ...inPairs(kept.map(localGet), op.f32x4Pmax),
      ...op.f32x4Pmax,
      ...localSet(this.extreme),
      ...localGet(this.unordered),
      ...inPairs(differ, op.or),
      ...op.or,
      ...localSet(this.unordered),
    ];
  }

  one(lanes: Code): Code {
    return this.vectors([[...lanes, ...f32x4Lane(0), ...op.f32x4Splat]]);
  }

  finish(): Code {
    const lanes = [0, 1, 2, 3].map((i) => [...localGet(this.extreme), ...f32x4Lane(i), ...op.f64PromoteF32]);
    const greatest = [...lanes[0], ...lanes[1], ...op.f64Max, ...lanes[2], ...op.f64Max, ...lanes[3], ...op.f64Max];
    return [...f64Const(Number.NaN), ...greatest, ...localGet(this.unordered), ...op.anyTrue, ...op.select];
  }
}

export const accumulatorOf = ({ reduce }: Reduction, locals: LocalSource): Accumulator =>
  reduce === 'sum' ? new Sum(locals) : new Max(locals);
