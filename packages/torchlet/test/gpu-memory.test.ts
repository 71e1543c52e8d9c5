/** Training on the gpu in a loop that never lets the event loop turn: a process of its own, because memory is asked about. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

interface Result {
  readonly missing?: string;
  readonly rows: readonly { readonly peak: number; readonly buffers: number; readonly process: number }[];
  readonly held: number;
  readonly unchanged: boolean;
}

function train(mode: string, steps: number): Result {
  const path = fileURLToPath(new URL('./children/gpu-memory.ts', import.meta.url));
  const adapter = process.env.VK_ICD_FILENAMES ?? (existsSync(SWIFTSHADER) ? SWIFTSHADER : undefined);
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--conditions=@torchlet/source', path, String(steps)],
    {
      encoding: 'utf8',
      env: {
        ...process.env,
        TORCHLET_GPU: mode,
        ...(adapter === undefined ? {} : { VK_ICD_FILENAMES: adapter }),
        XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? mkdtempSync(join(tmpdir(), 'torchlet-xdg-')),
      },
    },
  );
  if (status !== 0) throw new Error(`the training process ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

function check({ rows, held, unchanged }: Result): void {
  for (const { peak } of rows) expect(peak).toBeLessThan(3);
  // a few MiB come and go
  const [first, last] = [rows[0], rows[rows.length - 1]];
  expect(last.process - first.process).toBeLessThan(60);
  expect(held).toBeGreaterThan(50);
  expect(unchanged).toBe(true);
}

describe('training steps and evaluations in a synchronous loop', () => {
  it('take less memory than three steps need, and leave alone what is held: gpu.js in cpu mode', () => {
    check(train('cpu', 100));
  }, 240_000);

  it('on WebGPU, where buffers are used again instead of made', (context) => {
    const result = train('webgpu', 150);
    if (result.missing !== undefined) {
      console.warn(`Memory on WebGPU is not tested: ${result.missing}`);
      context.skip(result.missing);
    }
    check(result);
    const made = result.rows.map(({ buffers }) => buffers);
    // 100 steps and 40 evaluations of about 60 arrays each
    expect(made[made.length - 1] - made[0]).toBeLessThan(60);
  }, 240_000);
});
