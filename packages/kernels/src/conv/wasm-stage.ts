import type { FloatArray } from '../types.js';
import type { WasmKernels } from '../wasm/instance.js';
import type { Block, Conv2dShape } from './shape.js';
import type { Slot, Stage } from './stage.js';

interface Output<T extends FloatArray> {
  array: T;
  offset: number;
  length: number;
  from: number;
}

/** Works in WebAssembly memory, into which a block's images are copied unless they live there: float32, whole images. */
export class WasmStage<T extends FloatArray> implements Stage<T> {
  private addresses: number[] = [];
  private next = 0;
  private outputs: Output<T>[] = [];
  private readonly channels: number;

  constructor(
    private readonly kernels: WasmKernels,
    shape: Conv2dShape,
  ) {
    this.channels = shape.outChannels;
  }

  open(sizes: readonly number[]): void {
    // the last two: bias, and sums in double precision
    this.addresses = this.kernels.memory.reserve([...sizes, this.channels, 2 * this.channels]);
    this.next = 0;
    this.outputs = [];
  }

  private slot(): Slot<T> {
    const address = this.addresses[this.next++];
    return { array: this.kernels.memory.floats as FloatArray as T, offset: address >>> 2 };
  }

  /** The place of an array that needs no copy, or null. */
  private resident(array: T, offset: number): Slot<T> | null {
    const { memory } = this.kernels;
    if (!memory.holds(array)) return null;
    this.next++;
    return { array: memory.floats as FloatArray as T, offset: (array.byteOffset >>> 2) + offset };
  }

  input(array: T, offset: number, length: number): Slot<T> {
    const own = this.resident(array, offset);
    if (own !== null) return own;
    const slot = this.slot();
    slot.array.set(array.subarray(offset, offset + length), slot.offset);
    return slot;
  }

  output(array: T, offset: number, length: number, zero: boolean): Slot<T> {
    const own = this.resident(array, offset);
    const slot = own ?? this.slot();
    if (zero) this.kernels.exports.clear(4 * slot.offset, 4 * length);
    if (own === null) this.outputs.push({ array, offset, length, from: slot.offset });
    return slot;
  }

  work(): Slot<T> {
    return this.slot();
  }

  commit(): void {
    const { floats } = this.kernels.memory;
    for (const { array, offset, length, from } of this.outputs) array.set(floats.subarray(from, from + length), offset);
  }

  unfold(shape: Conv2dShape, block: Block, group: number, x: Slot<T>, col: Slot<T>): void {
    this.kernels.exports.unfold(this.geometry(shape, block), groupStart(shape, group, x), 4 * col.offset);
  }

  fold(shape: Conv2dShape, block: Block, group: number, col: Slot<T>, x: Slot<T>): void {
    this.kernels.exports.fold(this.geometry(shape, block), 4 * col.offset, groupStart(shape, group, x));
  }

  scatter(shape: Conv2dShape, block: Block, group: number, from: Slot<T>, to: Slot<T>, bias: Slot<T> | null): void {
    const { memory, exports } = this.kernels;
    const channels = shape.outChannels / shape.groups;
    const positions = shape.outHeight * shape.outWidth;
    let biasAddress = 0;
    if (bias !== null) {
      biasAddress = this.addresses[this.addresses.length - 2];
      const start = bias.offset + group * channels;
      memory.floats.set(bias.array.subarray(start, start + channels), biasAddress >>> 2);
    }
    const target = 4 * (to.offset + group * channels * positions);
    const stride = shape.outChannels * positions;
    exports.scatterPlanes(4 * from.offset, target, biasAddress, channels, block.images, positions, stride);
  }

  gather(shape: Conv2dShape, block: Block, group: number, from: Slot<T>, to: Slot<T>, sums: Float64Array | null): void {
    const { memory, exports } = this.kernels;
    const channels = shape.outChannels / shape.groups;
    const positions = shape.outHeight * shape.outWidth;
    const first = group * channels;
    const source = 4 * (from.offset + first * positions);
    const sumsAddress = sums === null ? 0 : this.addresses[this.addresses.length - 1];
    const at = sumsAddress >>> 3;
    if (sums !== null) memory.doubles.set(sums.subarray(first, first + channels), at);
    const stride = shape.outChannels * positions;
    exports.gatherPlanes(source, 4 * to.offset, sumsAddress, channels, block.images, positions, stride);
    if (sums !== null) sums.set(memory.doubles.subarray(at, at + channels), first);
  }

  /** Writes the parameter block that assembly/conv.ts reads, in its order, and returns its address. */
  private geometry(s: Conv2dShape, block: Block): number {
    const { ints, geometry } = this.kernels.memory;
    const fields = [
      block.images,
      s.inChannels,
      s.inChannels / s.groups,
      s.height,
      s.width,
      s.kernelHeight,
      s.kernelWidth,
      s.strideHeight,
      s.strideWidth,
      s.padTop,
      s.padLeft,
      s.dilationHeight,
      s.dilationWidth,
      s.outHeight,
      s.outWidth,
    ];
    for (let i = 0; i < fields.length; i++) ints[(geometry >> 2) + i] = fields[i];
    return geometry;
  }
}

function groupStart<T extends FloatArray>(shape: Conv2dShape, group: number, x: Slot<T>): number {
  return 4 * (x.offset + group * (shape.inChannels / shape.groups) * shape.height * shape.width);
}
