import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Run } from './compare.js';

const script = fileURLToPath(new URL('../python/twin.py', import.meta.url));

/** A Python that can import torch: `TORCHLET_PYTHON` if that is set, else `python3`; null if it cannot. */
export function findPython(): string | null {
  const python = process.env.TORCHLET_PYTHON || 'python3';
  return spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0 ? python : null;
}

/** What PyTorch makes of the same data and seed. @throws when Python fails; what it said has been shown */
export function runPython(python: string, folder: string, data: string, seed: number): Run & { version: string } {
  const out = join(folder, 'curve.json');
  const { status, error } = spawnSync(python, [script, data, out, String(seed)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${python} ${script} failed with exit code ${status}`);
  return JSON.parse(readFileSync(out, 'utf8')) as Run & { version: string };
}
