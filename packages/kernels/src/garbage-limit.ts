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

/**
 * The limit follows what the last look left. A limit with a memory stays above what a step of a loop needs at its height: a
 * look in the middle of each step would find nothing, and make V8 take what the step works with for old.
 */
export class GarbageLimit {
  private headroom: number;
  private limit: number;
  private floor = 0;
  private lastLook = 0;

  constructor(private readonly options: GarbageLimitOptions) {
    this.headroom = options.least;
    this.limit = options.least;
  }

  /** Whether it is time to look, when so many bytes are held. */
  isReached(held: number): boolean {
    return held > this.limit;
  }

  /** Whether a look would pay at a moment when much is likely to have become garbage. */
  isHalfReached(held: number): boolean {
    return held - this.floor > this.room(this.floor) / 2;
  }

  private room(held: number): number {
    return Math.max(this.headroom, held * this.options.part);
  }

  /** Looks, and sets the next limit. `held` says what is left; `wanted`: bytes that are about to be taken. */
  look(collect: () => void, held: () => number, wanted: number = 0): void {
    const { most, time, memory } = this.options;
    const start = performance.now();
    collect();
    const end = performance.now();
    const share = (end - start) / (end - this.lastLook);
    if (share > time) this.headroom = Math.min(2 * this.headroom, most);
    this.lastLook = end;
    this.floor = held();
    this.limit = Math.max(this.floor + Math.max(this.room(this.floor), wanted), memory * this.limit);
  }
}
