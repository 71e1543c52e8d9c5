/**
 * A WebGPU device in a thread of its own. WebGPU answers asynchronously, and the caller does not wait that way: so another
 * thread runs gpu.js, takes batches of commands from here, and the caller blocks only for an answer.
 */
import { DeviceError } from '../../../../errors.js';
import type { ArrayId, Driver, DriverMemory, KernelSource } from '../../driver.js';
import { KernelIds } from '../kernel-ids.js';
import { elementsFor, resizes } from '../kernel-text.js';
import { BatchWriter } from './commands.js';
import type { Control } from './control.js';
import { errorOf } from './failure.js';
import type { Reply, Transport } from './transport.js';

/** Compiled kernels that the device keeps. */
const KERNELS = 1024;

/** A batch is sent when it has so many commands, for a device that has nothing to do, … */
const BATCH_COMMANDS = 16;
/** … or so many for one that is busy, or so many bytes: to send one costs as much as some operations. */
const BATCH_MOST = 64;
const BATCH_BYTES = 4 * 2 ** 20;

/** The caller waits when it is further ahead of the device than this. */
const AHEAD_BATCHES = 64;
const AHEAD_BYTES = 256 * 2 ** 20;

export interface WorkerDriverOptions {
  /** Waits after each command. */
  readonly blocking?: boolean;
  /** Milliseconds without a sign of life after which the thread counts as dead. */
  readonly silence?: number;
}

export class WorkerDriver implements Driver {
  readonly mode = 'webgpu';
  readonly lanes = 4;
  readonly name: string;
  readonly maxBytes: number;
  private readonly kernels: KernelIds;
  private readonly batch = new BatchWriter();
  /** Elements of every array. */
  private readonly sizes = new Map<ArrayId, number>();
  private sent = 0;
  private bytesAhead = 0;
  private scheduled = false;
  private death: DeviceError | null = null;

  /** Waits until the device has started. @throws DeviceError when it does not. */
  constructor(
    private readonly transport: Transport,
    private readonly control: Control,
    private readonly options: WorkerDriverOptions = {},
  ) {
    this.kernels = new KernelIds(
      KERNELS,
      resizes(this.mode),
      (id, form) => this.batch.define(id, form),
      (id) => this.batch.forget(id),
    );
    const reply = this.reply(0);
    if (reply.kind !== 'started') throw new DeviceError(`the gpu device did not start: it answered ${reply.kind}`);
    this.name = reply.name;
    this.maxBytes = reply.maxBytes;
  }

  get ended(): DeviceError | null {
    if (this.death === null && this.control.ended) this.death = this.deathNow();
    return this.death;
  }

  get compiled(): number {
    return this.kernels.given;
  }

  memory(): DriverMemory {
    return this.control.memoryNow;
  }

  upload(id: ArrayId, data: Float32Array): void {
    this.checkSize('upload', data.length);
    this.sizes.set(id, data.length);
    // a copy, whose memory then moves to the other thread
    this.batch.upload(id, data.slice());
    this.enqueued();
  }

  run(kernel: KernelSource, arrays: readonly ArrayId[], scalars: readonly number[], out: ArrayId): void {
    this.checkSize(kernel.op, elementsFor(kernel.outputs, kernel));
    this.sizes.set(out, kernel.outputs);
    const { id, sizes } = this.kernels.kernelFor(kernel);
    this.batch.run(id, kernel.outputs, arrays, [...scalars, ...sizes], out);
    this.enqueued();
    if (this.options.blocking) this.synchronize();
  }

  /** WebGPU would drop the command and give zeros. */
  private checkSize(op: string, numel: number): void {
    const bytes = numel * Float32Array.BYTES_PER_ELEMENT;
    if (bytes <= this.maxBytes) return;
    const most = `an array on ${this.name} has at most ${this.maxBytes}`;
    throw new DeviceError(`${op}(): the gpu device cannot hold an array of ${bytes} bytes: ${most}`);
  }

  free(id: ArrayId): void {
    if (!this.sizes.delete(id)) return;
    this.batch.free(id);
    this.enqueued();
  }

  emptyCache(): void {
    this.batch.emptyCache();
    this.synchronize();
  }

  download(id: ArrayId): Float32Array {
    const bytes = (this.sizes.get(id) ?? 0) * Float32Array.BYTES_PER_ELEMENT;
    this.transport.expect(bytes);
    const reply = this.ask(() => this.batch.download(id));
    if (reply.kind !== 'elements') throw new DeviceError(`the gpu device answered a download with ${reply.kind}`);
    return reply.elements;
  }

  synchronize(): void {
    this.ask(() => this.batch.synchronize());
  }

  private enqueued(): void {
    if (this.isFull) this.flush();
    else if (!this.scheduled) {
      // for a caller that goes to do something else
      this.scheduled = true;
      queueMicrotask(() => {
        this.scheduled = false;
        if (this.ended === null) this.flush();
      });
    }
  }

  private get isFull(): boolean {
    const { count, bytes } = this.batch;
    if (count < BATCH_COMMANDS && bytes < BATCH_BYTES) return false;
    return count >= BATCH_MOST || bytes >= BATCH_BYTES || this.control.batches === this.sent;
  }

  private flush(): void {
    if (this.batch.count === 0) return;
    this.throwIfEnded();
    this.bytesAhead += this.batch.bytes;
    this.transport.send(this.batch.take());
    this.control.noteSent();
    this.sent++;
    this.holdBack();
  }

  private holdBack(): void {
    const ahead = (): number => this.sent - this.control.batches;
    if (ahead() <= AHEAD_BATCHES && this.bytesAhead <= AHEAD_BYTES) return;
    const most = this.bytesAhead > AHEAD_BYTES ? 0 : AHEAD_BATCHES / 2;
    if (!this.control.wait(() => ahead() <= most, this.options.silence)) this.die();
    if (most === 0) this.bytesAhead = 0;
  }

  private ask(write: () => void): ReturnType<WorkerDriver['reply']> {
    this.throwIfEnded();
    write();
    const before = this.control.replies;
    this.flush();
    const reply = this.reply(before);
    // an answer comes after everything that was sent before it
    this.bytesAhead = 0;
    return reply;
  }

  private reply(before: number): Reply | { readonly kind: 'nothing' } {
    if (!this.control.wait(() => this.control.replies > before, this.options.silence)) this.die();
    const reply = this.transport.receive() ?? { kind: 'nothing' };
    if (reply.kind === 'failed') throw errorOf(reply.failure);
    return reply;
  }

  private throwIfEnded(): void {
    if (this.ended !== null) throw this.ended;
  }

  private die(): never {
    this.death = this.deathNow();
    if (!this.control.ended) this.transport.kill();
    throw this.death;
  }

  private deathNow(): DeviceError {
    const why =
      this.transport.cause() ?? (this.control.ended ? 'its thread ended' : 'its thread gives no sign of life');
    return new DeviceError(`the gpu device stopped, and its arrays are lost: ${why}`);
  }

  /**
   * For the end of the process, which would be aborted while the device is busy: waits for the kernels that it has begun,
   * and drops the rest.
   */
  close(): void {
    if (this.ended !== null) return;
    this.death = new DeviceError('the gpu device was closed');
    this.control.setClosing();
    this.transport.send(new BatchWriter().take());
    this.control.wait(() => this.control.ended, this.options.silence);
  }
}
