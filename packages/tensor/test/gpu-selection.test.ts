/** Which gpu device is taken, and what is said where there is none. */
import { afterEach, expect, it, vi } from 'vitest';
import { ADVICE, GPU_MODES } from '../src/backend/gpu/load/node.js';
import { DeviceError } from '../src/errors.js';

afterEach(() => {
  vi.doUnmock('#gpu-js');
  vi.unstubAllEnvs();
  vi.resetModules();
});

/** torch.gpu of a machine on which a worker starts or does not, and `gl` works or does not. */
async function machine(requested: string | undefined, parts: { webgpu?: object; gl?: boolean }) {
  vi.resetModules();
  const startWorker = vi.fn(() => {
    if (parts.webgpu === undefined) throw new DeviceError('the npm package webgpu is not installed');
    return parts.webgpu;
  });
  const texture = (output: readonly number[]) => ({
    output,
    type: 'ArrayTexture(1)',
    toArray: () => [],
    delete: () => {},
  });
  class GPU {
    readonly kernels: unknown[] = [];
    readonly context = {
      RENDERER: 1,
      getExtension: () => null,
      getParameter: () => 'a card behind GL',
      finish: () => {},
    };
    constructor(readonly settings: { mode: string }) {
      if (settings.mode === 'headlessgl' && !parts.gl) {
        throw new Error('A requested mode of "headlessgl" and is not supported');
      }
    }
    createKernel() {
      const kernel = { constructor: { mode: 'gpu' } };
      return Object.assign(() => texture([1]), { kernel, setOutput: () => {} });
    }
  }
  vi.doMock('#gpu-js', () => ({
    ADVICE,
    GPU_MODES,
    environment: (name: string) => (name === 'TORCHLET_GPU' ? requested : undefined),
    onExit: () => {},
    requireGpuJs: () => ({ GPU }),
    startWorker,
  }));
  return { gpu: await import('../src/gpu.js'), startWorker };
}

/** A worker that has started, as its driver sees it. */
const working = {
  control: { replies: 1, ended: false, wait: () => true },
  transport: { receive: () => ({ kind: 'started', name: 'a card', maxBytes: 1024 }) },
};

it('webgpu comes first', async () => {
  const { gpu } = await machine(undefined, { webgpu: working, gl: true });
  expect([gpu.is_available(), gpu.backend(), gpu.device_name()]).toEqual([true, 'webgpu', 'a card']);
});

it('then headlessgl', async () => {
  const { gpu } = await machine(undefined, { gl: true });
  expect([gpu.is_available(), gpu.backend(), gpu.device_name()]).toEqual([true, 'headlessgl', 'a card behind GL']);
});

it('then nothing, and the error says what was looked for and what to install; it is looked for once', async () => {
  const { gpu, startWorker } = await machine(undefined, {});
  expect(gpu.is_available()).toBe(false);
  const message =
    'the gpu device is not available. Looked for webgpu: the npm package webgpu is not installed; headlessgl: the npm ' +
    'package gl is not installed, or finds no display. For webgpu, install the npm package webgpu 0.6 or later and the ' +
    'driver of a GPU. For headlessgl, install the npm package gl. TORCHLET_GPU=cpu runs the same kernels without a GPU, slowly.';
  expect(gpu.backend).toThrow(new (await import('../src/errors.js')).DeviceError(message));
  expect(gpu.device_name).toThrow(message);
  expect(startWorker).toHaveBeenCalledTimes(1);
});

it.each([
  ['webgpu', 'the npm package webgpu is not installed. For webgpu, install the npm package webgpu 0.6 or later and'],
  [
    'headlessgl',
    'the npm package gl is not installed, or finds no display. For headlessgl, install the npm package gl.',
  ],
])('TORCHLET_GPU=%s takes no other', async (mode, why) => {
  const { gpu } = await machine(mode, {});
  expect(gpu.is_available()).toBe(false);
  expect(gpu.backend).toThrow(`the gpu device is not available: ${mode} was asked for, but ${why}`);
});

it.each(['webasm', 'cpu'])('TORCHLET_GPU=%s is an emulation, and says so', async (mode) => {
  const { gpu } = await machine(mode, { webgpu: working, gl: true });
  expect([gpu.is_available(), gpu.backend()]).toEqual([true, mode]);
  expect(gpu.device_name()).toBe(`gpu.js in ${mode} mode (emulated, no GPU hardware)`);
});
