/** Buffers on the device, used again: gpu.js makes a buffer for each result, and making one costs more than most kernels. */
import { Usage, type WebGpuBuffer, type WebGpuDevice } from './device-api.js';

/** Every array may be read by kernels, written by one, uploaded and read back, so that they share one pool. */
const ARRAY_USAGE = Usage.STORAGE | Usage.COPY_SRC | Usage.COPY_DST;

const SMALLEST = 256;

/** Free buffers are kept up to this many bytes, or as many as are in use. */
const KEPT_FREE = 64 * 2 ** 20;

/** The device's memory does not suffice; the engine says for what. */
export class PoolExhausted extends Error {}

/** Bytes of the buffer that holds an array of `bytes`: one of eight steps between powers of two, so that sizes meet again. */
export function sizeClass(bytes: number, limit: number): number {
  if (bytes <= SMALLEST) return SMALLEST;
  const step = Math.max(SMALLEST, 2 ** (Math.ceil(Math.log2(bytes)) - 4));
  return Math.min(Math.ceil(bytes / step) * step, limit);
}

export class BufferPool {
  /** Bytes of every buffer on the device. */
  reserved = 0;
  /** Buffers made so far. */
  made = 0;
  private freeBytes = 0;
  /** Unused buffers by size. */
  private readonly free = new Map<number, WebGpuBuffer[]>();
  /** Every buffer, with what really destroys it. */
  private readonly buffers = new Map<WebGpuBuffer, () => void>();

  private readonly limit: number;

  /** @param settle submits what may still use a free buffer */
  constructor(
    private readonly device: WebGpuDevice,
    private readonly settle: () => void = () => {},
  ) {
    const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
    this.limit = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  }

  /** Whether the next {@link take} of this many bytes finds a free buffer. */
  has(bytes: number): boolean {
    return (this.free.get(sizeClass(bytes, this.limit))?.length ?? 0) > 0;
  }

  /**
   * Sees to it that the next {@link take} of this many bytes finds a free buffer. Waits only when one has to be made.
   * @throws PoolExhausted when the device has no memory left, not even without the free buffers.
   */
  async reserve(bytes: number): Promise<void> {
    if (this.has(bytes)) return;
    const size = sizeClass(bytes, this.limit);
    if (this.freeBytes > Math.max(KEPT_FREE, this.reserved - this.freeBytes)) this.empty();
    const made = (await this.tryMake(size)) ?? (this.freeBytes > 0 ? await this.retry(size) : null);
    if (made === null) throw new PoolExhausted();
    this.put(made);
  }

  private retry(size: number): Promise<WebGpuBuffer | null> {
    this.empty();
    return this.tryMake(size);
  }

  /** A new buffer, or null when there is no memory: WebGPU tells so by an error scope and by nothing else. */
  private async tryMake(size: number): Promise<WebGpuBuffer | null> {
    this.device.pushErrorScope('out-of-memory');
    const buffer = this.make(size);
    if ((await this.device.popErrorScope()) === null) return buffer;
    this.drop(buffer);
    return null;
  }

  /** Its `destroy`, which gpu.js calls, gives the buffer back to the pool. */
  private make(size: number): WebGpuBuffer {
    const buffer = this.device.createBuffer({ size, usage: ARRAY_USAGE });
    this.reserved += size;
    this.made++;
    this.buffers.set(buffer, buffer.destroy.bind(buffer));
    buffer.destroy = () => this.put(buffer);
    return buffer;
  }

  /** A buffer of at least this many bytes, with anything in it. */
  take(bytes: number): WebGpuBuffer {
    const size = sizeClass(bytes, this.limit);
    const buffer = this.free.get(size)?.pop();
    if (buffer === undefined) return this.make(size);
    this.freeBytes -= size;
    return buffer;
  }

  private put(buffer: WebGpuBuffer): void {
    const list = this.free.get(buffer.size);
    if (list === undefined) this.free.set(buffer.size, [buffer]);
    else list.push(buffer);
    this.freeBytes += buffer.size;
  }

  /** Gives every free buffer back to the device. */
  empty(): void {
    this.settle();
    for (const list of this.free.values()) for (const buffer of list) this.drop(buffer);
    this.free.clear();
    this.freeBytes = 0;
  }

  private drop(buffer: WebGpuBuffer): void {
    this.buffers.get(buffer)?.();
    this.buffers.delete(buffer);
    this.reserved -= buffer.size;
  }
}
