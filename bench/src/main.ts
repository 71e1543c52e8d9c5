/**
 * Times this project and PyTorch in turns and prints the ratios of the medians:
 * `npm run bench -- --threads 1 --rounds 7 --only LeNet`. With `--device gpu` what `gpu/` times; `--budget 60` gives each of its rows
 * a minute on each device.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { info, setNumThreads } from '@torchlet/kernels';
import { benchGpu } from './gpu/main.js';
import { Peer } from './peer.js';
import { median, repetitionsOf, time, warmUp } from './timing.js';
import { type Step, WORKLOADS } from './workloads/index.js';

const { values } = parseArgs({
  args: process.argv.slice(2).filter((a) => a !== '--'),
  options: {
    threads: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '7' },
    only: { type: 'string', default: '' },
    device: { type: 'string', default: 'cpu' },
    budget: { type: 'string', default: '20' },
  },
});
const threads = Number(values.threads);
const rounds = Number(values.rounds);
if (!(Number.isInteger(threads) && threads > 0 && Number.isInteger(rounds) && rounds > 0)) {
  console.error('bench: --threads and --rounds take whole numbers from 1');
  process.exit(2);
}

const budget = Number(values.budget);
if (!['cpu', 'gpu'].includes(values.device) || !(budget > 0)) {
  console.error('bench: --device takes cpu or gpu, --budget a number of seconds');
  process.exit(2);
}
if (values.device === 'gpu') {
  process.exit(await benchGpu({ threads, rounds, only: values.only, budget }));
}

/** Idle threads of a BLAS look for work for 30 ms: in that time they would take a core from the other side. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60));

interface Row {
  readonly name: string;
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
}

async function measure(name: string, step: Step, peer: Peer | null): Promise<Row> {
  warmUp(step);
  await peer?.time(name, 5);
  const repetitions = repetitionsOf(step);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await pause();
    ours.push(...time(step, repetitions));
    await pause();
    if (peer !== null) theirs.push(...(await peer.time(name, repetitions)));
    await new Promise((resolve) => setImmediate(resolve)); // lets finalizers run, as a training loop does
  }
  return { name, ours, theirs };
}

const number = (x: number): string => (x < 1 ? x.toFixed(3) : x.toFixed(2));

function print({ name, ours, theirs }: Row): void {
  const least = Math.min(...ours);
  const columns = [name, number(median(ours)), number(least)];
  if (theirs.length === 0) columns.push('–', '–', '–', '–');
  else {
    const theirLeast = Math.min(...theirs);
    columns.push(number(median(theirs)), number(theirLeast));
    columns.push((median(ours) / median(theirs)).toFixed(2), (least / theirLeast).toFixed(2));
  }
  console.log(`| ${columns.join(' | ')} |`);
}

setNumThreads(threads);
const kernels = info();
const peer = await Peer.start(threads, kernels.core);
console.log(
  `${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}; threads: ${threads}; ` +
    `matrix products: ${kernels.gemm}${kernels.blas === null ? '' : ` (${kernels.blas}, ${kernels.core ?? 'unnamed'} kernels)`}; ` +
    (peer === null ? 'no Python with PyTorch was found' : `PyTorch ${peer.version}`),
);
console.log('');
console.log('| work | ours, median ms | min | PyTorch, median ms | min | ratio of medians | ratio of minima |');
console.log('|---|---|---|---|---|---|---|');
for (const [name, make] of Object.entries(WORKLOADS)) {
  if (name.includes(values.only)) print(await measure(name, make(), peer));
}
peer?.stop();
