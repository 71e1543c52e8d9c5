/**
 * Times this project and PyTorch in turns and prints the ratios of the medians:
 * `npm run bench -- --threads 1 --rounds 7 --only LeNet`. With `--device gpu` what `gpu/` times; `--budget 60` gives each of its rows
 * a minute on each device.
 */
import { cpus } from 'node:os';
import { info, setNumThreads } from '@torchlet/kernels';
import { Option } from 'commander';
import { commandLine, count, optionsOf, seconds } from './command-line.js';
import { benchGpu } from './gpu/main.js';
import { Peer } from './peer.js';
import { median, repetitionsOf, time, warmUp } from './timing.js';
import { type Step, WORKLOADS } from './workloads/index.js';

interface Options {
  readonly threads: number;
  readonly rounds: number;
  readonly only: string;
  readonly device: 'cpu' | 'gpu';
  readonly budget: number;
}

const { threads, rounds, only, device, budget } = optionsOf<Options>(
  commandLine('npm run bench --', 'Times this project and PyTorch in turns.')
    .option('--threads <n>', 'of either side', count, 1)
    .option('--rounds <n>', 'how often the two take turns', count, 7)
    .option('--only <name>', 'part of the names of the rows that are timed', '')
    .addOption(new Option('--device <name>', 'what computes').choices(['cpu', 'gpu']).default('cpu'))
    .option('--budget <seconds>', 'that a row may take on each device, with --device gpu', seconds, 20),
);
if (device === 'gpu') process.exit(await benchGpu({ threads, rounds, only, budget }));

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

const rows = Object.entries(WORKLOADS).filter(([name]) => name.includes(only));
if (rows.length === 0) {
  console.error(`error: no row has '${only}' in its name`);
  process.exit(2);
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
for (const [name, make] of rows) print(await measure(name, make(), peer));
peer?.stop();
