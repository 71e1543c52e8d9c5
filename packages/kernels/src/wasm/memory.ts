/** The part of WebAssembly.Memory that is used here. */
export interface GrowableMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

const PAGE = 65536;
// Copies between two addresses that agree in their low 12 bits run many times slower, and heap arrays begin just behind a
// page's start. So nothing here begins there, and no two regions begin at the same place in their pages.
const FIRST_SKEW = 2112;
const SKEW_STEP = 576;
const GEOMETRY = 1024;
const FIXED = 8192;

/** Elements of the tiles in which matrices from elsewhere visit: A, B and C of one partial product. */
export const tileRows = 512;
export const tileColumns = 1024;
export const tileDepth = 512;

function place(address: number, index: number): number {
  return Math.ceil(address / 4096) * 4096 + ((FIRST_SKEW + index * SKEW_STEP) % 4096);
}

/**
 * The layout of the instance's memory: parameters, the matrix product's workspace and tiles at fixed places, then the
 * arena, whose regions live for one kernel. Only `reserve` grows the memory, which replaces the typed arrays; so a
 * matrix product inside a convolution never does.
 */
export class WasmMemory {
  floats: Float32Array<ArrayBuffer>;
  ints: Int32Array<ArrayBuffer>;
  doubles: Float64Array<ArrayBuffer>;
  /** Byte addresses. */
  readonly geometry: number = GEOMETRY;
  readonly workspace: number;
  readonly tileA: number;
  readonly tileB: number;
  readonly tileC: number;
  private readonly arena: number;

  constructor(
    private readonly memory: GrowableMemory,
    workspaceBytes: number,
  ) {
    this.workspace = place(FIXED, 0);
    this.tileA = place(this.workspace + workspaceBytes, 1);
    this.tileB = place(this.tileA + 4 * tileRows * tileDepth, 2);
    this.tileC = place(this.tileB + 4 * tileDepth * tileColumns, 3);
    this.arena = this.tileC + 4 * tileRows * tileColumns;
    this.floats = new Float32Array(memory.buffer);
    this.ints = new Int32Array(memory.buffer);
    this.doubles = new Float64Array(memory.buffer);
    this.grow(this.arena);
  }

  /** True for arrays over this memory: they need no copy. */
  holds(array: Float32Array): boolean {
    return array.buffer === this.floats.buffer;
  }

  /** Byte addresses of regions with so many 32-bit elements each; all earlier regions are given up. */
  reserve(sizes: readonly number[]): number[] {
    const addresses: number[] = [];
    let end = this.arena;
    for (let i = 0; i < sizes.length; i++) {
      const address = place(end, i + 4);
      addresses.push(address);
      end = address + 4 * sizes[i];
    }
    this.grow(end + 16);
    return addresses;
  }

  private grow(bytes: number): void {
    const missing = bytes - this.memory.buffer.byteLength;
    if (missing <= 0) return;
    this.memory.grow(Math.ceil(missing / PAGE));
    this.floats = new Float32Array(this.memory.buffer);
    this.ints = new Int32Array(this.memory.buffer);
    this.doubles = new Float64Array(this.memory.buffer);
  }
}
