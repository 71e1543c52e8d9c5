/**
 * What gpu.js calls on a device to run a kernel, gathered. gpu.js writes the kernel's numbers and submits its commands each time,
 * which costs a GPU's driver more than most kernels; here the kernels of a batch become one pass, their numbers lie side by side
 * in one buffer, and both go to the device at once.
 */
import { BindGroups, type KernelLayout, kernelLayout } from './bind-groups.js';
import {
  type BindGroupDescriptor,
  type BindGroupLayoutDescriptor,
  type BufferDescriptor,
  type CommandEncoder,
  type ComputePass,
  type PipelineLayoutDescriptor,
  Usage,
  type WebGpuBuffer,
  type WebGpuDevice,
  type WebGpuQueue,
} from './device-api.js';

/** Bytes for the numbers of kernels that are submitted together. */
const NUMBERS = 2 ** 15;

/** gpu.js does nothing with a command buffer but hand it back, … */
const COMMANDS = {};

/** … and with a bind group the same. */
interface Bound {
  readonly output: unknown;
  readonly inputs: readonly unknown[];
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
  private readonly groups: BindGroups;
  /** What the pass has: the pipeline, and inputs' groups. */
  private pipeline: unknown = null;
  private bound: unknown[] = [];
  /** Where a kernel's numbers may begin: at multiples of this. */
  private readonly step: number;

  constructor(private readonly device: WebGpuDevice) {
    this.numbersBuffer = device.createBuffer({ size: NUMBERS, usage: Usage.UNIFORM | Usage.COPY_DST });
    this.groups = new BindGroups(device, this.numbersBuffer);
    this.step = device.limits.minUniformBufferOffsetAlignment;
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
    this.pipeline = null;
    this.bound = [];
  }

  // what gpu.js calls in place of the device's own

  createBuffer(descriptor: BufferDescriptor): WebGpuBuffer {
    const buffer = this.device.createBuffer(descriptor);
    if ((descriptor.usage & Usage.UNIFORM) !== 0) this.uniforms.add(buffer);
    return buffer;
  }

  createBindGroupLayout(descriptor: BindGroupLayoutDescriptor): KernelLayout {
    return kernelLayout(descriptor);
  }

  createPipelineLayout({ bindGroupLayouts: [layout] }: PipelineLayoutDescriptor): unknown {
    return this.device.createPipelineLayout({ bindGroupLayouts: this.groups.layouts(layout as KernelLayout) });
  }

  /** For the numbers last written, the inputs and the output. */
  createBindGroup({ entries: [, ...arrays] }: BindGroupDescriptor): Bound {
    const buffers = arrays.map(({ resource }) => resource.buffer);
    const output = buffers.pop() as WebGpuBuffer;
    const { offset, bytes } = this.place(this.latest);
    return { output: this.groups.forOutput(output, bytes), inputs: this.groups.forInputs(buffers), offset };
  }

  /** Where the numbers lie from now on, and the bytes that they may take. */
  private place(data: ArrayBuffer): { readonly offset: number; readonly bytes: number } {
    const bytes = Math.ceil(data.byteLength / this.step) * this.step;
    if (this.used + bytes > NUMBERS) this.flush();
    const offset = this.used;
    this.numbers.set(new Uint8Array(data), offset);
    this.used += bytes;
    return { offset, bytes };
  }

  readonly queue: WebGpuQueue = {
    writeBuffer: (...args: Parameters<WebGpuQueue['writeBuffer']>): void => this.writeBuffer(...args),
    submit: (): void => {},
    onSubmittedWorkDone: (): Promise<void> => this.onSubmittedWorkDone(),
  };

  private readonly recordedPass: ComputePass = {
    setPipeline: (pipeline: unknown): void => {
      if (this.pipeline === pipeline) return;
      this.pass?.setPipeline(pipeline);
      this.pipeline = pipeline;
    },
    setBindGroup: (_: number, bound: unknown): void => {
      const { output, inputs, offset } = bound as Bound;
      this.pass?.setBindGroup(0, output, [offset]);
      for (let i = 0; i < inputs.length; i++) {
        if (this.bound[i] === inputs[i]) continue;
        this.pass?.setBindGroup(i + 1, inputs[i]);
        this.bound[i] = inputs[i];
      }
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
