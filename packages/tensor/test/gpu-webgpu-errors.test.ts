/** What a WebGPU device does when it fails: a typed error at the next wait, never a hang, and then another device. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type * as Device from '../src/backend/gpu/device.js';
import type { KernelSource } from '../src/backend/gpu/driver.js';
import { onExit, startWorker } from '../src/backend/gpu/load/node.js';
import type * as Errors from '../src/errors.js';
import { adapterFound } from './webgpu.js';

const FAULTY = new URL('./faulty-worker.mjs', import.meta.url);
const Fault = { loss: 1, exit: 2, bug: 3, silence: 4, uncaptured: 5 } as const;

const kernel = (op: string, outputs: number): KernelSource => ({
  op,
  parameters: ['a'],
  outputs,
  body: 'return a[0] + 1;',
});

describe.skipIf(!adapterFound('What a WebGPU device does when it fails'))(
  'a WebGPU device',
  { timeout: 60_000 },
  () => {
    let { gpuDriver }: Pick<typeof Device, 'gpuDriver'> = { gpuDriver: () => expect.fail('not started') };
    let { DeviceError, OutOfMemoryError }: Pick<typeof Errors, 'DeviceError' | 'OutOfMemoryError'> =
      {} as typeof Errors;
    let ids = 0;

    /** A device with the faults; those after it have them too. */
    async function start(environment: Record<string, string> = {}, silence?: number): Promise<void> {
      vi.resetModules();
      vi.doMock('#gpu-js', () => ({
        ADVICE: {},
        GPU_MODES: ['webgpu'],
        environment: (name: string) => environment[name],
        onExit,
        startWorker: (before: string | null) => ({ ...startWorker(before, FAULTY), silence }),
      }));
      ({ gpuDriver } = await import('../src/backend/gpu/device.js'));
      ({ DeviceError, OutOfMemoryError } = await import('../src/errors.js'));
    }

    const upload = (...values: number[]): number => {
      gpuDriver().upload(++ids, new Float32Array(values));
      return ids;
    };
    const run = (op: string, bytes: number, a: number): number => {
      gpuDriver().run(kernel(op, bytes / 4), [a], [], ++ids);
      return ids;
    };
    const fault = (mebibytes: number, a: number): number => run('faulty', mebibytes * 2 ** 20, a);
    const read = (id: number): number => gpuDriver().download(id)[0];

    afterEach(() => {
      gpuDriver().close();
      vi.doUnmock('#gpu-js');
    });

    /** Everything works, on whatever device there is now. */
    function expectWorking(): void {
      expect(read(run('plus', 8, upload(1)))).toBe(2);
    }

    it('without memory left: the error names the op and what it needs; everything else is there', async () => {
      await start();
      const a = upload(1);
      // no GPU gives this much at once, SwiftShader none of it
      const results = Array.from({ length: 200 }, () => run('huge', 2 ** 30 - 256, a));
      const text = /^huge\(\): gpu out of memory\. Tried to allocate 1024\.00 MiB \(\d+\.\d\d MiB are in use\)$/;
      expect(() => gpuDriver().synchronize()).toThrow(OutOfMemoryError);
      expect(() => read(run('plus', 8, results[199]))).toThrow(text);
      expect(() => read(results[199])).toThrow(text);
      for (const id of results) gpuDriver().free(id);
      expect(read(a)).toBe(1);
      expectWorking();
    });

    it('that is lost takes its arrays along; the next use starts another', async () => {
      await start();
      const a = upload(1);
      const lost = fault(Fault.loss, a);
      const text = /^\w+\(\): the gpu device was lost/;
      expect(() => gpuDriver().synchronize()).toThrow(DeviceError);
      expect(() => read(lost)).toThrow(text);
      for (let i = 0; i < 2; i++) expect(() => read(a)).toThrow(text);
      expectWorking();
      expect(() => read(a)).toThrow(text);
    });

    it.each([
      ['exits', Fault.exit, 'its thread ended'],
      ['fails', Fault.bug, 'its thread failed: the thread has a bug'],
      ['falls silent', Fault.silence, 'its thread gives no sign of life'],
    ])('whose thread %s: an error, and the next use starts another', async (_, size, why) => {
      await start({}, 1500);
      const a = upload(1);
      fault(size, a);
      const message = `the gpu device stopped, and its arrays are lost: ${why}`;
      expect(() => read(a)).toThrow(new DeviceError(message));
      expectWorking();
      expect(() => read(a)).toThrow(
        new DeviceError(`the gpu device has no array ${a}: it went with the device that stopped before (${message})`),
      );
    });

    it('whose thread ends while nobody waits', async () => {
      await start();
      const a = upload(1);
      fault(Fault.exit, a);
      const first = gpuDriver();
      await vi.waitFor(() => expect(first.ended?.message).toMatch(/its thread ended with code 3$/), 5000);
      expect(gpuDriver()).not.toBe(first);
      expectWorking();
    });

    it('with an error that belongs to no call', async () => {
      await start();
      const a = upload(1);
      fault(Fault.uncaptured, a);
      expect(() => gpuDriver().synchronize()).toThrow(/^faulty\(\): the gpu device failed: no \d+$/);
      expectWorking();
    });

    it('whose script is missing says so', () => {
      const entry = new URL('./no-such-file.js', import.meta.url);
      expect(() => startWorker(null, entry)).toThrow(`the script of the device's thread is not there: ${entry.href}`);
    });

    it('TORCHLET_GPU_BLOCKING=1 throws where the error is made', async () => {
      await start({ TORCHLET_GPU_BLOCKING: '1' });
      const broken = { ...kernel('broken', 1), body: 'return a[0] + 1 / 0;' };
      expect(() => gpuDriver().run(broken, [upload(1)], [], ++ids)).toThrow(/^broken\(\): the gpu kernel failed/);
    });
  },
);
