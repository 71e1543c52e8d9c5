import { scratch } from '../scratch.js';
import type { FloatArray } from '../types.js';
import { fold, unfold } from './im2col.js';
import type { Block, Conv2dShape } from './shape.js';

/** Part of an array: where a block's data starts. */
export interface Slot<T extends FloatArray> {
  readonly array: T;
  readonly offset: number;
}

/**
 * The place where the work of one block happens: the caller's own arrays and JavaScript loops, or WebAssembly memory and
 * kernels. `open` starts a block; slots are valid until the next `open`.
 */
export interface Stage<T extends FloatArray> {
  /** Starts a block whose slots need so many elements, one entry per slot in the order they will be asked for. */
  open(sizes: readonly number[]): void;
  /** A slot holding `length` elements of `array`, to be read. */
  input(array: T, offset: number, length: number): Slot<T>;
  /** A slot whose content `commit` brings to `array`; it starts at zero if asked, else with anything. */
  output(array: T, offset: number, length: number, zero: boolean): Slot<T>;
  /** A slot for intermediate values. */
  work(use: string, length: number): Slot<T>;
  /** Brings the outputs to their arrays. */
  commit(): void;
  unfold(shape: Conv2dShape, block: Block, group: number, x: Slot<T>, col: Slot<T>): void;
  fold(shape: Conv2dShape, block: Block, group: number, col: Slot<T>, x: Slot<T>): void;
  /** `[outChannels/groups, images * positions]` to the group's channels of `[images, outChannels, …]`, plus bias. */
  scatter(shape: Conv2dShape, block: Block, group: number, from: Slot<T>, to: Slot<T>, bias: Slot<T> | null): void;
  /** The reverse of `scatter`; adds each channel's sum to `sums[channel]` if given. */
  gather(shape: Conv2dShape, block: Block, group: number, from: Slot<T>, to: Slot<T>, sums: Float64Array | null): void;
}

/** Works in place on the caller's arrays. */
export class HeapStage<T extends FloatArray> implements Stage<T> {
  constructor(private readonly like: T) {}

  open(): void {}

  input(array: T, offset: number): Slot<T> {
    return { array, offset };
  }

  output(array: T, offset: number, length: number, zero: boolean): Slot<T> {
    if (zero) array.fill(0, offset, offset + length);
    return { array, offset };
  }

  work(use: string, length: number): Slot<T> {
    return { array: scratch(this.like, use, length), offset: 0 };
  }

  commit(): void {}

  unfold(shape: Conv2dShape, block: Block, group: number, x: Slot<T>, col: Slot<T>): void {
    unfold(shape, block, group, x.array, x.offset, col.array, col.offset);
  }

  fold(shape: Conv2dShape, block: Block, group: number, col: Slot<T>, x: Slot<T>): void {
    fold(shape, block, group, col.array, col.offset, x.array, x.offset);
  }

  scatter(shape: Conv2dShape, block: Block, group: number, from: Slot<T>, to: Slot<T>, bias: Slot<T> | null): void {
    const channels = shape.outChannels / shape.groups;
    const count = block.rows * shape.outWidth;
    const source = from.array;
    const target = to.array;
    let at = from.offset;
    for (let c = 0; c < channels; c++) {
      const channel = group * channels + c;
      const add = bias === null ? 0 : bias.array[bias.offset + channel];
      for (let b = 0; b < block.images; b++) {
        const start = to.offset + planeStart(shape, block, b, channel);
        if (bias === null) for (let i = 0; i < count; i++) target[start + i] = source[at + i];
        else for (let i = 0; i < count; i++) target[start + i] = source[at + i] + add;
        at += count;
      }
    }
  }

  gather(shape: Conv2dShape, block: Block, group: number, from: Slot<T>, to: Slot<T>, sums: Float64Array | null): void {
    const channels = shape.outChannels / shape.groups;
    const count = block.rows * shape.outWidth;
    const source = from.array;
    const target = to.array;
    let at = to.offset;
    for (let c = 0; c < channels; c++) {
      const channel = group * channels + c;
      let sum = 0;
      for (let b = 0; b < block.images; b++) {
        const start = from.offset + planeStart(shape, block, b, channel);
        for (let i = 0; i < count; i++) {
          const value = source[start + i];
          target[at + i] = value;
          sum += value;
        }
        at += count;
      }
      if (sums !== null) sums[channel] += sum;
    }
  }
}

function planeStart(shape: Conv2dShape, block: Block, image: number, channel: number): number {
  return ((image * shape.outChannels + channel) * shape.outHeight + block.row) * shape.outWidth;
}
