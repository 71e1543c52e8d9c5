/**
 * The TypeScript programs of docs/from-and-to-pytorch.md, run as they stand there, one after the other in one folder. The files
 * that the page's Python programs write are fixtures, and its Python programs are run by
 * tools/pytorch-golden/from_and_to_pytorch.py.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import * as torch from '../src/index.js';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const page = readFileSync(at('../../../docs/from-and-to-pytorch.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text]) => text);
const programs = blocks('ts');
const shown = blocks('text');

// inside of the package, so that `torchlet` is found as users find it
const folder = mkdtempSync(at('./from-and-to-pytorch-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(program: string): string {
  writeFileSync(join(folder, 'program.ts'), program);
  const args = ['--import', 'tsx', '--conditions=@torchlet/source', 'program.ts'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
}

it('every program stands before what it prints', () => {
  expect([programs.length, shown.length, blocks('python').length]).toEqual([4, 4, 3]);
});

it.each([0, 1, 2, 3])('program %i prints what is shown', { timeout: 60_000 }, (i) => {
  for (const name of ['pretrained.pth', 'from-the-cluster.pt'])
    copyFileSync(at(`./fixtures/docs/${name}`), join(folder, name));
  expect(run(programs[i])).toBe(shown[i]);
});

it('the first program leaves what the Python program beside it leaves', () => {
  const checkpoint = torch.load<Record<string, object>>(join(folder, 'checkpoint.pt'));
  expect(Object.keys(checkpoint)).toEqual(['model', 'optimizer', 'scheduler']);
  expect(Object.keys(checkpoint.model)).toEqual(['fc1.weight', 'fc1.bias', 'fc2.weight', 'fc2.bias']);
});
