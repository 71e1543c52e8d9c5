/**
 * Arrays that live in WebAssembly memory for good, so that kernels need no copies. Their blocks come back in two ways: the
 * owner gives an array back when nobody else can see it, or the garbage collector has found it unreachable.
 */
import { GarbageLimit } from '../garbage-limit.js';
import { type Effort, openWatch, type Watch, type Witness } from '../watch.js';
import type { Heap } from './heap.js';

/** The arrays that can live there. */
export type ResidentArray = Float32Array | Int32Array;
type ArrayType<T extends ResidentArray> = new (buffer: ArrayBufferLike, address: number, length: number) => T;

/** Where an array lies. */
class Block implements Witness {
  seen = 0;
  place = -1;

  constructor(
    readonly address: number,
    readonly bytes: number,
  ) {}
}

const MEBI = 1 << 20;
/** Young garbage must leave so much room below the limit for all of it; else everything is collected. */
const MARGIN = 12 * MEBI;
/** Of so many looks among the young objects, one is among all: ten milliseconds in some seconds. */
const LOOKS = 400;
/** What has come since a good moment, and is worth a look at the next one. */
const MUCH = 8 * MEBI;

export class Residents {
  private readonly watch: Watch<Block> = openWatch<Block>();
  private held = 0;
  private peak = 0;
  private looks = 0;
  /** Bytes held at the last good moment. */
  private heldBefore = 0;
  /** When to look for what a loop or a training step has dropped lately: before its memory has left the cache … */
  private readonly young = new GarbageLimit({
    least: 24 * MEBI,
    most: 96 * MEBI,
    time: 0.25,
    part: 0,
    memory: 0.9,
    little: 4 * MUCH,
    dropping: { least: 4 * MEBI, results: 12, time: 0.08 },
  });
  /** … and when for all garbage. */
  private readonly all = new GarbageLimit({
    least: 96 * MEBI,
    most: 384 * MEBI,
    time: 0.03,
    part: 0.5,
    memory: 0,
    little: 0,
  });

  constructor(
    private readonly buffer: ArrayBufferLike,
    private readonly heap: Heap,
  ) {}

  /** An array of `length` elements whose content is whatever was left there; null when there is no room. */
  allocate<T extends ResidentArray>(type: ArrayType<T>, length: number): T | null {
    const bytes = 4 * length;
    if (this.isTimeToLook(bytes) && !this.makeRoom(bytes)) return null;
    let address = this.heap.allocate(bytes);
    if (address === 0) {
      this.collect();
      address = this.heap.allocate(bytes);
      if (address === 0) return null;
    }
    const array = new type(this.buffer, address, length);
    this.watch.add(array, new Block(address, bytes));
    this.held += bytes;
    if (this.held > this.peak) this.peak = this.held;
    return array;
  }

  /** Gives an array's block back. Nobody may use the array, or a view of it, afterwards. */
  release(array: ResidentArray): void {
    const block = this.watch.take(array);
    if (block !== undefined) this.drop(block);
  }

  /** Bytes of all arrays that have not come back, and the most that there ever were. */
  get usage(): { readonly held: number; readonly peak: number } {
    return { held: this.held, peak: this.peak };
  }

  private drop({ address, bytes }: Block): void {
    this.heap.release(address, bytes);
    this.held -= bytes;
  }

  /** Takes back the blocks of arrays that nobody can reach any more. */
  private takeDead(effort: Effort): void {
    for (const block of this.watch.takeDead(effort)) this.drop(block);
  }

  /** A look among the young objects; now and then among all, because each makes V8 take some for old that die soon. */
  private takeYoung(): void {
    this.looks++;
    this.takeDead(this.looks % LOOKS === 0 ? 'all' : 'young');
  }

  /** Looks for all arrays that nobody can reach any more, and takes their blocks back. */
  collect(): void {
    this.takeDead('all');
  }

  /**
   * To be called when much has become unreachable that was made lately. Looking then is cheaper than in the middle of a step, whose
   * objects have to be moved, and the next step finds all of its memory in the cache.
   */
  collectEarly(): void {
    if (!this.watch.collects) return;
    const come = this.held - this.heldBefore;
    // small steps wait until the next one would reach the limit in its middle
    if (come >= MUCH || this.young.isReached(this.held + come)) {
      this.young.lookEarly(
        () => this.takeYoung(),
        () => this.held,
      );
    }
    this.heldBefore = this.held;
  }

  private isTimeToLook(bytes: number): boolean {
    const held = this.held + bytes;
    return this.young.isReached(held, bytes) || this.all.isReached(held) || this.watch.isCrowded;
  }

  /**
   * Looks for garbage once the arrays hold more than a limit. Where nothing can start the collector, arrays beyond the limit for
   * all garbage belong on JavaScript's heap, which makes the engine collect, and what it finds is taken back here.
   */
  private makeRoom(bytes: number): boolean {
    const held = (): number => this.held;
    if (!this.watch.collects) {
      if (this.all.isReached(this.held + bytes)) this.takeDead('known');
      return !this.all.isReached(this.held + bytes);
    }
    this.young.look(() => this.takeYoung(), held, bytes);
    if (this.all.isReached(this.held + bytes + MARGIN)) this.all.look(() => this.collect(), held, bytes + MARGIN);
    return true;
  }
}
