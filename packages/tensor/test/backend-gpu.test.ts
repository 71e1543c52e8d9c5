import { createRequire } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';
import v8 from 'node:v8';
import vm from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KernelSource } from '../src/backend/gpu/driver.js';
import { type GpuJs, openGpuJs } from '../src/backend/gpu/drivers/gpu-js.js';
import { LocalDriver } from '../src/backend/gpu/drivers/local.js';
import { gpuBackend } from '../src/backend/gpu/gpu-backend.js';
import { gpuBufferOf, Handle } from '../src/backend/gpu/handles.js';
import { divide } from '../src/backend/gpu/kernels/indexing.js';
import { literal } from '../src/backend/gpu/kernels/sizes.js';
import { requireGpuJs } from '../src/backend/gpu/load/node.js';
import { DeviceError, DTypeError } from '../src/errors.js';
import * as gpu from '../src/gpu.js';
import { fourLanes } from './gpu-lanes.js';
import { integers, onGpu, read } from './gpu-views.js';

const loaded = (): boolean =>
  Object.keys(createRequire(import.meta.url).cache).some((path) => /node_modules[\\/]gpu\.js[\\/]/.test(path));
const loadedByImporting = loaded();

beforeEach(() => gpu.reset_stats());
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  vi.resetModules();
});

it('gpu.js is loaded by the first use of the device, not by an import', () => {
  expect(loadedByImporting).toBe(false);
  gpuBackend();
  expect(loaded()).toBe(true);
});

describe('errors', () => {
  it('float64 is a DTypeError', () => {
    const text = 'the gpu device does not support float64, only float32, int64, int32, uint8, bool';
    expect(() => gpuBackend().allocate(3, 'float64', true)).toThrow(new DTypeError(`allocate(): ${text}`));
    expect(() => gpuBackend().fromHost(new Float64Array(3), 'float64')).toThrow(new DTypeError(`to(): ${text}`));
  });

  it('an operation that throws leaves its result as it was', () => {
    const [out, large] = [integers([3, 3]), integers([2 ** 53 - 1, 1])];
    expect(() => gpuBackend().elementwise('add', [large, 1], out)).toThrow(/2\^53/);
    expect(read(out)).toEqual([3, 3]);
  });

  it('an int64 that a kernel could not make of a float is an error of whoever reads it', () => {
    const out = integers([3]);
    gpuBackend().copy(onGpu([1], [1e30]), out);
    expect(() => read(out)).toThrow(/int64 value 1\.0\d*e\+30 is beyond/);
  });

  it('integers that floats do not hold cannot be put on the device, and buffers of another device are refused', () => {
    const large = Handle.ofHost('int32', new Int32Array([2 ** 24 + 1]));
    expect(() => large.toDevice()).toThrow(new DTypeError('gpu kernels hold int32 only up to 2^24 in size'));
    expect(() => gpuBufferOf(new Float32Array(2))).toThrow(
      'a storage of the gpu device holds a buffer of another device',
    );
  });
});

const constant = (value: number): KernelSource => ({
  op: 'constant',
  parameters: ['a'],
  outputs: 2,
  body: `return a[this.thread.x] + ${value};`,
});

describe('LocalDriver', () => {
  /** Runs kernels that add to [1, 2], each into a new array, and reads them all. */
  function results(driver: LocalDriver, values: readonly number[]): number[][] {
    driver.upload(0, new Float32Array([1, 2]));
    values.forEach((value, i) => {
      driver.run(constant(value), [0], [], i + 1);
    });
    return values.map((_, i) => Array.from(driver.download(i + 1)));
  }

  it('keeps the kernels used last, and no trace of the others', () => {
    const gpuJs = openGpuJs('cpu', requireGpuJs);
    const create = vi.spyOn(gpuJs, 'createKernel');
    const driver = new LocalDriver(gpuJs, 'cpu', 2);
    const values = [1, 2, 1, 3, 1];
    expect(results(driver, values)).toEqual(values.map((value) => [1 + value, 2 + value]));
    expect(create).toHaveBeenCalledTimes(3);
    results(driver, [2]);
    expect(create).toHaveBeenCalledTimes(4);
    expect(driver.cachedKernels).toBe(2);
    expect(gpuJs.kernels).toHaveLength(2);
  });

  it('a result is not overwritten by the next run of its kernel', () => {
    const driver = new LocalDriver(openGpuJs('cpu', requireGpuJs), 'cpu');
    driver.upload(1, new Float32Array([1, 2]));
    driver.run(constant(1), [1], [], 2);
    driver.run(constant(1), [2], [], 3);
    expect([2, 3].map((id) => Array.from(driver.download(id)))).toEqual([
      [2, 3],
      [3, 4],
    ]);
  });

  it('numbers and helper functions change from call to call without a new kernel', () => {
    const gpuJs = openGpuJs('cpu', requireGpuJs);
    const create = vi.spyOn(gpuJs, 'createKernel');
    const driver = new LocalDriver(gpuJs, 'cpu');
    const scaled: KernelSource = {
      op: 'scaled',
      parameters: ['a'],
      scalars: ['s', 't'],
      functions: ['function twice(v) { return 2 * v; }'],
      outputs: 2,
      body: 'return twice(a[this.thread.x]) * s + t;',
    };
    driver.upload(1, new Float32Array([1, 2]));
    driver.run(scaled, [1], [3, 1], 2);
    driver.run(scaled, [1], [0.5, 0], 3);
    expect([2, 3].map((id) => Array.from(driver.download(id)))).toEqual([
      [7, 13],
      [1, 2],
    ]);
    expect(create).toHaveBeenCalledTimes(1);
  });

  it.each(['cpu', 'webasm'] as const)('in %s mode, a thread may return four outputs', (mode) => {
    const driver = new LocalDriver(openGpuJs(mode, requireGpuJs), mode);
    expect(driver.lanes).toBe(4);
    driver.upload(0, new Float32Array([1, 2, 3, 4, 5, 6, 7, 8, 9]));
    for (const outputs of [1, 3, 4, 5, 7, 8, 9]) {
      driver.run(fourLanes(outputs), [0], [], outputs);
      expect(Array.from(driver.download(outputs))).toEqual(Array.from({ length: outputs }, (_, i) => 10 * i + i + 1));
    }
    driver.run({ ...constant(1), outputs: 5 }, [5], [], 10);
    expect(Array.from(driver.download(10))).toEqual([2, 13, 24, 35, 46]);
  });

  it('behind WebGL, where textures of four numbers a texel cannot be read as others, a thread returns one output', () => {
    const texture = { output: [1], type: 'ArrayTexture(1)', toArray: () => [0], delete: () => {} };
    const kernel = Object.assign(() => texture, { kernel: { constructor: { mode: 'gpu' } }, setOutput: () => {} });
    const gpuJs = { mode: 'webgl2', kernels: [], createKernel: () => kernel } as unknown as GpuJs;
    expect(new LocalDriver(gpuJs, 'webgl2').lanes).toBe(1);
  });

  it('knows no array that was freed', () => {
    const driver = new LocalDriver(openGpuJs('cpu', requireGpuJs), 'cpu');
    driver.upload(1, new Float32Array(1));
    driver.free(1);
    expect(() => driver.download(1)).toThrow(new DeviceError('the gpu device has no array 1'));
  });

  it('reports a fallback of gpu.js', () => {
    const driver = new LocalDriver(openGpuJs('cpu', requireGpuJs), 'webgpu' as 'cpu');
    driver.upload(1, new Float32Array(2));
    expect(() => driver.run(constant(1), [1], [], 2)).toThrow(
      new DeviceError('constant(): gpu.js ran the kernel in cpu mode instead of webgpu: gpu.js gives no reason'),
    );
  });

  it('names the op whose kernel fails', () => {
    const driver = new LocalDriver(openGpuJs('cpu', requireGpuJs), 'cpu');
    driver.upload(1, new Float32Array(2));
    const broken = { ...constant(1), op: 'broken', body: 'return nowhere[this.thread.x];' };
    expect(() => driver.run(broken, [1], [], 2)).toThrow(DeviceError);
    expect(() => driver.run(broken, [1], [], 2)).toThrow(/^broken\(\): the gpu kernel failed: /);
  });
});

describe('index arithmetic', () => {
  /** Runs the source as a GPU does: `/` divides 32-bit floats. */
  function quotient(value: number, divisor: number): number[] {
    const source = divide('q', 'r', 'i', literal(divisor)).replaceAll(
      /\((\w+) \/ (\d+)\)/g,
      '(fround(fround($1) / $2))',
    );
    return new Function('i', 'fround', `${source}\nreturn [q, r];`)(value, Math.fround);
  }

  it('divides exactly where 32-bit floats do not', () => {
    let wrong = 0;
    for (let i = 0; i < 20000; i++) {
      const value = Math.floor(((i * 2654435761) % 2 ** 32) / 4);
      const divisor = [1, 2, 3, 7, 10, 28, 100, 255, 784, 4097, 65537, 16777217][i % 12];
      const expected = [Math.floor(value / divisor), value % divisor];
      expect(quotient(value, divisor)).toEqual(expected);
      if ((Math.fround(Math.fround(value) / divisor) | 0) !== expected[0]) wrong++;
    }
    expect(wrong).toBeGreaterThan(1000);
    for (const divisor of [1, 2, 3, 1000]) {
      for (let q = 0; q < 50; q++) expect(quotient(q * divisor, divisor)).toEqual([q, 0]);
    }
  });
});

describe('torch.gpu', () => {
  const freshGpu = (value: string): Promise<typeof gpu> => {
    vi.resetModules();
    vi.stubEnv('TORCHLET_GPU', value);
    return import('../src/gpu.js');
  };

  it('TORCHLET_GPU=cpu', async () => {
    const fresh = await freshGpu('cpu');
    expect(fresh.is_available()).toBe(true);
    expect(fresh.backend()).toBe('cpu');
    expect(fresh.device_name()).toBe('gpu.js in cpu mode (emulated, no GPU hardware)');
    expect(() => fresh.synchronize()).not.toThrow();
  });

  it('TORCHLET_GPU=off', async () => {
    const fresh = await freshGpu('off');
    expect(fresh.is_available()).toBe(false);
    const message = 'the gpu device is not available: TORCHLET_GPU=off switches it off';
    for (const call of [fresh.backend, fresh.device_name, fresh.synchronize]) expect(call).toThrow(message);
    const { gpuBackend: closed } = await import('../src/backend/gpu/gpu-backend.js');
    expect(closed).toThrow(message);
  });

  it('another TORCHLET_GPU is an error that lists what there is', async () => {
    const fresh = await freshGpu('cuda');
    const message = 'TORCHLET_GPU=cuda is not supported, expected one of: webgpu, headlessgl, webgl2, webasm, cpu, off';
    for (const call of [fresh.is_available, fresh.backend]) expect(call).toThrow(message);
  });

  it('TORCHLET_GPU_SIZES is one of three, or an error', async () => {
    for (const sizes of ['auto', 'text', 'arguments']) {
      vi.stubEnv('TORCHLET_GPU_SIZES', sizes);
      expect((await freshGpu('cpu')).is_available()).toBe(true);
    }
    vi.stubEnv('TORCHLET_GPU_SIZES', 'both');
    const message = 'TORCHLET_GPU_SIZES=both is not supported, expected one of: auto, text, arguments';
    expect((await freshGpu('cpu')).backend).toThrow(new DeviceError(message));
    vi.stubEnv('TORCHLET_GPU_SIZES', '');
  });

  it('is not available where gpu.js cannot be loaded', async () => {
    for (const [module, why] of [
      [{}, 'the module gpu.js exports no GPU'],
      [{ GPU: Object.assign(() => {}) }, 'module.GPU is not a constructor'],
    ] as const) {
      const environment = (name: string) => (name === 'TORCHLET_GPU' ? 'cpu' : undefined);
      vi.doMock('#gpu-js', () => ({ requireGpuJs: () => module, environment, ADVICE: {} }));
      const broken = await freshGpu('');
      expect(broken.is_available()).toBe(false);
      expect(broken.backend).toThrow(
        new DeviceError(
          `the gpu device is not available: cpu was asked for, but gpu.js did not start in cpu mode: ${why}`,
        ),
      );
    }
    vi.doUnmock('#gpu-js');
  });

  it('counts memory, and forgets what the garbage collector takes', async () => {
    v8.setFlagsFromString('--expose-gc');
    const collect: () => void = vm.runInNewContext('gc');
    const before = gpu.memory_allocated();
    let held: unknown[] | null = [
      gpuBackend().allocate(1000, 'float32', true),
      gpuBackend().allocate(1000, 'uint8', true),
    ];
    expect(gpu.memory_allocated() - before).toBe(5000);
    expect(held).toHaveLength(2);
    held = null;
    for (let i = 0; i < 50 && gpu.memory_allocated() > before; i++) {
      collect();
      await wait(10);
    }
    expect(gpu.memory_allocated()).toBeLessThanOrEqual(before);
  });
});
