import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

it('explains, draws and records a two-layer network', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'torchlet-tour-'));
  try {
    const path = fileURLToPath(new URL('../src/main.ts', import.meta.url));
    const args = ['--conditions=@torchlet/source', '--import', tsx, path, folder];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/2 {2}AddmmBackward0 {2}in Net\.output \(Linear\) {2}at .*net\.ts:11:/);
    expect(stdout).toContain('lands on hidden.weight  [4, 2]');
    expect(stdout).toContain('1 path from MseLossBackward0 to hidden.bias.');
    const losses = (/losses: (.*)/.exec(stdout)?.[1] ?? '').split(', ').map(Number);
    expect(losses).toHaveLength(3);
    expect(losses[2]).toBeLessThan(losses[0]);
    expect(readdirSync(folder).sort()).toEqual(['explorer.html', 'graph.svg']);
    expect(readFileSync(join(folder, 'graph.svg'), 'utf8')).toContain('hidden.weight');
    expect(readFileSync(join(folder, 'explorer.html'), 'utf8')).toContain('hidden.weight');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
