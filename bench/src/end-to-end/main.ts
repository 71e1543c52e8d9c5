/**
 * One epoch on MNIST from start to end (start, loading, training, checkpoints, evaluation), here and in PyTorch, whole processes in
 * turns: `npm run bench:mnist -- --data FOLDER --threads 1 --rounds 3`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { info } from '@torchlet/kernels';
import { commandLine, count, folder, optionsOf } from '../command-line.js';
import { findPython } from '../peer.js';
import { median } from '../timing.js';

interface Options {
  readonly data: string;
  readonly threads: number;
  readonly rounds: number;
}

const options = optionsOf<Options>(
  commandLine('npm run bench:mnist --', 'One epoch on MNIST from start to end, here and in PyTorch, in turns.')
    .requiredOption('--data <folder>', 'the MNIST files, plain or .gz', folder)
    .option('--threads <n>', 'of either side', count, 1)
    .option('--rounds <n>', 'how often they take turns', count, 3),
);
const { rounds } = options;
const threads = String(options.threads);

const script = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'torchlet-bench-'));
const data = resolve(options.data);
const core = info().core;
const environment: NodeJS.ProcessEnv = {
  ...process.env,
  TORCHLET_THREADS: threads,
  OPENBLAS_NUM_THREADS: threads,
  OMP_NUM_THREADS: threads,
  // both sides use the same kernels of OpenBLAS
  ...(core === null ? {} : { OPENBLAS_CORETYPE: core }),
};

interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

function programs(): Program[] {
  const out = join(scratch, 'run');
  const main = script('../../../examples/mnist/dist/main.js');
  const ours = {
    name: 'torchlet',
    command: process.execPath,
    args: [main, '--data', data, '--epochs', '1', '--out', out],
  };
  const python = findPython();
  if (python === null) return [ours];
  const args = [script('../../pytorch/mnist.py'), data, threads];
  return [
    ours,
    { name: 'PyTorch, DataLoader', command: python, args },
    { name: 'PyTorch, whole batches', command: python, args: [...args, 'batched'] },
  ];
}

function run({ name, command, args }: Program): { seconds: number; accuracy: string } {
  rmSync(join(scratch, 'run'), { recursive: true, force: true });
  const start = performance.now();
  const child = spawnSync(command, args, { env: environment, encoding: 'utf8' });
  const seconds = (performance.now() - start) / 1e3;
  if (child.status !== 0) throw new Error(`${name} failed: ${child.stderr}`);
  return { seconds, accuracy: /test accuracy ([\d.]+ %)/.exec(child.stdout)?.[1] ?? '–' };
}

try {
  const all = programs();
  const times = all.map((): number[] => []);
  const accuracies = all.map(() => '–');
  for (let round = 0; round < rounds; round++) {
    all.forEach((program, i) => {
      const { seconds, accuracy } = run(program);
      times[i].push(seconds);
      accuracies[i] = accuracy;
    });
  }
  console.log(`${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}; threads: ${threads}\n`);
  console.log(
    '| one epoch on MNIST, whole process | median s | min s | test accuracy | torchlet, ratio of medians | ratio of minima |',
  );
  console.log('|---|---|---|---|---|---|');
  all.forEach(({ name }, i) => {
    const ratios = [median(times[0]) / median(times[i]), Math.min(...times[0]) / Math.min(...times[i])];
    const cells = [median(times[i]).toFixed(1), Math.min(...times[i]).toFixed(1), accuracies[i]];
    console.log(`| ${name} | ${[...cells, ...(i === 0 ? ['', ''] : ratios.map((r) => r.toFixed(2)))].join(' | ')} |`);
  });
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
