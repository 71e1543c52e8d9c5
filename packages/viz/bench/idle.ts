/**
 * What the package costs when nobody records: `node --conditions=@torchlet/source --import tsx packages/viz/bench/idle.ts`. Times a
 * chain of tiny operations in processes without it, with it, and with it after a recording, in turns, and prints the table of
 * docs/performance.md.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ones, type Tensor } from '@torchlet/tensor';

const ROUNDS = 15;

const MODES = { without: 'not loaded', loaded: 'loaded', recorded: 'loaded, after a recording' };

function chain(): void {
  const x = ones([2, 2], { requires_grad: true });
  let y: Tensor = x;
  for (let i = 0; i < 50; i++) y = y.mul(1.01).add(0.1).tanh();
  y.sum().backward();
}

/** Microseconds of one chain: the median of many. */
function time(): number {
  for (let i = 0; i < 1500; i++) chain();
  const times = Array.from({ length: 2000 }, () => {
    const begin = performance.now();
    chain();
    return performance.now() - begin;
  });
  return times.sort((a, b) => a - b)[times.length >> 1] * 1000;
}

async function prepare(mode: string): Promise<void> {
  if (mode === 'without') return;
  const { record } = await import('@torchlet/viz');
  if (mode === 'recorded') record(chain);
}

/** The medians of processes that take turns, for each mode. */
function measure(): Map<string, number[]> {
  const times = new Map(Object.keys(MODES).map((mode): [string, number[]] => [mode, []]));
  const args = [...process.execArgv, fileURLToPath(import.meta.url)];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [mode, list] of times) list.push(Number(execFileSync(process.execPath, [...args, mode])));
  }
  return times;
}

/** Ratios are of processes that ran one after the other, since a shared machine is not equally fast all the time. */
function print(times: ReadonlyMap<string, number[]>): void {
  const median = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1];
  const without = times.get('without') ?? [];
  console.log('| `@torchlet/viz` | median µs | min | ratio, median of pairs | of minima |');
  console.log('|---|---|---|---|---|');
  for (const [mode, list] of times) {
    const ratios = [median(list.map((time, i) => time / without[i])), Math.min(...list) / Math.min(...without)];
    const cells = [median(list).toFixed(1), Math.min(...list).toFixed(1), ...ratios.map((ratio) => ratio.toFixed(2))];
    console.log(`| ${[MODES[mode as keyof typeof MODES], ...cells].join(' | ')} |`);
  }
}

if (process.argv[2] === undefined) print(measure());
else {
  await prepare(process.argv[2]);
  console.log(time());
}
