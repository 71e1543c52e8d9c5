/** What only a process of its own can show: being killed while it saves, and the most memory that it ever took. */
import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { load, save, type Tensor } from '../src/index.js';

const folder = fs.mkdtempSync(join(tmpdir(), 'torchlet-children-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));
const child = (name: string, ...args: string[]): string[] => [
  ...['--import', 'tsx', '--conditions=@torchlet/source'],
  fileURLToPath(new URL(`./children/${name}.ts`, import.meta.url)),
  ...args,
];

/** Lets a process save to the file, and kills it so many milliseconds after its first checkpoint. */
function killed(path: string, delay: number): Promise<NodeJS.Signals | null> {
  return new Promise((resolve, reject) => {
    const saving = spawn(process.execPath, child('save-forever', path), { stdio: ['ignore', 'pipe', 'inherit'] });
    saving.on('error', reject);
    saving.on('exit', (_, signal) => resolve(signal));
    saving.stdout.once('data', () => setTimeout(() => saving.kill('SIGKILL'), delay));
  });
}

it('a process that is killed while it saves leaves a whole checkpoint', { timeout: 120_000 }, async () => {
  const kills = 12;
  // Delays that fall into every part of a save, which takes a few milliseconds.
  const delays = Array.from({ length: kills }, (_, i) => 3 * i + (i % 3));
  const abandoned = new Set<string>();
  const run = async (path: string, mine: number[]): Promise<void> => {
    for (const delay of mine) {
      expect(await killed(path, delay)).toBe('SIGKILL');
      const { k, ...tensors } = load<{ k: number } & Record<string, Tensor | number>>(path);
      expect(k).toBeGreaterThanOrEqual(1);
      for (const [name, t] of Object.entries(tensors as Record<string, Tensor>)) {
        expect(t.eq(k).all().item(), `${name} of checkpoint ${k}`).toBe(true);
      }
      for (const name of fs.readdirSync(folder)) if (name.endsWith('.tmp')) abandoned.add(name);
    }
  };
  await Promise.all(
    [0, 1].map((half) =>
      run(
        join(folder, `${half}.pt`),
        delays.filter((_, i) => i % 2 === half),
      ),
    ),
  );
  // Some were killed in the middle: what they left is beside the checkpoint, never in its place.
  expect(abandoned.size).toBeGreaterThan(0);
  for (const name of abandoned) expect(name).toMatch(/^\.[01]\.pt\.\d+-\d+-\d+\.tmp$/);
});

it('what processes that are gone left behind is cleaned up after an hour', () => {
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  const names = [
    [`.x.pt.${dead}-1-0.tmp`, true, false],
    [`.x.pt.${dead}-2-0.tmp`, false, true],
    [`.x.pt.${process.ppid}-1-0.tmp`, true, true],
    [`.y.pt.${dead}-1-0.tmp`, true, true],
    [`.x.pt.${dead}.tmp`, true, true],
  ] as const;
  const there = fs.mkdtempSync(join(folder, 'left-'));
  const twoHoursAgo = Date.now() / 1000 - 7200;
  for (const [name, old] of names) {
    fs.writeFileSync(join(there, name), 'half');
    if (old) fs.utimesSync(join(there, name), twoHoursAgo, twoHoursAgo);
  }
  save(1, join(there, 'x.pt'));
  expect(fs.readdirSync(there).sort()).toEqual(
    [...names.filter(([, , stays]) => stays).map(([name]) => name), 'x.pt'].sort(),
  );
});

/** Mebibytes of the checkpoint. TORCHLET_TEST_MIB=1024 measures one of a gigabyte. */
const SIZE = Number(process.env.TORCHLET_TEST_MIB ?? 192);

beforeAll(() => fs.mkdirSync(join(folder, 'memory')));

it('saving takes a buffer more than the tensors, loading the tensors and a buffer', { timeout: 240_000 }, () => {
  const path = join(folder, 'memory', 'big.pt');
  const run = (...args: string[]): string => {
    const { stdout, stderr, status } = spawnSync(process.execPath, child('peak-memory', ...args), { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    return stdout.trim();
  };
  const saving = Number(run('save', path, String(SIZE)));
  expect(fs.statSync(path).size / 2 ** 20).toBeGreaterThanOrEqual(SIZE);
  const [loading, state] = run('load', path).split(' ');
  fs.rmSync(path);
  expect(state).toBe('whole');
  // What is not tensors is code, its garbage, and buffers of a mebibyte.
  const SLACK = 48;
  expect(saving).toBeLessThan(SLACK);
  expect(Number(loading)).toBeLessThan(SIZE + SLACK);
  if (process.env.TORCHLET_TEST_MIB !== undefined) console.log({ SIZE, saving, loading });
});
