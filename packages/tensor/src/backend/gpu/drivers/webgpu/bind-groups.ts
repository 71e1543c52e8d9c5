/**
 * Arrays as kernels reach them. gpu.js binds a kernel's numbers, inputs and output as one group, and makes a new one for each run:
 * that costs a GPU's driver as much as to run a small kernel, and which buffers meet is seldom the same twice. Here the output has a
 * group with the numbers, and each input one of its own, so that a buffer needs a group for each purpose once. A pipeline has
 * four groups at least: the inputs from the third on share the last one.
 */
import type { BindGroupLayoutDescriptor, WebGpuBuffer, WebGpuDevice } from './device-api.js';

/** Groups for inputs, behind the first one. */
const INPUT_GROUPS = 3;

/** GPUShaderStage.COMPUTE */
const COMPUTE = 4;

/** Groups of several inputs that are kept. */
const SEVERAL = 4096;

/** What gpu.js takes for the layout of its one group. */
export interface KernelLayout {
  readonly inputs: number;
}

/** gpu.js declares numbers, inputs and output in this order, each in group 0. */
const DECLARATION = /@group\(0\) @binding\((\d+)\) var<storage, read>/g;
const OUTPUT = /@group\(0\) @binding\(\d+\) var<storage, read_write>/;

/** A shader's text with each array in its group. */
export function regroup(shader: string): string {
  return shader
    .replace(OUTPUT, '@group(0) @binding(1) var<storage, read_write>')
    .replace(DECLARATION, (_, binding: string) => {
      const [group, place] = placeOf(Number(binding) - 1);
      return `@group(${group}) @binding(${place}) var<storage, read>`;
    });
}

/** The group of an input, and its place in there. */
const placeOf = (input: number): readonly [number, number] => {
  const group = Math.min(input, INPUT_GROUPS - 1);
  return [group + 1, input - group];
};

/** The inputs of each group. */
function grouped<T>(inputs: readonly T[]): T[][] {
  const groups: T[][] = [];
  inputs.forEach((input, i) => {
    const [group, place] = placeOf(i);
    if (place === 0) groups[group - 1] = [];
    groups[group - 1].push(input);
  });
  return groups;
}

/** @throws TypeError for a kernel that binds something else: gpu.js's constants, of which there are none here. */
export function kernelLayout({ entries }: BindGroupLayoutDescriptor): KernelLayout {
  const types = entries.map(({ buffer }) => (buffer as { readonly type: string }).type);
  const [numbers, output] = [types[0], types[types.length - 1]];
  const inputs = types.slice(1, -1);
  if (numbers !== 'uniform' || output !== 'storage' || inputs.some((type) => type !== 'read-only-storage')) {
    throw new TypeError(`a kernel binds ${types.join(', ')}`);
  }
  return { inputs: inputs.length };
}

export class BindGroups {
  private readonly outputLayout: object;
  /** By how many inputs they are for. */
  private readonly inputLayouts: object[] = [];
  /** By the bytes of the numbers, and the buffer. */
  private readonly outputs = new Map<number, Map<WebGpuBuffer, unknown>>();
  private readonly single = new Map<WebGpuBuffer, unknown>();
  /** By the numbers of the buffers. */
  private readonly several = new Map<string, unknown>();
  private readonly numbers = new WeakMap<WebGpuBuffer, number>();
  private count = 0;

  /** @param numbersBuffer where kernels' numbers lie, each time elsewhere */
  constructor(
    private readonly device: WebGpuDevice,
    private readonly numbersBuffer: WebGpuBuffer,
  ) {
    this.outputLayout = device.createBindGroupLayout({
      entries: [
        { binding: 0, visibility: COMPUTE, buffer: { type: 'uniform', hasDynamicOffset: true } },
        { binding: 1, visibility: COMPUTE, buffer: { type: 'storage' } },
      ],
    });
  }

  private inputLayout(count: number): object {
    this.inputLayouts[count] ??= this.device.createBindGroupLayout({
      entries: Array.from({ length: count }, (_, binding) => ({
        binding,
        visibility: COMPUTE,
        buffer: { type: 'read-only-storage' },
      })),
    });
    return this.inputLayouts[count];
  }

  /** Of a kernel's pipeline. */
  layouts({ inputs }: KernelLayout): readonly object[] {
    const groups = grouped(Array.from({ length: inputs }));
    return [this.outputLayout, ...groups.map(({ length }) => this.inputLayout(length))];
  }

  /** For an output, and numbers of so many bytes. */
  forOutput(buffer: WebGpuBuffer, bytes: number): unknown {
    let known = this.outputs.get(bytes);
    if (known === undefined) this.outputs.set(bytes, (known = new Map()));
    let group = known.get(buffer);
    if (group === undefined) {
      const numbers = { buffer: this.numbersBuffer, offset: 0, size: bytes };
      group = this.make(this.outputLayout, [numbers, { buffer }]);
      known.set(buffer, group);
    }
    return group;
  }

  forInputs(buffers: readonly WebGpuBuffer[]): readonly unknown[] {
    return grouped(buffers).map((group) => (group.length === 1 ? this.forInput(group[0]) : this.forSeveral(group)));
  }

  private forInput(buffer: WebGpuBuffer): unknown {
    let group = this.single.get(buffer);
    if (group === undefined) this.single.set(buffer, (group = this.make(this.inputLayout(1), [{ buffer }])));
    return group;
  }

  private forSeveral(buffers: readonly WebGpuBuffer[]): unknown {
    const key = buffers.map((buffer) => this.numberOf(buffer)).join();
    let group = this.several.get(key);
    if (group === undefined) {
      if (this.several.size >= SEVERAL) this.several.clear();
      group = this.make(
        this.inputLayout(buffers.length),
        buffers.map((buffer) => ({ buffer })),
      );
      this.several.set(key, group);
    }
    return group;
  }

  private numberOf(buffer: WebGpuBuffer): number {
    let number = this.numbers.get(buffer);
    if (number === undefined) this.numbers.set(buffer, (number = this.count++));
    return number;
  }

  private make(layout: object, resources: readonly { readonly buffer: WebGpuBuffer }[]): unknown {
    return this.device.createBindGroup({
      layout,
      entries: resources.map((resource, binding) => ({ binding, resource })),
    });
  }

  /** Groups hold their buffers. */
  clear(): void {
    this.outputs.clear();
    this.single.clear();
    this.several.clear();
  }
}
