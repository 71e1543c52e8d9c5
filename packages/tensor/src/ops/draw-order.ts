/** In which order a tensor's elements are drawn: PyTorch's loops go through memory, not through indices. */
import { allocateArray, type DType, type TypedArray } from '../dtype.js';
import { contiguousStrides, numelOf } from '../shape.js';
import type { Device } from '../storage.js';
import { Tensor } from '../tensor.js';
import { fromHost } from './kernel.js';

/** Fills host memory. `blocks`: the elements lie one after the other, so that normals are made in blocks. */
export type Draw = (out: TypedArray, blocks: boolean) => void;

/** The dimensions from the largest stride to the smallest; null if they already stand so. */
function memoryOrder({ shape, strides }: Tensor): number[] | null {
  const long = shape.map((_, d) => d).filter((d) => shape[d] > 1);
  if (long.every((d, i) => i === 0 || strides[long[i - 1]] >= strides[d])) return null;
  const order = long.sort((a, b) => strides[b] - strides[a]);
  return [...order, ...shape.map((_, d) => d).filter((d) => shape[d] <= 1)];
}

/** The elements of `values`, which has the shape of `x`, in the order in which those of `x` are drawn. */
export function inDrawOrder(values: Tensor, x: Tensor): TypedArray {
  const order = memoryOrder(x);
  return (order === null ? values : values.permute(order)).toArray();
}

/**
 * A new tensor of draws, of the shape of `x` and with its dimensions lying in memory in the same order, as
 * `torch.empty_like` makes it.
 */
export function drawLike(x: Tensor, dtype: DType, device: Device, draw: Draw, inPlace = false): Tensor {
  const host = allocateArray(dtype, numelOf(x.shape));
  const order = memoryOrder(x);
  draw(host, inPlace ? x.is_contiguous() : order === null);
  if (order === null) return fromHost(host, x.shape, dtype, device);
  const inMemory = order.map((d) => x.shape[d]);
  const { storage } = fromHost(host, inMemory, dtype, device);
  const strides = Array<number>(x.ndim).fill(0);
  contiguousStrides(inMemory).forEach((stride, i) => {
    strides[order[i]] = stride;
  });
  return new Tensor(storage, x.shape, strides, 0);
}
