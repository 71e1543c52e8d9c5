/**
 * Arrays that live in WebAssembly memory for good, so that kernels need no copies. Their blocks come back in two ways: the
 * owner gives an array back when nobody else can see it, or the garbage collector has found it unreachable.
 */
import { platform } from '#platform';
import { GarbageLimit } from '../garbage-limit.js';
import type { Heap } from './heap.js';

/** The arrays that can live there. */
export type ResidentArray = Float32Array | Int32Array;
type ArrayType<T extends ResidentArray> = new (buffer: ArrayBufferLike, address: number, length: number) => T;

interface Block {
  readonly ref: WeakRef<ResidentArray>;
  readonly bytes: number;
}

const MEBI = 1 << 20;

export class Residents {
  private readonly blocks = new Map<number, Block>();
  private held = 0;
  private readonly garbage = new GarbageLimit({ least: 96 * MEBI, most: 384 * MEBI, time: 0.03, part: 0.5, memory: 0 });
  private peak = 0;

  constructor(
    private readonly buffer: ArrayBufferLike,
    private readonly heap: Heap,
  ) {}

  /** An array of `length` elements whose content is whatever was left there; null when there is no room. */
  allocate<T extends ResidentArray>(type: ArrayType<T>, length: number): T | null {
    const bytes = 4 * length;
    if (this.garbage.isReached(this.held + bytes) && !this.makeRoom(bytes)) return null;
    let address = this.heap.allocate(bytes);
    if (address === 0) {
      this.collect();
      address = this.heap.allocate(bytes);
      if (address === 0) return null;
    }
    const array = new type(this.buffer, address, length);
    this.blocks.set(address, { ref: new WeakRef(array), bytes });
    this.held += bytes;
    if (this.held > this.peak) this.peak = this.held;
    return array;
  }

  /** Gives an array's block back. Nobody may use the array, or a view of it, afterwards. */
  release(array: ResidentArray): void {
    const address = array.byteOffset;
    const block = this.blocks.get(address);
    if (block === undefined || block.ref.deref() !== array) return;
    this.drop(address, block);
  }

  /** Bytes of all arrays that have not come back, and the most that there ever were. */
  get usage(): { readonly held: number; readonly peak: number } {
    return { held: this.held, peak: this.peak };
  }

  private drop(address: number, { bytes }: Block): void {
    this.blocks.delete(address);
    this.heap.release(address, bytes);
    this.held -= bytes;
  }

  /** Takes back what the garbage collector has found unreachable so far. */
  private sweep(): void {
    for (const [address, block] of this.blocks) if (block.ref.deref() === undefined) this.drop(address, block);
  }

  /** Looks for arrays that nobody can reach any more, and takes their blocks back. */
  collect(): void {
    platform.collectGarbage?.();
    this.sweep();
  }

  /**
   * Looks for garbage once the arrays hold more than the limit. Without a way to start the collector, arrays beyond the
   * limit belong on JavaScript's heap, which makes the engine collect, and what it finds is taken back here.
   */
  private makeRoom(bytes: number): boolean {
    if (platform.collectGarbage === null) {
      this.sweep();
      return !this.garbage.isReached(this.held + bytes);
    }
    this.garbage.look(
      () => this.collect(),
      () => this.held,
      bytes,
    );
    return true;
  }
}
