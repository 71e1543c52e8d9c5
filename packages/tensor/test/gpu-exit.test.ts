/** A process with a WebGPU device ends by itself, with its own exit code, also in the middle of the device's work. */
import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { adapterFound } from './webgpu.js';

const TENSOR = new URL('../dist/index.js', import.meta.url).href;

/** Work that a software adapter has not done when the next line runs. */
const BUSY = `
import { randn } from ${JSON.stringify(TENSOR)};
let x = randn(128, 128).to('gpu');
const w = x.mul(0.01);
x.matmul(w).tolist();
for (let i = 0; i < 10; i++) x = x.matmul(w);
`;

interface End {
  readonly code: number | null;
  readonly signal: string | null;
  readonly errors: string;
}

function end(script: string): Promise<End> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { timeout: 30_000 });
    let errors = '';
    child.stderr.on('data', (text) => {
      errors += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, errors }));
  });
}

describe.skipIf(!adapterFound('The end of a process with a WebGPU device'))('a process', { timeout: 120_000 }, () => {
  it.each([
    ['reads a result and has nothing more to do', `${BUSY} x.tolist();`, 0],
    ['has nothing more to do while the device is busy', BUSY, 0],
    ['says process.exit', `${BUSY} process.exit(7);`, 7],
    ['sets process.exitCode', `${BUSY} process.exitCode = 5;`, 5],
    ['waits for something else', `${BUSY} await new Promise((resolve) => setTimeout(resolve, 30));`, 0],
  ])('%s', async (_, script, code) => {
    for (let i = 0; i < 2; i++) expect(await end(script)).toEqual({ code, signal: null, errors: '' });
  });

  it('ends in the middle of a long kernel, when that is done', async () => {
    const begun = 'await new Promise((resolve) => setTimeout(resolve, 100));';
    const script = `${BUSY} const big = randn(400, 400).to('gpu'); big.matmul(big); ${begun} process.exit(3);`;
    expect(await end(script)).toEqual({ code: 3, signal: null, errors: '' });
  });

  it.each([
    ['throws', `${BUSY} throw new Error('on purpose');`],
    ['rejects', `${BUSY} Promise.reject(new Error('on purpose'));`],
  ])('%s', async (_, script) => {
    const { code, signal, errors } = await end(script);
    expect([code, signal]).toEqual([1, null]);
    expect(errors).toContain('Error: on purpose');
  });
});
