/** Blocks of WebAssembly memory. */

/** Blocks start at multiples of this. */
const ALIGN = 64;
const PAGE = 4096;
/**
 * What the sizes of large blocks have beyond whole pages. Copies between two addresses that agree in their low 12 bits run
 * many times slower, so neighbours must not begin at the same place in their pages.
 */
const SKEW = 576;

/** The size of the block that serves `bytes`: four sizes per power of two, so that freed blocks fit later requests. */
function blockSize(bytes: number): number {
  if (bytes <= ALIGN) return ALIGN;
  const step = Math.max(ALIGN, 2 ** (Math.floor(Math.log2(bytes - 1)) - 2));
  const size = Math.ceil(bytes / step) * step;
  return size < PAGE ? size : Math.ceil((size + ALIGN) / PAGE) * PAGE + SKEW;
}

/**
 * An allocator over `[start, end)`: freed blocks wait in a list for each size, the last one freed being the first one used
 * again, because it is the one most likely in the cache. Pages that no block ever covered cost no memory.
 */
export class Heap {
  private readonly free = new Map<number, number[]>();
  private next: number;

  constructor(
    start: number,
    private readonly end: number,
  ) {
    this.next = Math.ceil(start / ALIGN) * ALIGN;
  }

  /** The address of a block of at least `bytes`, or 0 when there is no room. Its content is whatever was left in it. */
  allocate(bytes: number): number {
    const size = blockSize(bytes);
    const waiting = this.free.get(size);
    if (waiting !== undefined && waiting.length > 0) return waiting.pop() as number;
    const address = this.next;
    if (address + size > this.end) return 0;
    this.next = address + size;
    return address;
  }

  /** Gives back a block that `allocate(bytes)` returned. */
  release(address: number, bytes: number): void {
    const size = blockSize(bytes);
    const waiting = this.free.get(size);
    if (waiting === undefined) this.free.set(size, [address]);
    else waiting.push(address);
  }
}
