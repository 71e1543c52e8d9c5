import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import * as torch from 'torchlet';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import expected from '../expected.json' with { type: 'json' };
import { expectPrinted, print, size } from '../src/print.js';

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const minute = 60_000;

/** Runs a program of the tour from its sources; throws unless it exits with 0. */
async function run(file: string, ...args: string[]): Promise<string[]> {
  const path = fileURLToPath(new URL(`../src/${file}`, import.meta.url));
  const nodeArgs = ['--conditions=@torchlet/source', '--import', tsx, path, ...args];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, nodeArgs);
  expect(stderr).toBe('');
  return stdout.trimEnd().split('\n');
}

describe('the tour', () => {
  it('prints what PyTorch prints, lesson after lesson', { timeout: minute }, async () => {
    const lines = await run('main.ts');
    const titles = lines.filter((line) => line.startsWith('== lesson '));
    expect(titles.map((title) => title[10])).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    const printed = lines.filter((line) => !line.startsWith('== lesson '));
    const wanted = Object.values(expected.lessons).flat();
    // an empty line stands above each title, and within optimizers' printouts
    expect(printed.filter((line) => line !== '')).toEqual(wanted.filter((line) => line !== ''));
  });

  it('can be taken lesson by lesson', { timeout: minute }, async () => {
    const lines = await run('main.ts', 'c', 'b');
    const rest = [...expected.lessons.c, '', '== lesson b: zero grad', ...expected.lessons.b];
    expect(lines).toEqual(['', '== lesson c: state dict', ...rest]);
    expect(await run('lessons/e-add-param-group.ts')).toEqual(expected.lessons.e);
    await expect(run('main.ts', 'x')).rejects.toThrow('there is no lesson x; there are a, b, c, d, e, f, g');
  });
});

describe('print', () => {
  let log: ReturnType<typeof vi.spyOn>;
  beforeEach(() => {
    log = vi.spyOn(console, 'log').mockImplementation(() => {});
  });
  afterEach(() => log.mockRestore());

  it('prints as Python', () => {
    print('a', 1, null, true, [false, 'x'], { k: 0.5, t: torch.ones(1) }, size([2, 3]));
    expect(log.mock.calls).toEqual([["a 1 None True [False, 'x'] {'k': 0.5, 't': tensor([1.])} torch.Size([2, 3])"]]);
    expect(() => expectPrinted('b')).toThrow('lesson b is not what PyTorch prints');
  });

  it('is checked: to the letter, to the last line, and each lesson by itself', () => {
    for (const line of expected.lessons.c) print(line);
    expectPrinted('c');
    for (const line of expected.lessons.c.slice(0, -1)) print(line);
    expect(() => expectPrinted('c')).toThrow('lesson c is not what PyTorch prints');
    print(`${expected.lessons.c[0]} `);
    expect(() => expectPrinted('c')).toThrow('lesson c is not what PyTorch prints');
  });
});
