/**
 * What the package costs when it is loaded and nobody records: `node --conditions=@torchlet/source --import tsx
 * packages/viz/bench/idle.ts`. Times a chain of tiny operations in processes with and without it, in turns, and prints the ratio of
 * the medians.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ones, type Tensor } from '@torchlet/tensor';

const ROUNDS = 7;

function chain(): void {
  const x = ones([2, 2], { requires_grad: true });
  let y: Tensor = x;
  for (let i = 0; i < 50; i++) y = y.mul(1.01).add(0.1).tanh();
  y.sum().backward();
}

/** Microseconds of one chain: the median of many. */
function time(): number {
  for (let i = 0; i < 2000; i++) chain();
  const times = Array.from({ length: 3000 }, () => {
    const begin = performance.now();
    chain();
    return performance.now() - begin;
  });
  return times.sort((a, b) => a - b)[times.length >> 1] * 1000;
}

const median = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1];

if (process.argv[2] === 'loaded') await import('@torchlet/viz');
if (process.argv[2] !== undefined) console.log(time());
else {
  const run = (mode: string): number =>
    Number(execFileSync(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), mode]));
  const [without, loaded]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    without.push(run('without'));
    loaded.push(run('loaded'));
  }
  const [a, b] = [median(without), median(loaded)];
  console.log(`without ${a.toFixed(1)} µs, loaded ${b.toFixed(1)} µs, ratio ${(b / a).toFixed(3)}`);
}
