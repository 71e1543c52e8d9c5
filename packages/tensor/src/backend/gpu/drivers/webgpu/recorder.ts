/**
 * What gpu.js calls on a device to run a kernel, gathered. gpu.js writes the kernel's numbers and submits its commands each time,
 * which costs a GPU's driver more than most kernels; here the kernels of a batch become one pass, their numbers lie side by side
 * in one buffer, and both go to the device at once.
 */
import {
  type BindGroupDescriptor,
  type BindGroupLayoutDescriptor,
  type BufferDescriptor,
  type CommandEncoder,
  type ComputePass,
  Usage,
  type WebGpuBuffer,
  type WebGpuDevice,
  type WebGpuQueue,
} from './device-api.js';

/** Bytes for the numbers of kernels that are submitted together. */
const NUMBERS = 2 ** 15;

/** Bind groups that are kept. */
const GROUPS = 4096;

/** gpu.js does nothing with a command buffer but hand it back, … */
const COMMANDS = {};

/** … and with a bind group the same. */
interface Bound {
  readonly group: unknown;
  /** Where the kernel's numbers lie. */
  readonly offset: number;
}

export class Recorder {
  private encoder: CommandEncoder | null = null;
  private pass: ComputePass | null = null;
  /** Buffers that gpu.js made for a kernel's numbers. What it writes there lies in {@link numbers} instead. */
  private readonly uniforms = new WeakSet<WebGpuBuffer>();
  private readonly numbers = new Uint8Array(NUMBERS);
  private readonly numbersBuffer: WebGpuBuffer;
  private used = 0;
  /** Numbers that the next bind group is about. */
  private latest: ArrayBuffer = new ArrayBuffer(0);
  /** By the numbers of their parts. */
  private readonly groups = new Map<string, unknown>();
  private readonly numbered = new WeakMap<object, number>();
  private count = 0;

  constructor(private readonly device: WebGpuDevice) {
    this.numbersBuffer = device.createBuffer({ size: NUMBERS, usage: Usage.UNIFORM | Usage.COPY_DST });
  }

  /** What is recorded runs after everything that was submitted, and before what will be. */
  flush(): void {
    const { encoder } = this;
    if (encoder === null) return;
    this.endPass();
    this.encoder = null;
    if (this.used > 0) this.device.queue.writeBuffer(this.numbersBuffer, 0, this.numbers.subarray(0, this.used));
    this.used = 0;
    this.device.queue.submit([encoder.finish()]);
  }

  /** For buffers that are about to be destroyed: nothing that is to run uses them, and nothing holds them. */
  release(): void {
    this.flush();
    this.groups.clear();
  }

  copyBufferToBuffer(...args: Parameters<CommandEncoder['copyBufferToBuffer']>): void {
    this.endPass();
    this.open().copyBufferToBuffer(...args);
  }

  /** Writes before anything that is recorded from now on. */
  writeBuffer(buffer: WebGpuBuffer, offset: number, data: Float32Array | Uint8Array | ArrayBuffer): void {
    if (data instanceof ArrayBuffer && this.uniforms.has(buffer)) this.latest = data;
    else {
      this.flush();
      this.device.queue.writeBuffer(buffer, offset, data);
    }
  }

  /** Resolves when everything is done. */
  onSubmittedWorkDone(): Promise<void> {
    this.flush();
    return this.device.queue.onSubmittedWorkDone();
  }

  private open(): CommandEncoder {
    this.encoder ??= this.device.createCommandEncoder();
    return this.encoder;
  }

  private endPass(): void {
    this.pass?.end();
    this.pass = null;
  }

  // what gpu.js calls in place of the device's own

  createBuffer(descriptor: BufferDescriptor): WebGpuBuffer {
    const buffer = this.device.createBuffer(descriptor);
    if ((descriptor.usage & Usage.UNIFORM) !== 0) this.uniforms.add(buffer);
    return buffer;
  }

  /** The first binding is a kernel's numbers, which lie elsewhere each time. */
  createBindGroupLayout({ entries: [numbers, ...arrays] }: BindGroupLayoutDescriptor): object {
    const moving = { ...numbers, buffer: { ...numbers.buffer, hasDynamicOffset: true } };
    return this.device.createBindGroupLayout({ entries: [moving, ...arrays] });
  }

  /** The numbers last written, and the arrays: in a loop mostly those of the last round, for which there is a group already. */
  createBindGroup({ layout, entries: [numbers, ...arrays] }: BindGroupDescriptor): Bound {
    const offset = this.place(this.latest);
    const buffers = arrays.map(({ resource }) => resource.buffer);
    const key = [layout, ...buffers].map((part) => this.numberOf(part)).join();
    let group = this.groups.get(key);
    if (group === undefined) {
      const resource = { buffer: this.numbersBuffer, offset: 0, size: this.latest.byteLength };
      group = this.device.createBindGroup({ layout, entries: [{ ...numbers, resource }, ...arrays] });
      if (this.groups.size >= GROUPS) this.groups.clear();
      this.groups.set(key, group);
    }
    return { group, offset };
  }

  private numberOf(part: object): number {
    let number = this.numbered.get(part);
    if (number === undefined) this.numbered.set(part, (number = this.count++));
    return number;
  }

  /** Where the numbers lie from now on. */
  private place(data: ArrayBuffer): number {
    const step = this.device.limits.minUniformBufferOffsetAlignment;
    const bytes = Math.ceil(data.byteLength / step) * step;
    if (this.used + bytes > NUMBERS) this.flush();
    const offset = this.used;
    this.numbers.set(new Uint8Array(data), offset);
    this.used += bytes;
    return offset;
  }

  readonly queue: WebGpuQueue = {
    writeBuffer: (...args: Parameters<WebGpuQueue['writeBuffer']>): void => this.writeBuffer(...args),
    submit: (): void => {},
    onSubmittedWorkDone: (): Promise<void> => this.onSubmittedWorkDone(),
  };

  private readonly recordedPass: ComputePass = {
    setPipeline: (pipeline: unknown): void => this.pass?.setPipeline(pipeline),
    setBindGroup: (index: number, bound: unknown): void => {
      const { group, offset } = bound as Bound;
      this.pass?.setBindGroup(index, group, [offset]);
    },
    dispatchWorkgroups: (x: number, y: number, z: number): void => this.pass?.dispatchWorkgroups(x, y, z),
    end: (): void => {},
  };

  private readonly recordedEncoder: CommandEncoder = {
    beginComputePass: (): ComputePass => {
      this.pass ??= this.open().beginComputePass();
      return this.recordedPass;
    },
    copyBufferToBuffer: (...args: Parameters<CommandEncoder['copyBufferToBuffer']>): void => {
      this.copyBufferToBuffer(...args);
      // gpu.js maps what it has copied to
      this.flush();
    },
    finish: (): object => COMMANDS,
  };

  readonly createCommandEncoder = (): CommandEncoder => this.recordedEncoder;
}
