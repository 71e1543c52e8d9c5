/**
 * What it costs that gpu kernels take their sizes as arguments, and what it saves where shapes change: whole processes in turns, one
 * for each value of TORCHLET_GPU_SIZES. `npm run bench:gpu-sizes -- --rounds 3`.
 */
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Option } from 'commander';
import { gpu } from 'torchlet';
import { commandLine, count, optionsOf } from '../command-line.js';
import { time } from '../timing.js';
import type { Step } from '../workloads/step.js';
import { operations, TRAININGS } from './work.js';

const { rounds, part } = optionsOf<{ readonly rounds: number; readonly part?: string }>(
  commandLine(
    'npm run bench:gpu-sizes --',
    'Kernels with sizes in their text beside kernels that take them as arguments.',
  )
    .option('--rounds <n>', 'how often the processes take turns', count, 3)
    // what this program starts of itself
    .addOption(new Option('--part <name>').choices(['operations', 'trainings']).hideHelp()),
);

interface Training {
  readonly firstMs: number;
  readonly restMs: number;
  readonly compiled: number;
}

/** Milliseconds of a run, the least of some. */
function leastOf(step: Step): number {
  const run = (count: number): number => {
    const [ms] = time(() => {
      for (let i = 0; i < count; i++) step();
      gpu.synchronize();
    }, 1);
    return ms / count;
  };
  run(1); // compiles
  const count = Math.max(2, Math.min(40, Math.round(20 / run(2))));
  return Math.min(...Array.from({ length: 4 }, () => run(count)));
}

const timeOperations = (): Record<string, number> =>
  Object.fromEntries(Object.entries(operations()).map(([name, step]) => [name, leastOf(step)]));

function timeTrainings(): Record<string, Training> {
  const result = Object.entries(TRAININGS).map(([name, make]) => {
    const step = make();
    gpu.reset_stats();
    const [firstMs, ...rest] = time(step, 50);
    return [name, { firstMs, restMs: rest.reduce((a, b) => a + b), compiled: gpu.stats().compiled }];
  });
  return Object.fromEntries(result);
}

/** A part in a process of its own. */
function inProcess<T>(part: string, sizes: string): Record<string, T> {
  const { status, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), '--part', part], {
    encoding: 'utf8',
    env: { ...process.env, TORCHLET_GPU_SIZES: sizes },
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** The least of each number over the rounds. */
function least<T extends number | Training>(part: string, sizes: readonly string[]): Record<string, T>[] {
  const found: Record<string, T>[][] = sizes.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, choice] of sizes.entries()) found[i].push(inProcess<T>(part, choice));
  }
  const of = (x: T): number => (typeof x === 'number' ? x : x.restMs);
  return found.map((runs) =>
    Object.fromEntries(
      Object.keys(runs[0]).map((name) => [
        name,
        runs.map((run) => run[name]).reduce((a, b) => (of(a) < of(b) ? a : b)),
      ]),
    ),
  );
}

function compare(): void {
  console.log(
    `${gpu.device_name()}, through gpu.js in ${gpu.backend()} mode; ${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}\n`,
  );
  console.log('| operation | sizes in the text, ms | sizes as arguments, ms | ratio |\n|---|---|---|---|');
  const [text, asArguments] = least<number>('operations', ['text', 'arguments']);
  for (const [name, ms] of Object.entries(text)) {
    console.log(
      `| ${name} | ${ms.toFixed(2)} | ${asArguments[name].toFixed(2)} | ${(asArguments[name] / ms).toFixed(2)} |`,
    );
  }
  console.log(
    '\n| 50 steps | TORCHLET_GPU_SIZES | kernels compiled | first step, ms | the others, ms |\n|---|---|---|---|---|',
  );
  const choices = ['text', 'auto', 'arguments'];
  const results = least<Training>('trainings', choices);
  for (const name of Object.keys(TRAININGS)) {
    choices.forEach((choice, i) => {
      const { compiled, firstMs, restMs } = results[i][name];
      console.log(`| ${name} | ${choice} | ${compiled} | ${firstMs.toFixed(0)} | ${restMs.toFixed(0)} |`);
    });
  }
}

if (part === 'operations') console.log(JSON.stringify(timeOperations()));
else if (part === 'trainings') console.log(JSON.stringify(timeTrainings()));
else compare();
