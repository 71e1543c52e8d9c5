/**
 * Times other JavaScript frameworks at the benchmark's work, on one thread, each in turn with this project, and prints medians:
 * `npm run build`, then `npm install && npm start` in this folder.
 */
import { cpus } from 'node:os';
import * as jax from './jax.js';
import * as tfjs from './tfjs.js';
import * as torchlet from './torchlet.js';

const ROUNDS = 5;
const WORK = ['LeNet step, batch 64', 'LeNet forward, batch 64', 'MLP step, batch 64, Adam', 'matmul 512'];

const median = (times) => times.toSorted((a, b) => a - b)[times.length >> 1];

async function time(step) {
  const start = performance.now();
  await step();
  return performance.now() - start;
}

/** The first run, which compiles, takes several times as long as the others. */
const repetitions = (first) => Math.ceil(500 / first);

/** Milliseconds of the first step and of those after it. */
async function measure(steps) {
  const first = [];
  const times = steps.map(() => []);
  for (const step of steps) first.push(step === null ? null : await time(step));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, step] of steps.entries()) {
      // more of what is short, so that compilers settle
      for (let n = step === null ? 0 : repetitions(first[i]); n > 0; n--) {
        times[i].push(await time(step));
      }
    }
  }
  return steps.map((step, i) => (step === null ? null : { first: first[i], later: median(times[i]) }));
}

const frameworks = await Promise.all([torchlet, jax, tfjs].map((framework) => framework.open()));
console.log(`${cpus()[0]?.model.trim()}, Node ${process.version}, one thread; milliseconds (of the first run)\n`);
console.log(`| work | ${frameworks.map(({ name }) => name).join(' | ')} |`);
console.log(`|---|${'---|'.repeat(frameworks.length)}`);
for (const work of WORK) {
  const results = await measure(frameworks.map(({ steps }) => steps[work] ?? null));
  const cell = (result) => (result === null ? 'cannot' : `${result.later.toFixed(2)} (${result.first.toFixed(0)})`);
  console.log(`| ${work} | ${results.map(cell).join(' | ')} |`);
}
for (const { notes } of frameworks) if (notes !== undefined) console.log(`\n${notes}`);
process.exit(0);
