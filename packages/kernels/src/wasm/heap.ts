/** Blocks of WebAssembly memory. */

/** Blocks start at multiples of this. */
const ALIGN = 64;
const PAGE = 4096;
/**
 * What the sizes of large blocks have beyond whole pages. Copies between two addresses that agree in their low 12 bits run
 * many times slower, so neighbours must not begin at the same place in their pages.
 */
const SKEW = 576;
/** Free blocks that may wait for a request of their own size before they are joined to serve any. */
const MOST_WAITING = 128 << 20;
/**
 * A block so large is rather made of blocks that wait than of memory that nobody has used yet: the system takes half a millisecond or
 * more to provide a mebibyte, and joining all blocks some hundredths of one.
 */
const LARGE = 1 << 20;

/** The size of the block that serves `bytes`: four sizes per power of two, so that freed blocks fit later requests. */
function blockSize(bytes: number): number {
  if (bytes <= ALIGN) return ALIGN;
  const step = Math.max(ALIGN, 2 ** (Math.floor(Math.log2(bytes - 1)) - 2));
  const size = Math.ceil(bytes / step) * step;
  return size < PAGE ? size : Math.ceil((size + ALIGN) / PAGE) * PAGE + SKEW;
}

interface Region {
  start: number;
  readonly end: number;
}

/**
 * An allocator over `[start, end)`: freed blocks wait in a list for each size, the last one freed being the first one used
 * again, because it is the one most likely in the cache. When too many wait for sizes that nobody asks for any more, or a large block
 * would need memory that no block ever covered, all of them are joined into regions again. Pages that no block ever covered cost no
 * memory.
 */
export class Heap {
  private readonly waiting = new Map<number, number[]>();
  private waitingBytes = 0;
  /** Memory without blocks, in ascending order. */
  private regions: Region[];
  /** Behind it there was never a block. */
  private used: number;

  constructor(start: number, end: number) {
    this.used = Math.ceil(start / ALIGN) * ALIGN;
    this.regions = [{ start: this.used, end }];
  }

  /** The address of a block of at least `bytes`, or 0 when there is no room. Its content is whatever was left in it. */
  allocate(bytes: number): number {
    const size = blockSize(bytes);
    const list = this.waiting.get(size);
    if (list !== undefined && list.length > 0) {
      this.waitingBytes -= size;
      return list.pop() as number;
    }
    if (this.waitingBytes > MOST_WAITING || (size >= LARGE && this.waitingBytes >= size && !this.fits(size)))
      this.join();
    const address = this.cut(size);
    if (address !== 0 || this.waitingBytes === 0) return address;
    this.join();
    return this.cut(size);
  }

  /** Whether there is room among the memory that has been used before. */
  private fits(size: number): boolean {
    return this.regions.some(({ start, end }) => Math.min(end, this.used) - start >= size);
  }

  /** Gives back a block that `allocate(bytes)` returned. */
  release(address: number, bytes: number): void {
    const size = blockSize(bytes);
    const list = this.waiting.get(size);
    if (list === undefined) this.waiting.set(size, [address]);
    else list.push(address);
    this.waitingBytes += size;
  }

  /** A block from the first region that has room. */
  private cut(size: number): number {
    for (let i = 0; i < this.regions.length; i++) {
      const region = this.regions[i];
      const address = region.start;
      if (address + size > region.end) continue;
      region.start += size;
      if (region.start > this.used) this.used = region.start;
      if (region.start === region.end) this.regions.splice(i, 1);
      return address;
    }
    return 0;
  }

  /** Turns all waiting blocks into regions, neighbours into one. */
  private join(): void {
    const free: Region[] = this.regions;
    for (const [size, list] of this.waiting) for (const start of list) free.push({ start, end: start + size });
    free.sort((a, b) => a.start - b.start);
    const joined: Region[] = [];
    for (const { start, end } of free) {
      const last = joined.at(-1);
      if (last?.end === start) joined[joined.length - 1] = { start: last.start, end };
      else joined.push({ start, end });
    }
    this.regions = joined;
    this.waiting.clear();
    this.waitingBytes = 0;
  }
}
