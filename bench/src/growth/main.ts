/**
 * How cost grows: throughput over the size of a matrix, the size of a batch and the number of threads, and memory over the steps
 * of a training, beside PyTorch's. Prints the tables and draws the charts:
 * `npm run bench:growth -- --threads 1,2 --rounds 3 --out docs/images`.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { info } from '@torchlet/kernels';
import { commandLine, count, counts, namesOf, optionsOf } from '../command-line.js';
import { findPython, Peer } from '../peer.js';
import { drawChart, type Line } from './charts.js';
import { BATCHES, MATMUL, measure, type Point, type Series } from './series.js';

const PARTS = ['matmul', 'batch', 'memory'];

interface Options {
  readonly threads: readonly number[];
  readonly rounds: number;
  readonly steps: number;
  readonly out: string;
  readonly only: readonly string[];
}

const options = optionsOf<Options>(
  commandLine('npm run bench:growth --', 'How cost grows: prints tables and draws charts.')
    .option('--threads <n,n>', 'numbers of threads, of either side', counts, [1, 2])
    .option('--rounds <n>', 'how often the two take turns', count, 3)
    .option('--steps <n>', 'of the training whose memory is read', count, 2000)
    .option('--out <folder>', 'where the charts go', 'docs/images')
    .option('--only <part,part>', `some of ${PARTS.join(', ')}`, namesOf(PARTS), PARTS),
);
const { threads: threadCounts, rounds, steps, only: parts } = options;
const EVERY = 25;

const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}`;
const COLORS = ['#3566a0', '#c4602a', '#5b8c3a', '#8a5aa8'];

/** All sizes at each number of threads; PyTorch's is fixed when it starts. */
async function grow(series: Series): Promise<Point[]> {
  const points: Point[] = [];
  for (const threads of threadCounts) {
    const peer = await Peer.start(threads, info().core);
    for (const size of series.sizes) points.push(await measure(series, size, threads, peer, rounds));
    peer?.stop();
  }
  return points;
}

const rate = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(0));

/** A row for each size, a pair of columns for each number of threads. */
function printTable(
  head: string,
  unit: string,
  points: readonly Point[],
  throughput: (size: number, ms: number) => number,
) {
  const titles = threadCounts.flatMap((t) => [`ours, ${t} thread${t > 1 ? 's' : ''}`, `PyTorch, ${t}`]);
  console.log(`\n| ${head} | ${titles.map((t) => `${t}, ${unit}`).join(' | ')} |`);
  console.log(`|---|${'---|'.repeat(titles.length)}`);
  for (const size of new Set(points.map((p) => p.size))) {
    const cells = threadCounts.flatMap((threads) => {
      const point = points.find((p) => p.size === size && p.threads === threads) as Point;
      const theirs = point.theirs === null ? '–' : rate(throughput(size, point.theirs));
      return [rate(throughput(size, point.ours)), theirs];
    });
    console.log(`| ${size} | ${cells.join(' | ')} |`);
  }
}

function linesOf(points: readonly Point[], throughput: (size: number, ms: number) => number): Line[] {
  return threadCounts.flatMap((threads, i): Line[] => {
    const own = points.filter((p) => p.threads === threads);
    const words = `${threads} thread${threads > 1 ? 's' : ''}`;
    const color = COLORS[i % COLORS.length];
    const theirs = own.flatMap((p) => (p.theirs === null ? [] : [[p.size, throughput(p.size, p.theirs)] as const]));
    const ours = own.map((p) => [p.size, throughput(p.size, p.ours)] as const);
    return [
      { name: `torchlet, ${words}`, color, dashed: false, points: ours },
      ...(theirs.length === 0 ? [] : [{ name: `PyTorch, ${words}`, color, dashed: true, points: theirs }]),
    ];
  });
}

function save(name: string, svg: string): void {
  mkdirSync(options.out, { recursive: true });
  const path = resolve(options.out, name);
  writeFileSync(path, svg);
  console.log(`\ndrawn: ${path}`);
}

/** A series as a table and a chart. */
async function draw(
  series: Series,
  file: string,
  title: string,
  x: string,
  unit: string,
  throughput: (size: number, ms: number) => number,
): Promise<void> {
  const points = await grow(series);
  printTable(x, unit, points, throughput);
  const lines = linesOf(points, throughput);
  const axes = { x: { name: x, logarithmic: true }, y: { name: unit } };
  save(file, drawChart({ title, subtitle: machine, ...axes, lines }));
}

const drawMatmul = (): Promise<void> =>
  draw(
    MATMUL,
    'growth-matmul.svg',
    'Product of two n × n matrices, float32',
    'n',
    'GFLOP/s',
    (n, ms) => (2 * n ** 3) / (ms * 1e6),
  );

const drawBatches = (): Promise<void> =>
  draw(
    BATCHES,
    'growth-batch.svg',
    'LeNet training step: images per second over the size of the batch',
    'images in a batch',
    'images/s',
    (batch, ms) => (batch / ms) * 1e3,
  );

interface Memory {
  readonly points: readonly (readonly [number, number])[];
  readonly peak: number;
}

function memoryOf(program: string, script: string): Memory {
  const output = execFileSync(program, [script, String(steps), String(EVERY)], {
    env: { ...process.env, OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1' },
  });
  return JSON.parse(String(output)) as Memory;
}

const MEBI = 2 ** 20;

function drawMemory(): void {
  const here = fileURLToPath(new URL('.', import.meta.url));
  const python = findPython();
  const ours = memoryOf(process.execPath, join(here, 'memory.js'));
  const theirs = python === null ? null : memoryOf(python, join(here, '../../pytorch/memory.py'));
  const after = (memory: Memory, step: number): string => {
    const point = memory.points.find(([at]) => at >= step);
    return point === undefined ? '–' : (point[1] / MEBI).toFixed(0);
  };
  console.log(
    '\n| LeNet steps, batch 64 | resident after 1/8 of them, MiB | after all, MiB | peak, MiB |\n|---|---|---|---|',
  );
  for (const [name, memory] of [
    ['torchlet', ours],
    ['PyTorch', theirs],
  ] as const) {
    if (memory === null) continue;
    console.log(
      `| ${name} | ${after(memory, steps / 8)} | ${after(memory, steps - EVERY)} | ${(memory.peak / MEBI).toFixed(0)} |`,
    );
  }
  const line = (name: string, i: number, { points }: Memory): Line => ({
    name,
    color: COLORS[i],
    dashed: i > 0,
    points: points.map(([at, bytes]) => [at, bytes / MEBI] as const),
  });
  save(
    'growth-memory.svg',
    drawChart({
      title: `Resident memory over ${steps} LeNet steps, batch 64`,
      subtitle: machine,
      x: { name: 'step', logarithmic: false },
      y: { name: 'MiB' },
      lines: [line('torchlet', 0, ours), ...(theirs === null ? [] : [line('PyTorch', 1, theirs)])],
    }),
  );
}

console.log(machine);
if (parts.includes('matmul')) await drawMatmul();
if (parts.includes('batch')) await drawBatches();
if (parts.includes('memory')) drawMemory();
