import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { manual_seed } from 'torchlet';
import { describe, expect, it } from 'vitest';
import { inputs, Net, targets, train } from '../src/xor.js';

const minute = 60_000;
const MiB = 2 ** 20;
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** Runs a program of this example from its sources; throws unless it exits with 0. */
async function run(file: string, ...nodeOptions: string[]): Promise<string> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const args = [...nodeOptions, '--conditions=@torchlet/source', '--import', tsx, path];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
  expect(stderr).toBe('');
  return stdout;
}

describe('xor', () => {
  it(
    'is learned, by the program itself as well',
    async () => {
      const lines = (await run('../src/main.ts')).trimEnd().split('\n');
      expect(lines.filter((line) => line.startsWith('step'))).toHaveLength(5);
      const answers = lines.flatMap((line) => /^(\d) xor (\d) = (\S+)$/.exec(line)?.slice(1) ?? []).map(Number);
      expect(answers).toHaveLength(12);
      for (let i = 0; i < 12; i += 3) expect(Math.round(answers[i + 2])).toBe(answers[i] ^ answers[i + 1]);
      expect(lines.at(-1)).toMatch(/^largest error 0\.0\d\d$/);
    },
    minute,
  );

  it.each([1, 2, 3, 4, 5])('is learned from seed %i too', (seed) => {
    manual_seed(seed);
    const net = new Net();
    const losses: number[] = [];
    train(net, 500, (_, loss) => losses.push(loss.item()));
    expect(losses[0]).toBeGreaterThan(0.2);
    expect(losses.at(-1)).toBeLessThan(0.01);
    expect(net(inputs).sub(targets).abs().max().item()).toBeLessThan(0.2);
  });

  it('takes no more memory after 10,000 steps than after 2,000', async () => {
    // A young generation of fixed size: V8 would let it grow with the load, which says nothing about ours.
    const out = await run('memory.ts', '--expose-gc', '--max-semi-space-size=2');
    const { early, late } = JSON.parse(out) as Record<'early' | 'late', NodeJS.MemoryUsage>;
    const growth = (key: keyof NodeJS.MemoryUsage): number => (late[key] - early[key]) / MiB;
    console.log(
      `8,000 more steps: heap ${growth('heapUsed').toFixed(2)} MiB, resident ${growth('rss').toFixed(2)} MiB`,
    );
    // A single 0-dim tensor kept in each step would take 4 MiB of the heap.
    expect(growth('heapUsed'), 'heapUsed').toBeLessThan(0.5);
    expect(growth('external'), 'external').toBeLessThan(0.5);
    expect(growth('rss'), 'rss').toBeLessThan(6);
  }, 60_000);
});
