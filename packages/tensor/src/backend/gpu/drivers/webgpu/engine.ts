/**
 * Runs gpu.js on a WebGPU device, one command after the other. No command throws: what goes wrong makes its result a failed
 * array, what is made of a failed array fails for the same reason, and the next answer tells.
 */
import { DeviceError, OutOfMemoryError } from '../../../../errors.js';
import type { ArrayId } from '../../driver.js';
import { checkMode, type GpuJsKernel, reason, setThreads } from '../gpu-js.js';
import type { KernelId } from '../kernel-ids.js';
import { elementsFor, type KernelForm, kernelSettings, kernelText, threadsFor } from '../kernel-text.js';
import { MAP_MODE_READ, Usage, type WebGpuBuffer, type WebGpuDevice } from './device-api.js';
import { errorOf, type Failure, failureOf } from './failure.js';
import { build, type DeviceArray, destroy, run } from './gpu-js-kernel.js';
import { PoolExhausted, sizeClass } from './pool.js';
import type { Recorder } from './recorder.js';
import { type EngineParts, type Started, startDevice } from './start.js';

/** Kernels that may be under way. Without a limit a fast caller fills the memory with what was freed but is still in use. */
const AHEAD = 32;

/** A staging buffer of up to this many bytes is kept for the next readback. */
const KEPT_STAGING = 16 * 2 ** 20;

const STAGING_USAGE = Usage.MAP_READ | Usage.COPY_DST;

interface HeldArray extends DeviceArray {
  /** What made it. */
  readonly op: string;
}

interface Kernel {
  readonly form: KernelForm;
  compiled: GpuJsKernel | null;
}

export class Engine {
  private started: Started | null = null;
  private readonly kernels = new Map<KernelId, Kernel>();
  private readonly arrays = new Map<ArrayId, HeldArray>();
  private readonly failed = new Map<ArrayId, Failure>();
  /** What no answer has told yet. */
  private untold: Failure | null = null;
  private staging: WebGpuBuffer | null = null;
  private runs = 0;
  private underWay: Promise<void> = Promise.resolve();
  /** The op whose kernel ran last. */
  private lastOp = 'nothing';

  private constructor(private readonly parts: EngineParts) {}

  /** Starts a device, and waits for a first result from it. @throws DeviceError without an adapter. */
  static async start(parts: EngineParts): Promise<Engine> {
    const engine = new Engine(parts);
    await engine.device();
    return engine;
  }

  get name(): string {
    return this.started?.name ?? 'no device';
  }

  /** The most bytes that an array may have. */
  get maxBytes(): number {
    const limits = this.started?.device.limits;
    return limits === undefined ? 0 : Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  }

  get memory(): { readonly reserved: number; readonly buffers: number } {
    return { reserved: this.started?.pool.reserved ?? 0, buffers: this.started?.pool.made ?? 0 };
  }

  private async device(): Promise<Started> {
    this.started ??= await startDevice(this.parts, {
      error: (message) => this.note({ kind: 'device', message: `${this.lastOp}(): the gpu device failed: ${message}` }),
      lost: (device, message) => this.lose(device, message),
    });
    return this.started;
  }

  define(id: KernelId, form: KernelForm): void {
    this.kernels.set(id, { form, compiled: null });
  }

  forget(id: KernelId): void {
    const compiled = this.kernels.get(id)?.compiled;
    if (compiled && this.started !== null) destroy(this.started.gpuJs, compiled);
    this.kernels.delete(id);
  }

  async upload(id: ArrayId, data: Float32Array): Promise<void> {
    try {
      const { recorder, pool } = await this.reserve('upload', data.byteLength);
      const buffer = pool.take(data.byteLength);
      recorder.writeBuffer(buffer, 0, data);
      this.arrays.set(id, { buffer, numel: data.length, op: 'upload' });
    } catch (error) {
      this.fail(id, failureOf(error));
    }
  }

  /** Sees to it that a buffer of `bytes` can be taken. @throws OutOfMemoryError naming the op. */
  private reserve(op: string, bytes: number): Started | Promise<Started> {
    if (this.started === null || !this.started.pool.has(bytes)) return this.make(op, bytes);
    this.lastOp = op;
    return this.started;
  }

  private async make(op: string, bytes: number): Promise<Started> {
    const started = await this.device();
    this.lastOp = op;
    try {
      await started.pool.reserve(bytes);
    } catch (cause) {
      if (!(cause instanceof PoolExhausted)) throw cause;
      const held = `${mebibytes(started.pool.reserved)} are in use`;
      throw new OutOfMemoryError(`${op}(): gpu out of memory. Tried to allocate ${mebibytes(bytes)} (${held})`);
    }
    return started;
  }

  /** @param numbers the scalars, then the integers */
  async run(
    id: KernelId,
    outputs: number,
    arrays: readonly ArrayId[],
    numbers: readonly number[],
    out: ArrayId,
  ): Promise<void> {
    const { form } = this.kernels.get(id) as Kernel;
    const { op } = form;
    try {
      const started = await this.reserve(op, bytesOf(elementsFor(outputs, form)));
      const inputs = arrays.map((array) => this.arrays.get(array));
      if (!inputs.every((input) => input !== undefined)) {
        this.fail(out, this.failureOfAny(arrays));
        return;
      }
      if (this.started !== started) throw new DeviceError(`${op}(): the gpu device was lost`);
      const buffer = await this.compute(id, outputs, inputs, numbers);
      if (this.started !== started) throw new DeviceError(`${op}(): the gpu device was lost`);
      this.arrays.set(out, { buffer, numel: outputs, op });
      await this.holdBack(started.recorder);
    } catch (error) {
      this.fail(out, failureOf(error));
    }
  }

  /** @throws DeviceError naming the op when the kernel does not compile or run. */
  private async compute(
    id: KernelId,
    outputs: number,
    inputs: readonly DeviceArray[],
    numbers: readonly number[],
  ): Promise<WebGpuBuffer> {
    const kernel = this.kernels.get(id) as Kernel;
    const { op } = kernel.form;
    try {
      kernel.compiled ??= await this.compile({ ...kernel.form, outputs }, inputs, numbers);
      setThreads(kernel.compiled, threadsFor(outputs, kernel.form));
      const buffer = await run(kernel.compiled, inputs, numbers);
      checkMode(op, kernel.compiled, 'webgpu');
      if (buffer === null) throw new Error('gpu.js returned no buffer of its own');
      return buffer;
    } catch (cause) {
      if (cause instanceof DeviceError) throw cause;
      throw new DeviceError(`${op}(): the gpu kernel failed: ${reason(cause)}`, { cause });
    }
  }

  private async compile(
    form: KernelForm,
    inputs: readonly DeviceArray[],
    numbers: readonly number[],
  ): Promise<GpuJsKernel> {
    const { gpuJs } = this.started as Started;
    const kernel = gpuJs.createKernel(kernelText(form), kernelSettings(form, 'WebGPUBuffer'));
    try {
      await build(kernel, inputs, numbers);
    } catch (error) {
      destroy(gpuJs, kernel);
      throw error;
    }
    return kernel;
  }

  /** Waits, after every {@link AHEAD} kernels, for those before. */
  private async holdBack(recorder: Recorder): Promise<void> {
    this.runs++;
    if (this.runs % AHEAD !== 0) return;
    const before = this.underWay;
    this.underWay = recorder.onSubmittedWorkDone();
    await before;
  }

  free(id: ArrayId): void {
    this.failed.delete(id);
    // this `destroy` is the pool's
    this.arrays.get(id)?.buffer.destroy();
    this.arrays.delete(id);
  }

  /** Lets the device begin with what it has been given. */
  flush(): void {
    this.started?.recorder.flush();
  }

  /** Gives unused buffers back to the device. */
  emptyCache(): void {
    this.started?.pool.empty();
  }

  /** `copy` takes the elements out of memory that is there only during the call. @throws DeviceError for any error so far. */
  async download<R>(id: ArrayId, copy: (elements: Float32Array) => R): Promise<R> {
    const array = this.arrays.get(id);
    const staging = array === undefined ? null : await this.mapped(array);
    try {
      this.throwUntold();
      if (array === undefined || staging === null) throw errorOf(this.failureOfAny([id]));
      return copy(new Float32Array(staging.getMappedRange(0, bytesOf(array.numel))));
    } finally {
      staging?.unmap();
      if (staging !== this.staging) staging?.destroy();
    }
  }

  /** A copy that this thread can read; null when that fails. */
  private async mapped({ buffer, numel, op }: HeldArray): Promise<WebGpuBuffer | null> {
    const { device, recorder } = this.started as Started;
    const bytes = bytesOf(numel);
    const staging = this.stagingOf(device, bytes);
    try {
      recorder.copyBufferToBuffer(buffer, 0, staging, 0, bytes);
      recorder.flush();
      await staging.mapAsync(MAP_MODE_READ, 0, bytes);
      return staging;
    } catch (cause) {
      // a loss is told after this rejection
      await new Promise((resolve) => setTimeout(resolve, 0));
      this.note({ kind: 'device', message: `${op}(): the result cannot be read: ${reason(cause)}` });
      this.staging = null;
      return null;
    }
  }

  private stagingOf(device: WebGpuDevice, bytes: number): WebGpuBuffer {
    if (this.staging !== null && this.staging.size >= bytes) return this.staging;
    const staging = device.createBuffer({ size: sizeClass(bytes, device.limits.maxBufferSize), usage: STAGING_USAGE });
    if (staging.size <= KEPT_STAGING) {
      this.staging?.destroy();
      this.staging = staging;
    }
    return staging;
  }

  /** Waits until everything is done. @throws DeviceError for any error so far. */
  async synchronize(): Promise<void> {
    await this.started?.recorder.onSubmittedWorkDone();
    this.throwUntold();
  }

  private throwUntold(): void {
    const failure = this.untold;
    this.untold = null;
    if (failure !== null) throw errorOf(failure);
  }

  private note(failure: Failure): void {
    this.untold ??= failure;
  }

  private fail(id: ArrayId, failure: Failure): void {
    this.failed.set(id, failure);
    this.note(failure);
  }

  /** Why one of these arrays is not there. */
  private failureOfAny(ids: readonly ArrayId[]): Failure {
    for (const id of ids) {
      const failure = this.failed.get(id);
      if (failure !== undefined) return failure;
    }
    const missing = ids.find((id) => !this.arrays.has(id));
    const { before } = this.parts;
    const why = before === null ? '' : `: it went with the device that stopped before (${before})`;
    return { kind: 'device', message: `the gpu device has no array ${missing}${why}` };
  }

  /** Everything on a lost device is lost; the next command starts another. */
  private lose(device: WebGpuDevice, message: string): void {
    if (device !== this.started?.device) return;
    const failure: Failure = { kind: 'device', message: `${this.lastOp}(): the gpu device was lost: ${message}` };
    this.note(failure);
    for (const id of this.arrays.keys()) this.failed.set(id, failure);
    this.arrays.clear();
    for (const kernel of this.kernels.values()) kernel.compiled = null;
    this.started = null;
    this.staging = null;
    this.underWay = Promise.resolve();
  }

  /** Ends the device, with what it is doing. */
  async close(): Promise<void> {
    const device = this.started?.device;
    this.started = null;
    await device?.queue.onSubmittedWorkDone();
    device?.destroy();
  }
}

const bytesOf = (numel: number): number => numel * Float32Array.BYTES_PER_ELEMENT;

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(2)} MiB`;
