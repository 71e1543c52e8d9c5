/** The README's training loop, run as it stands there. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import * as torch from '../src/index.js';

const readme = readFileSync(fileURLToPath(new URL('../../../README.md', import.meta.url)), 'utf8');
const loop = /## A training loop\n+```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';

// inside of the package, so that `torchlet` is found as users find it
const folder = mkdtempSync(fileURLToPath(new URL('./readme-', import.meta.url)));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('is about 30 lines', () => {
  const lines = loop.split('\n').filter((line) => line.trim() !== '').length;
  expect(lines).toBeGreaterThan(20);
  expect(lines).toBeLessThanOrEqual(32);
});

it('trains, and leaves a state dict', { timeout: 60_000 }, () => {
  const report = "if (loss.item() > 1.5) throw new Error('the loss is still ' + loss.item());";
  const checked = loop.replace(/(\n {4}optimizer\.step\(\);)/, `$1\n    if (epoch === 1) ${report}`);
  expect(checked).not.toBe(loop);
  writeFileSync(join(folder, 'loop.ts'), checked);
  const args = ['--import', 'tsx', '--conditions=@torchlet/source', 'loop.ts'];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  const file = join(folder, 'net_params.pt');
  expect(existsSync(file)).toBe(true);
  expect(Object.keys(torch.load<Record<string, torch.Tensor>>(file))).toEqual([
    'conv.weight',
    'conv.bias',
    'fc.weight',
    'fc.bias',
  ]);
});
