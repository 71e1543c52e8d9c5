/** The main program with `--device gpu`. */
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeFolder, type Outcome, removeFolder, runMain, writeDigits } from './support.js';

const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

let shared = '';
let tiny = '';
let cwd = '';
beforeAll(() => {
  shared = makeFolder();
  tiny = writeDigits(join(shared, 'tiny'), { train: 32, test: 16 });
});
afterAll(() => removeFolder(shared));
beforeEach(() => {
  cwd = makeFolder();
});
afterEach(() => {
  removeFolder(cwd);
  vi.unstubAllEnvs();
});

const run = (mode: string, ...args: string[]): Promise<Outcome> => {
  vi.stubEnv('TORCHLET_GPU', mode);
  return runMain(cwd, '--data', tiny, '--epochs', '1', '--batch-size', '8', ...args);
};

interface Metrics {
  readonly device: string;
  readonly epochs: readonly { readonly train_loss: number; readonly test_loss: number }[];
}
const metrics = (folder: string): Metrics => JSON.parse(readFileSync(join(cwd, folder, 'metrics.json'), 'utf8'));

async function learnsAsTheCpu(mode: string, name: RegExp): Promise<void> {
  const { code, stdout, stderr } = await run(mode, '--device', 'gpu', '--out', 'gpu');
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(name);
  const cpu = await run(mode, '--out', 'cpu');
  expect(cpu.stdout).not.toContain('on the gpu');
  const [ours, theirs] = [metrics('gpu'), metrics('cpu')];
  expect(theirs.device).toBe('cpu');
  expect(`on the gpu: ${ours.device}`).toMatch(name);
  expect(ours.epochs[0].train_loss).toBeCloseTo(theirs.epochs[0].train_loss, 4);
  expect(ours.epochs[0].test_loss).toBeCloseTo(theirs.epochs[0].test_loss, 3);
}

describe('--device gpu', () => {
  it('trains as on the cpu, in gpu.js’s cpu mode', { timeout: 120_000 }, async () => {
    await learnsAsTheCpu('cpu', /on the gpu: gpu\.js in cpu mode \(emulated, no GPU hardware\)/);
  });

  it('goes on on another device than it began on', { timeout: 120_000 }, async () => {
    expect((await run('cpu', '--device', 'gpu', '--out', 'here')).code).toBe(0);
    const args = ['--resume', '--out', 'here', '--epochs', '2'];
    vi.stubEnv('TORCHLET_GPU', 'cpu');
    expect(await runMain(cwd, ...args)).toMatchObject({ code: 0, stderr: '' });
    expect(metrics('here')).toMatchObject({ device: 'cpu', epochs: [{}, {}] });
    args[4] = '3';
    expect(await runMain(cwd, ...args, '--device', 'gpu')).toMatchObject({ code: 0, stderr: '' });
    expect(metrics('here').epochs).toHaveLength(3);
  });

  it('says in one line why there is no gpu', async () => {
    const { code, stdout, stderr } = await run('off', '--device', 'gpu');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toBe('error: the gpu device is not available: TORCHLET_GPU=off switches it off\n');
    expect(existsSync(join(cwd, 'runs'))).toBe(false);
  });

  it('trains as on the cpu, on WebGPU', { timeout: 240_000 }, async (context) => {
    if (existsSync(SWIFTSHADER)) vi.stubEnv('VK_ICD_FILENAMES', process.env.VK_ICD_FILENAMES ?? SWIFTSHADER);
    const runtime = process.env.XDG_RUNTIME_DIR ?? mkdtempSync(join(tmpdir(), 'torchlet-xdg-'));
    vi.stubEnv('XDG_RUNTIME_DIR', runtime);
    const first = await run('webgpu', '--device', 'gpu', '--out', 'first');
    const missing = /error: the gpu device is not available.*/.exec(first.stderr)?.[0];
    if (missing !== undefined) {
      console.warn(`The main program on WebGPU is not tested: ${missing}`);
      context.skip(missing);
    }
    await learnsAsTheCpu('webgpu', /on the gpu: \w.* \(\w+/);
  });
});
