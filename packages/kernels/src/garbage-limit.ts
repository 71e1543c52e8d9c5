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
  /** Where next to nothing was left, bytes that a good moment counts as if they had been. */
  readonly little: number;
  /**
   * For a loop that drops all of its results, which then stay in the cache: bytes that have to have come since the last look, as many
   * results of the present size, and the share of the time that looking may take. Absent: nobody looks before the limit.
   */
  readonly dropping?: { readonly least: number; readonly results: number; readonly time: number };
}

/** What the least cost that was seen counts at the next look. */
const FORGETTING = 1.02;
/** What the last interval counts. */
const RENEWAL = 0.2;
/** How much must have come, as a part of what the last good moment left. */
const GROWTH = 0.25;
/** What a loop works with may be so much of what came; the rest was dropped, or it does not drop all. */
const AT_WORK = 1 / 16;

/**
 * The limit follows what the last look left. A limit with a memory stays above what a step of a loop needs at its height: a
 * look in the middle of each step would find nothing, and make V8 take what the step works with for old.
 */
export class GarbageLimit {
  private headroom: number;
  private limit: number;
  /** The least that was held since the last good moment. */
  private rest = 0;
  private lastLook = 0;
  /** Milliseconds that a look takes when nothing else keeps the machine busy, and from one to the next. */
  private cost = Number.POSITIVE_INFINITY;
  private interval: number | null = null;
  /** What the last look left, and whether that was next to nothing of what had come. */
  private left = 0;
  private foundAll = false;

  constructor(private readonly options: GarbageLimitOptions) {
    this.headroom = options.least;
    this.limit = options.least;
  }

  /** Whether it is time to look, when so many bytes are held, of which `wanted` are about to be taken. */
  isReached(held: number, wanted: number = 0): boolean {
    return held > this.limit || this.isDropped(held, wanted);
  }

  /** Whether enough has come that is likely to be garbage, since all was at the last look. */
  private isDropped(held: number, wanted: number): boolean {
    const { dropping } = this.options;
    if (dropping === undefined || !this.foundAll) return false;
    if (held - this.left < Math.max(dropping.least, dropping.results * wanted)) return false;
    return performance.now() - this.lastLook >= this.cost / dropping.time;
  }

  /** Whether it is time to look, unless that would take too much of the time; far beyond the limit it is in any case. */
  isDue(held: number): boolean {
    if (held < this.rest) this.rest = held;
    return held > this.limit && (this.isAffordable() || held > 2 * this.limit + this.options.most);
  }

  private isAffordable(): boolean {
    return this.interval === null || performance.now() - this.lastLook >= this.cost / this.options.time;
  }

  /** At a moment when much is likely to have become garbage: looks if more has come since the last such moment, and says whether. */
  lookEarly(collect: () => void, held: () => number): boolean {
    this.rest = Math.min(this.rest, held());
    if (held() - this.rest < GROWTH * Math.max(this.rest, this.options.little)) return false;
    if (!this.isAffordable()) return false;
    this.look(collect, held);
    // the next step's work will be no garbage because the last one's was
    this.foundAll = false;
    this.rest = held();
    return true;
  }

  /** Looks, and sets the next limit. `held` says what is left; `wanted`: bytes that are about to be taken. */
  look(collect: () => void, held: () => number, wanted: number = 0): void {
    const { most, time, part, memory } = this.options;
    const came = held() - this.left;
    const start = performance.now();
    collect();
    const end = performance.now();
    this.cost = Math.min(end - start, FORGETTING * this.cost);
    const passed = end - this.lastLook;
    this.interval = this.interval === null ? passed : this.interval + RENEWAL * (passed - this.interval);
    if (this.cost > time * this.interval) this.headroom = Math.min(2 * this.headroom, most);
    this.lastLook = end;
    const left = held();
    this.foundAll = left - this.left <= AT_WORK * came;
    this.left = left;
    this.rest = Math.min(this.rest, left);
    this.limit = Math.max(left + Math.max(this.headroom, left * part, wanted), memory * this.limit);
  }
}
