/** The suite that every backend passes, on each way on which the cpu's kernels can run. */

import type * as Kernels from '@torchlet/kernels';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { ConformanceCase } from '../src/backend/conformance.js';
import type { cpuBackend } from '../src/backend/cpu/cpu-backend.js';

interface Path {
  readonly env: Readonly<Record<string, string>>;
  readonly info: Partial<Kernels.KernelInfo>;
  /** Whatever the threads could share, they do. */
  readonly everything?: boolean;
}

const PATHS: Readonly<Record<string, Path>> = {
  'plain loops': { env: { TORCHLET_BLAS: 'off', TORCHLET_WASM: 'off' }, info: { gemm: 'reference', threads: 1 } },
  'WebAssembly on one thread': {
    env: { TORCHLET_BLAS: 'off', TORCHLET_THREADS: '1' },
    info: { gemm: 'wasm', threads: 1 },
  },
  'WebAssembly on three threads': {
    env: { TORCHLET_BLAS: 'off', TORCHLET_THREADS: '3' },
    info: { gemm: 'wasm', threads: 3 },
    everything: true,
  },
  'three threads, with the BLAS that is found': {
    env: { TORCHLET_THREADS: '3' },
    info: { threads: 3 },
    everything: true,
  },
};

// threads start late where other programs have the processors
vi.setConfig({ testTimeout: 60_000 });

afterAll(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

interface Loaded {
  readonly kernels: typeof Kernels;
  readonly backend: typeof cpuBackend;
  readonly cases: readonly ConformanceCase[];
}

/** Everything anew: the kernels look at the environment once. */
async function load({ env, everything }: Path): Promise<Loaded> {
  vi.resetModules();
  vi.unstubAllEnvs();
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const kernels = await import('@torchlet/kernels');
  if (everything === true) {
    Object.assign(kernels.threadLimits, { leastShared: 1, leastBlock: 1, startAfter: 0 });
    Object.assign(kernels.threadLimits.leastProduct, { blas: 0, wasm: 0 });
  }
  kernels.info();
  const { cpuBackend: backend } = await import('../src/backend/cpu/cpu-backend.js');
  const { conformanceCases: cases } = await import('../src/backend/conformance.js');
  return { kernels, backend, cases };
}

describe.each(Object.entries(PATHS))('the cpu backend on %s', async (_, path) => {
  const { kernels, backend, cases } = await load(path);

  it('is where it should be', () => {
    expect(kernels.info()).toMatchObject(path.info);
  });

  for (const { name, skip, run } of cases) {
    it(name, (context) => {
      if (skip?.cpu !== undefined) context.skip(skip.cpu);
      run(backend);
    });
  }
});
