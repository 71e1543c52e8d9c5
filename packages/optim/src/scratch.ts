/** Memory that an update needs for a moment, kept for the next one. */
import { type Tensor, zeros } from '@torchlet/tensor';

/**
 * Tensors for intermediate results, under names. All tensors of one name, dtype and device lie in the same memory, which
 * grows to the largest that was asked for: an optimizer needs room for one parameter, whatever the number of them.
 */
export class Scratch {
  private readonly buffers = new Map<string, Tensor>();

  /** A contiguous tensor of that shape, in the dtype and on the device of `like`. Its elements are arbitrary. */
  take(name: string, shape: readonly number[], like: Tensor): Tensor {
    const numel = shape.reduce((n, size) => n * size, 1);
    const key = `${name} ${like.dtype} ${like.device}`;
    let buffer = this.buffers.get(key);
    if (buffer === undefined || buffer.numel() < numel) {
      buffer = zeros([numel], { dtype: like.dtype, device: like.device });
      this.buffers.set(key, buffer);
    }
    return buffer.narrow(0, 0, numel).view([...shape]);
  }
}
