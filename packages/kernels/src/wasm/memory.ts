import { Heap } from './heap.js';
import { Residents } from './residents.js';

/** The part of WebAssembly.Memory that is used here. */
export interface SharedMemory {
  readonly buffer: ArrayBufferLike;
}

const GEOMETRY = 1024;
const FIXED = 8192;
/** Bytes between neighbours, more than whole pages for the reason that heap.ts gives. */
const APART = 576;

/** Elements of the tiles in which matrices from elsewhere visit: A, B and C of one partial product. */
export const tileRows = 512;
export const tileColumns = 1024;
export const tileDepth = 512;

/** Places for matrices that live elsewhere. */
export interface Tiles {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/**
 * The memory of all kernels: parameters and the matrix product's workspace at fixed places, behind them a heap, from which
 * come the regions of `reserve`, which live for one kernel, and the arrays of `residents`. It never grows: all of it is
 * reserved at once, and the system provides a page when it is first touched. So views of it stay valid for good.
 */
export class WasmMemory {
  readonly floats: Float32Array;
  readonly ints: Int32Array;
  readonly doubles: Float64Array;
  readonly residents: Residents;
  /** Byte addresses. */
  readonly geometry: number = GEOMETRY;
  readonly workspace: number = FIXED;
  private readonly heap: Heap;
  private region = { address: 0, bytes: 0 };
  private tilePlaces: Tiles | null = null;

  /** Workspaces of all threads, once there were several. */
  private workspaces = { base: FIXED, count: 1 };

  constructor(
    readonly memory: SharedMemory,
    private readonly workspaceBytes: number,
  ) {
    const { buffer } = memory;
    this.heap = new Heap(FIXED + workspaceBytes, buffer.byteLength);
    this.floats = new Float32Array(buffer);
    this.ints = new Int32Array(buffer);
    this.doubles = new Float64Array(buffer);
    this.residents = new Residents(buffer, this.heap);
  }

  /** True for arrays over this memory: they need no copy. */
  holds(array: { readonly buffer: ArrayBufferLike }): boolean {
    return array.buffer === this.memory.buffer;
  }

  /** Places for parts of matrices, made on first use. */
  get tiles(): Tiles {
    this.tilePlaces ??= {
      a: this.allocate(4 * tileRows * tileDepth),
      b: this.allocate(4 * tileDepth * tileColumns),
      c: this.allocate(4 * tileRows * tileColumns),
    };
    return this.tilePlaces;
  }

  /** The address of each thread's workspace. */
  workspaceOf(threads: number): { readonly base: number; readonly perThread: number } {
    const perThread = this.workspaceBytes + APART;
    if (threads > this.workspaces.count) {
      // the earlier ones stay where they are: there are few, and they are small
      this.workspaces = { base: this.allocate(threads * perThread), count: threads };
    }
    return { base: this.workspaces.base, perThread };
  }

  /** Byte addresses of regions with so many 32-bit elements each; all earlier regions are given up. */
  reserve(sizes: readonly number[]): number[] {
    let total = 0;
    const offsets = sizes.map((size) => {
      const offset = total;
      total = Math.ceil((total + 4 * size) / 64) * 64 + APART;
      return offset;
    });
    if (total > this.region.bytes) {
      const { address, bytes } = this.region;
      // given up first, so that a failure leaves no region that is somebody else's
      this.region = { address: 0, bytes: 0 };
      if (bytes > 0) this.heap.release(address, bytes);
      this.region = { address: this.allocate(total), bytes: total };
    }
    return offsets.map((offset) => this.region.address + offset);
  }

  private allocate(bytes: number): number {
    let address = this.heap.allocate(bytes);
    if (address === 0) {
      this.residents.collect();
      address = this.heap.allocate(bytes);
    }
    if (address === 0) throw new RangeError(`WebAssembly memory has no room for ${bytes} more bytes`);
    return address;
  }
}
