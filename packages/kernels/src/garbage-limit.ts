/** When to look for garbage, for owners of memory that the engine does not count. */

export interface GarbageLimitOptions {
  /** Bytes of garbage that may gather before anybody looks. */
  readonly least: number;
  /** What `least` may grow to where looking takes too much of the time. */
  readonly most: number;
  /** The share of the time that looking may take. */
  readonly time: number;
  /** Garbage that may gather in proportion to what is held. */
  readonly part: number;
  /** How much of a limit stays from one look to the next though less would do; 0: nothing. */
  readonly memory: number;
}

/** What the least cost that was seen counts at the next look. */
const FORGETTING = 1.02;
/** What the last interval counts. */
const RENEWAL = 0.2;
/** The part of a limit from which on a good moment counts. */
const NEAR = 0.6;

/**
 * The limit follows what the last look left. A limit with a memory stays above what a step of a loop needs at its height: a
 * look in the middle of each step would find nothing, and make V8 take what the step works with for old.
 */
export class GarbageLimit {
  private headroom: number;
  private limit: number;
  private lastLook = 0;
  /** Milliseconds that a look takes when nothing else keeps the machine busy, and from one to the next. */
  private cost = Number.POSITIVE_INFINITY;
  private interval: number | null = null;

  constructor(private readonly options: GarbageLimitOptions) {
    this.headroom = options.least;
    this.limit = options.least;
  }

  /** Whether it is time to look, when so many bytes are held. */
  isReached(held: number): boolean {
    return held > this.limit;
  }

  /** Whether a look pays at a moment when much is likely to have become garbage. */
  isNear(held: number): boolean {
    return held > NEAR * this.limit;
  }

  /** Looks, and sets the next limit. `held` says what is left; `wanted`: bytes that are about to be taken. */
  look(collect: () => void, held: () => number, wanted: number = 0): void {
    const { most, time, part, memory } = this.options;
    const start = performance.now();
    collect();
    const end = performance.now();
    this.cost = Math.min(end - start, FORGETTING * this.cost);
    const passed = end - this.lastLook;
    this.interval = this.interval === null ? passed : this.interval + RENEWAL * (passed - this.interval);
    if (this.cost > time * this.interval) this.headroom = Math.min(2 * this.headroom, most);
    this.lastLook = end;
    const left = held();
    this.limit = Math.max(left + Math.max(this.headroom, left * part, wanted), memory * this.limit);
  }
}
