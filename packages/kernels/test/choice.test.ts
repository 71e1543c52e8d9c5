import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { info, setNumThreads } from '../src/index.js';
import { platform as browser } from '../src/platform/browser.js';

const source = new URL('../src/index.ts', import.meta.url).href;
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const program = `
  import { info, sgemm, conv2dForward } from ${JSON.stringify(source)};
  const c = new Float32Array(4).fill(NaN);
  sgemm(false, true, 2, 2, 3, 1, Float32Array.of(1, 2, 3, 4, 5, 6), 0, 3, Float32Array.of(1, 0, 1, 0, 1, 1), 0, 3, 0, c, 0, 2);
  console.log(JSON.stringify({ ...info(), c: [...c] }));
`;

interface Answer {
  gemm: string;
  blas: string | null;
  threads: number;
  simd: string | null;
  largePages: boolean;
  c: number[];
}

function run(env: Record<string, string>): { answer: Answer; stderr: string } {
  const result = spawnSync(
    process.execPath,
    ['--conditions=@torchlet/source', '--import', tsx, '--input-type=module', '--eval', program],
    { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '', TORCHLET_BLAS: '', TORCHLET_WASM: '', ...env } },
  );
  expect(result.status, result.stderr).toBe(0);
  return { answer: JSON.parse(result.stdout) as Answer, stderr: result.stderr };
}

describe('the choice of a provider', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'torchlet-blas-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('takes WebAssembly with TORCHLET_BLAS=off, silently', () => {
    const { answer, stderr } = run({ TORCHLET_BLAS: 'off' });
    expect(answer).toMatchObject({ gemm: 'wasm', blas: null, c: [4, 5, 10, 11] });
    expect(['simd', 'relaxed']).toContain(answer.simd);
    expect(stderr).toBe('');
  });

  it('takes plain loops when both are off', () => {
    const { answer, stderr } = run({ TORCHLET_BLAS: 'off', TORCHLET_WASM: 'off' });
    expect(answer).toEqual({
      gemm: 'reference',
      blas: null,
      core: null,
      threads: 1,
      simd: null,
      largePages: false,
      c: [4, 5, 10, 11],
    });
    expect(stderr).toBe('');
  });

  it('warns about a path where there is nothing, and goes on', () => {
    const path = join(folder, 'absent.so');
    const { answer, stderr } = run({ TORCHLET_BLAS: path });
    expect(answer).toMatchObject({ gemm: 'wasm', blas: null, c: [4, 5, 10, 11] });
    expect(stderr.match(/TorchletWarning/g)).toHaveLength(1);
    expect(stderr).toContain(`TORCHLET_BLAS=${path} cannot be used: `);
    expect(stderr).toContain('Matrix products run in WebAssembly instead.');
  });

  it('warns about a file that is no library, and goes on', () => {
    const path = join(folder, 'broken.so');
    writeFileSync(path, 'not a library');
    const { answer, stderr } = run({ TORCHLET_BLAS: path });
    expect(answer).toMatchObject({ gemm: 'wasm', c: [4, 5, 10, 11] });
    expect(stderr.match(/TorchletWarning/g)).toHaveLength(1);
    expect(stderr).toContain(`TORCHLET_BLAS=${path} cannot be used: `);
  });

  it.runIf(process.platform === 'linux')('warns about a library without the functions, and goes on', () => {
    const { answer, stderr } = run({ TORCHLET_BLAS: 'libm.so.6' });
    expect(answer).toMatchObject({ gemm: 'wasm', c: [4, 5, 10, 11] });
    expect(stderr).toMatch(/TORCHLET_BLAS=libm\.so\.6 cannot be used: .*cblas_sgemm/);
  });

  const setting = '/sys/kernel/mm/transparent_hugepage/enabled';
  it.runIf(existsSync(setting))('asks for large pages, unless told not to', () => {
    expect(run({}).answer.largePages).toBe(true);
    expect(run({ TORCHLET_LARGE_PAGES: 'off' }).answer.largePages).toBe(false);
  });

  const given = existsSync(setting) && /\[(always|madvise)\]/.test(readFileSync(setting, 'utf8'));
  it.runIf(given)('gets them from the system', () => {
    const script = `
      import { readFileSync } from 'node:fs';
      import { allocateArray32 } from ${JSON.stringify(source)};
      allocateArray32(Float32Array, 8 << 20, false).fill(1);
      const [, kilobytes] = readFileSync('/proc/self/smaps_rollup', 'utf8').match(/^AnonHugePages: +(\\d+)/m);
      console.log(Number(kilobytes) >= 16 << 10);
    `;
    const flags = ['--conditions=@torchlet/source', '--import', tsx, '--input-type=module', '--eval', script];
    expect(execFileSync(process.execPath, flags, { encoding: 'utf8' }).trim()).toBe('true');
  });

  const found = info();
  it.skipIf(found.blas === null)('takes the library that TORCHLET_BLAS names', () => {
    const { answer, stderr } = run({ TORCHLET_BLAS: found.blas ?? '' });
    expect(answer).toMatchObject({ gemm: 'blas', blas: found.blas, c: [4, 5, 10, 11] });
    expect(stderr).toBe('');
  });

  const flag = '--experimental-wasm-relaxed-simd';
  const flagged = spawnSync(process.execPath, [flag, '--eval', '0']).status === 0;
  it.runIf(flagged)('takes the fused build where the engine has it, with the same products', () => {
    const script = `
      import { info, referenceGemm, sgemm } from ${JSON.stringify(source)};
      const [m, n, k] = [133, 70, 515];
      const a = Float32Array.from({ length: m * k }, (_, i) => Math.sin(i));
      const b = Float32Array.from({ length: k * n }, (_, i) => Math.cos(i));
      const c = new Float32Array(m * n);
      const want = new Float32Array(m * n);
      sgemm(false, false, m, n, k, 1, a, 0, k, b, 0, n, 0, c, 0, n);
      referenceGemm(false, false, m, n, k, 1, a, 0, k, b, 0, n, 0, want, 0, n);
      console.log(info().simd, c.every((value, i) => Math.abs(value - want[i]) < 1e-4), Math.abs(want[5]) > 1e-3);
    `;
    const flags = [flag, '--conditions=@torchlet/source', '--import', tsx, '--input-type=module', '--eval', script];
    const env = { ...process.env, NODE_OPTIONS: '', TORCHLET_BLAS: 'off', TORCHLET_WASM: '' };
    expect(execFileSync(process.execPath, flags, { encoding: 'utf8', env }).trim()).toBe('relaxed true true');
  });

  it('warns where WebAssembly is refused, and goes on', () => {
    const script = `
      WebAssembly.Module = function () { throw new Error('refused by policy'); };
      const { allocateArray32, info, vectorLoop } = await import(${JSON.stringify(source)});
      const array = allocateArray32(Float32Array, 1000, true);
      const loop = vectorLoop({ arrays: [], scalars: [], constants: {}, body: '' });
      console.log(info().gemm, info().simd, array.buffer instanceof ArrayBuffer, loop);
    `;
    const flags = ['--conditions=@torchlet/source', '--import', tsx, '--input-type=module', '--eval', script];
    const env = { ...process.env, NODE_OPTIONS: '', TORCHLET_BLAS: 'off', TORCHLET_WASM: '' };
    const result = spawnSync(process.execPath, flags, { encoding: 'utf8', env });
    expect(result.stdout.trim()).toBe('reference null true null');
    expect(result.stderr.match(/TorchletWarning/g)).toHaveLength(1);
    expect(result.stderr).toContain('WebAssembly cannot be used: refused by policy. Kernels run in plain JavaScript');
  });

  it('loads nothing before it is used', () => {
    const script = `
      import ${JSON.stringify(source)};
      console.log(process.report.getReport().sharedObjects.filter((name) => /blas|koffi/.test(name)).length);
    `;
    const flags = ['--conditions=@torchlet/source', '--import', tsx, '--input-type=module', '--eval', script];
    expect(execFileSync(process.execPath, flags, { encoding: 'utf8' }).trim()).toBe('0');
  });

  it('has no environment and no library in a browser', () => {
    expect(browser.env('TORCHLET_BLAS')).toBeUndefined();
    expect(browser.loadBlas(undefined)).toBeNull();
    expect(browser.startWorker).toBeNull();
    expect(browser.useLargePages(new ArrayBuffer(8))).toBe(false);
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    browser.warn('a message');
    expect(warn).toHaveBeenCalledWith('a message');
    warn.mockRestore();
  });
});

describe('threads', () => {
  it('are as many as the environment says', () => {
    const { answer, stderr } = run({ TORCHLET_THREADS: '3' });
    expect(answer.threads).toBe(3);
    expect(stderr).toBe('');
  });

  it('are one for each processor where the environment says nothing, or nonsense, with a warning', () => {
    expect(run({ TORCHLET_THREADS: '' }).answer.threads).toBe(availableParallelism());
    const { answer, stderr } = run({ TORCHLET_THREADS: '0' });
    expect(answer.threads).toBe(availableParallelism());
    expect(stderr).toContain('TORCHLET_THREADS=0 is no positive integer. Kernels use ');
  });

  it('are those of the library where there is no WebAssembly', () => {
    const { answer } = run({ TORCHLET_THREADS: '3', TORCHLET_WASM: 'off' });
    expect(answer.threads).toBe(answer.gemm === 'blas' ? 3 : 1);
  });
});

describe('setNumThreads', () => {
  it('returns what is in use', () => {
    const before = info().threads;
    expect(setNumThreads(3)).toBe(3);
    expect(info().threads).toBe(3);
    expect(setNumThreads(before)).toBe(before);
  });

  it('refuses what is no count', () => {
    expect(() => setNumThreads(0)).toThrow('setNumThreads: expected a positive integer, but got 0');
    expect(() => setNumThreads(1.5)).toThrow('setNumThreads: expected a positive integer, but got 1.5');
  });
});
