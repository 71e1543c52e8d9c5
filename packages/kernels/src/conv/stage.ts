import { scratch } from '../scratch.js';
import type { FloatArray } from '../types.js';
import { fold, unfold } from './im2col.js';
import type { Block, Conv2dShape } from './shape.js';

/** Part of an array: where a block's data starts. */
export interface Slot<T extends FloatArray> {
  readonly array: T;
  readonly offset: number;
}

/** What happens to one block of a convolution beside its matrix product, in plain loops on the caller's arrays. */
export class HeapStage<T extends FloatArray> {
  constructor(private readonly like: T) {}

  /** A slot for intermediate values. */
  work(use: string, length: number): Slot<T> {
    return { array: scratch(this.like, use, length), offset: 0 };
  }

  unfold(shape: Conv2dShape, block: Block, group: number, x: Slot<T>, col: Slot<T>): void {
    unfold(shape, block, group, x.array, x.offset, col.array, col.offset);
  }

  fold(shape: Conv2dShape, block: Block, group: number, col: Slot<T>, x: Slot<T>): void {
    fold(shape, block, group, col.array, col.offset, x.array, x.offset);
  }

  /** `[outChannels/groups, images * positions]` to the group's channels of `[images, outChannels, …]`, plus bias. */
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

  /** The reverse of `scatter`; adds each channel's sum to `sums[channel]` if given. */
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
