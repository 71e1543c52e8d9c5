/** Resident memory over LeNet steps: `node dist/growth/memory.js STEPS EVERY` prints a JSON list of [step, bytes], and the peak. */
import { setNumThreads } from '@torchlet/kernels';
import { lenetStep } from '../workloads/training.js';

const [steps, every] = process.argv.slice(2).map(Number);
setNumThreads(1);
const step = lenetStep(64)();
const points: [step: number, bytes: number][] = [];
for (let i = 1; i <= steps; i++) {
  step();
  if (i % every === 0) points.push([i, process.memoryUsage.rss()]);
}
console.log(JSON.stringify({ points, peak: process.resourceUsage().maxRSS * 1024 }));
