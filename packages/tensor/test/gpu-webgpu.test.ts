/** A WebGPU device for real, in its worker. */
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { gpuDriver } from '../src/backend/gpu/device.js';
import type { KernelSource } from '../src/backend/gpu/driver.js';
import { nextArrayId } from '../src/backend/gpu/handles.js';
import { DeviceError } from '../src/errors.js';
import * as gpu from '../src/gpu.js';
import { randn } from '../src/index.js';
import { fourLanes } from './gpu-lanes.js';
import { adapterFound } from './webgpu.js';

const plus = (value: number, op = 'plus'): KernelSource => ({
  op,
  parameters: ['a'],
  outputs: 2,
  body: `return a[this.thread.x] + ${value};`,
});

describe('gpu.js, which is pinned', () => {
  const require = createRequire(new URL('../src/index.ts', import.meta.url));

  it('has the private fields that are relied on', () => {
    expect(require('gpu.js/package.json').version).toBe(require('../package.json').dependencies['gpu.js']);
    const { GPU, WebGPUBufferResult } = require('gpu.js');
    const { WebGPUKernel } = require('gpu.js/src/backend/web-gpu/kernel.js');
    const kernel = new WebGPUKernel('function (a) { return a[0]; }', { output: [1], pipeline: true, immutable: true });
    expect(kernel).toMatchObject({ built: false, outputBuffer: null, bindGroupDirty: true, context: null });
    expect(kernel.build).toBeTypeOf('function');
    kernel.setOutput([3]);
    expect(Array.from(kernel.output)).toEqual([3]);
    expect(WebGPUKernel.mode).toBe('webgpu');
    const result = new WebGPUBufferResult({ buffer: {}, output: [1], context: {}, kernel });
    expect(result).toMatchObject({ type: 'WebGPUBuffer', output: [1], componentCount: 1, _deleted: false });
    expect(result.buffer._refs).toBe(1);
    // what a thread of four outputs returns: its buffer is taken for an array of single numbers
    const four = new WebGPUBufferResult({ buffer: {}, output: [1], componentCount: 4, context: {}, kernel });
    expect(four.componentCount).toBe(4);
    expect(kernel.componentCount).toBe(1);
    expect(new GPU({ mode: 'cpu' }).kernels).toEqual([]);
  });
});

describe.skipIf(!adapterFound('The WebGPU driver'))('the WebGPU driver', { timeout: 60_000 }, () => {
  const upload = (...values: number[]): number => {
    const id = nextArrayId();
    gpuDriver().upload(id, new Float32Array(values));
    return id;
  };
  const run = (kernel: KernelSource, ...arrays: number[]): number => {
    const out = nextArrayId();
    gpuDriver().run(kernel, arrays, [], out);
    return out;
  };
  const read = (id: number): number[] => Array.from(gpuDriver().download(id));

  it('has a name', () => {
    expect(gpu.backend()).toBe('webgpu');
    expect(gpu.device_name()).toMatch(/\w+ \(\w+/);
  });

  it('computes what the cpu does', () => {
    const [a, b] = [randn(64, 33), randn(33, 20)];
    const expected = a.matmul(b);
    const result = a.to('gpu').matmul(b.to('gpu')).to('cpu');
    expect(result.sub(expected).abs().max().item()).toBeLessThan(1e-5);
  });

  it('a result never changes, also when its kernel runs again', () => {
    const a = upload(1, 2);
    const outs = [run(plus(1), a), run(plus(1), a)];
    outs.push(run(plus(1), outs[0]));
    for (let i = 0; i < 100; i++) outs.push(run(plus(i), outs[2]));
    expect(read(a)).toEqual([1, 2]);
    expect(outs.slice(0, 3).map(read)).toEqual([
      [2, 3],
      [2, 3],
      [3, 4],
    ]);
    expect(read(outs.at(-1)!)).toEqual([102, 103]);
  });

  it('an array that was freed is gone, and so is what is made of it', () => {
    const a = upload(1, 2);
    gpuDriver().free(a);
    expect(() => read(a)).toThrow(new DeviceError(`the gpu device has no array ${a}`));
    const b = run(plus(1), a);
    expect(() => gpuDriver().synchronize()).toThrow(new DeviceError(`the gpu device has no array ${a}`));
    expect(() => read(b)).toThrow(new DeviceError(`the gpu device has no array ${a}`));
  });

  it('a shader that does not compile is an error at the next wait, names its op, and stays', () => {
    const a = upload(1, 2);
    const bad = run(plus(1, 'bad'), run({ ...plus(1, 'wrong'), body: 'return a[this.thread.x] + 1 / 0;' }, a));
    const good = run(plus(1), a);
    expect(() => read(good)).toThrow(/^wrong\(\): the gpu kernel failed: Error compiling WGSL/);
    expect(read(good)).toEqual([2, 3]);
    for (let i = 0; i < 2; i++) expect(() => read(bad)).toThrow(/^wrong\(\): the gpu kernel failed/);
  });

  it('an array larger than the device takes is an error at once', () => {
    const huge = { ...plus(1, 'huge'), outputs: 2 ** 40 };
    expect(() => run(huge, upload(1))).toThrow(
      /^huge\(\): the gpu device cannot hold an array of 4398046511104 bytes: an array on .+ has at most \d+$/,
    );
  });

  it('a kernel may take twelve arrays, less the one that it makes', () => {
    const names = Array.from('abcdefghijk');
    const sum: KernelSource = {
      op: 'sum',
      parameters: names,
      outputs: 1,
      body: `return ${names.map((name) => `${name}[0]`).join(' + ')};`,
    };
    expect(read(run(sum, ...names.map((_, i) => upload(2 ** i))))).toEqual([2 ** names.length - 1]);
  });

  it('takes what threads of four outputs return as a flat array, which other kernels take', () => {
    const a = upload(1, 2, 3, 4, 5, 6, 7, 8, 9);
    const results = [1, 3, 4, 5, 7, 8, 9].map((outputs) => run(fourLanes(outputs), a));
    expect(results.map(read)).toEqual(
      [1, 3, 4, 5, 7, 8, 9].map((outputs) => Array.from({ length: outputs }, (_, i) => 10 * i + i + 1)),
    );
    expect(read(run({ ...plus(1), outputs: 5 }, results[3]))).toEqual([2, 13, 24, 35, 46]);
  });

  it('what the last of four lanes writes behind the end counts as well', () => {
    const huge = { ...fourLanes(2 ** 40 - 3), op: 'huge' };
    expect(() => run(huge, upload(1))).toThrow('huge(): the gpu device cannot hold an array of 4398046511104 bytes');
  });

  it('buffers are used again', () => {
    let a = upload(1, 2);
    const steps = (count: number): number => {
      for (let i = 0; i < count; i++) {
        const next = run(plus(1), a);
        gpuDriver().free(a);
        a = next;
      }
      gpuDriver().synchronize();
      return gpuDriver().memory().buffers;
    };
    const after = steps(3);
    expect(steps(300)).toBe(after);
    expect(read(a)).toEqual([304, 305]);
    const { reserved } = gpuDriver().memory();
    gpuDriver().emptyCache();
    expect(gpuDriver().memory().reserved).toBeLessThan(reserved);
    expect(read(run(plus(1), a))).toEqual([305, 306]);
  });
});
