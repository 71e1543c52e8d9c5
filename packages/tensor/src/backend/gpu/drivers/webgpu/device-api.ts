/** The part of WebGPU that the device uses, as a browser and the npm package `webgpu` give it. https://www.w3.org/TR/webgpu/ */

export interface WebGpuBuffer {
  readonly size: number;
  destroy(): void;
  mapAsync(mode: number, offset: number, bytes: number): Promise<void>;
  getMappedRange(offset: number, bytes: number): ArrayBuffer;
  unmap(): void;
}

export interface BufferDescriptor {
  readonly size: number;
  readonly usage: number;
  readonly mappedAtCreation?: boolean;
}

export interface WebGpuQueue {
  writeBuffer(buffer: WebGpuBuffer, offset: number, data: Float32Array | Uint8Array | ArrayBuffer): void;
  submit(commands: readonly unknown[]): void;
  onSubmittedWorkDone(): Promise<void>;
}

export interface ComputePass {
  setPipeline(pipeline: unknown): void;
  setBindGroup(index: number, group: unknown, offsets?: readonly number[]): void;
  dispatchWorkgroups(x: number, y: number, z: number): void;
  end(): void;
}

export interface CommandEncoder {
  beginComputePass(): ComputePass;
  copyBufferToBuffer(from: WebGpuBuffer, fromOffset: number, to: WebGpuBuffer, toOffset: number, bytes: number): void;
  finish(): unknown;
}

export interface BindGroupLayoutDescriptor {
  readonly entries: readonly { readonly binding: number; readonly buffer: object; readonly visibility?: number }[];
}

export interface PipelineLayoutDescriptor {
  readonly bindGroupLayouts: readonly object[];
}

export interface ShaderModuleDescriptor {
  readonly code: string;
}

export interface BindGroupDescriptor {
  readonly layout: object;
  readonly entries: readonly {
    readonly binding: number;
    readonly resource: { readonly buffer: WebGpuBuffer; readonly offset?: number; readonly size?: number };
  }[];
}

export interface Limits {
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxStorageBuffersPerShaderStage: number;
  readonly minUniformBufferOffsetAlignment: number;
}

export interface WebGpuDevice {
  readonly limits: Limits;
  readonly queue: WebGpuQueue;
  readonly lost: Promise<{ readonly reason?: string; readonly message: string }>;
  onuncapturederror: ((event: { readonly error: WebGpuError }) => void) | null;
  createBuffer(descriptor: BufferDescriptor): WebGpuBuffer;
  createShaderModule(descriptor: ShaderModuleDescriptor): unknown;
  createPipelineLayout(descriptor: PipelineLayoutDescriptor): unknown;
  createBindGroupLayout(descriptor: BindGroupLayoutDescriptor): object;
  createBindGroup(descriptor: BindGroupDescriptor): unknown;
  createCommandEncoder(): CommandEncoder;
  pushErrorScope(filter: 'out-of-memory' | 'validation' | 'internal'): void;
  popErrorScope(): Promise<WebGpuError | null>;
  destroy(): void;
}

export interface WebGpuError {
  readonly message: string;
}

export interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
}

export interface WebGpuAdapter {
  readonly limits: Limits;
  readonly info: AdapterInfo;
  requestDevice(descriptor: { readonly requiredLimits: Partial<Limits> }): Promise<WebGpuDevice>;
}

/** `navigator.gpu` */
export interface WebGpu {
  requestAdapter(options?: { readonly powerPreference?: string }): Promise<WebGpuAdapter | null>;
}

export const Usage = { MAP_READ: 0x1, COPY_SRC: 0x4, COPY_DST: 0x8, UNIFORM: 0x40, STORAGE: 0x80 } as const;
export const MAP_MODE_READ = 1;

/**
 * What a user may recognise: `SwiftShader driver 5.0.0 (google swiftshader)`,
 * `nvidia-h100-80gb-hbm3, NVIDIA: 580.159.04 580.159.4.0 (nvidia)`.
 */
export function adapterName({ info }: Pick<WebGpuAdapter, 'info'>): string {
  const family = [info.vendor, info.architecture].filter((part) => part !== '').join(' ');
  // software calls its device by its architecture; the description is of the driver
  const device = info.architecture !== '' && info.device.startsWith(info.architecture) ? '' : info.device;
  const model = [device, info.description].filter((part) => part !== '').join(', ');
  if (model === '' || model === family) return family || 'an adapter without a name';
  return family === '' ? model : `${model} (${family})`;
}
