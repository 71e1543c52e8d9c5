/** `npm run bench -- --device gpu`: this project's gpu and cpu beside each other, and PyTorch's CUDA where it has one. */
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { info, setNumThreads } from '@torchlet/kernels';
import { DeviceError, gpu } from 'torchlet';
import { Peer } from '../peer.js';
import { median, time } from '../timing.js';
import type { Step } from '../workloads/step.js';
import { GPU_WORK, type GpuWork } from './workloads.js';

export interface GpuBenchOptions {
  readonly threads: number;
  readonly rounds: number;
  /** Part of the names of what is timed. */
  readonly only: string;
  /** Seconds that a row may take on one device. */
  readonly budget: number;
}

const SCRIPT = fileURLToPath(new URL('../../pytorch/gpu.py', import.meta.url));

/** Repetitions without which a median says nothing. */
const LEAST = 3;

/** Times work of growing size, as far as the budget goes. */
class Side {
  /** Milliseconds for work of scale 1, by the last of each family. */
  private readonly rates = new Map<string, number>();

  constructor(
    private readonly budget: number,
    private readonly rounds: number,
    private readonly finish: () => void,
  ) {}

  /** The median in milliseconds; null for work that is too large for the budget. */
  time(work: GpuWork, make: () => Step): number | null {
    const rate = this.rates.get(work.family);
    const most = this.budget * 1000;
    if (rate !== undefined && rate * work.scale * (LEAST + 1) > most) return null;
    const step = make();
    const run = (): void => {
      step();
      this.finish();
    };
    run(); // compiles
    const [first] = time(run, 1);
    const repetitions = Math.max(LEAST, Math.min(10 * this.rounds, Math.floor(most / 4 / first)));
    const result = median(time(run, repetitions));
    this.rates.set(work.family, result / work.scale);
    return result;
  }
}

const number = (x: number | null): string => (x === null ? '–' : x < 1 ? x.toFixed(3) : x.toFixed(2));
const ratio = (a: number | null, b: number | null): string => (a === null || b === null ? '–' : (a / b).toFixed(2));

/** @returns the exit code */
export async function benchGpu({ threads, rounds, only, budget }: GpuBenchOptions): Promise<number> {
  let name: string;
  try {
    name = `${gpu.device_name()}, through gpu.js in ${gpu.backend()} mode`;
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    console.error(`bench: ${error.message}`);
    return 1;
  }
  setNumThreads(threads);
  const peer = await Peer.start(threads, info().core, SCRIPT);
  const cuda = peer?.device ?? null;
  console.log(`gpu: ${name}`);
  console.log(
    `cpu: ${cpus()[0]?.model.trim()}, threads: ${threads}; matrix products: ${info().gemm}; Node ${process.version}`,
  );
  console.log(`PyTorch CUDA: ${cuda === null ? 'none was found' : `${cuda}, PyTorch ${peer?.version}`}`);
  console.log('');
  console.log(
    '| work | gpu, median ms | cpu, median ms | PyTorch CUDA, median ms | gpu to cpu | gpu to PyTorch CUDA |',
  );
  console.log('|---|---|---|---|---|---|');
  const [onGpu, onCpu] = [new Side(budget, rounds, gpu.synchronize), new Side(budget, rounds, () => {})];
  const leftOut: string[] = [];
  for (const work of GPU_WORK.filter((each) => each.name.includes(only))) {
    const ours = onGpu.time(work, () => work.make('gpu'));
    if (ours === null) {
      leftOut.push(work.name);
      continue;
    }
    const host = onCpu.time(work, () => work.make('cpu'));
    const theirs = cuda === null || peer === null ? null : median((await peer.time(work.name, 20)).slice(5));
    console.log(
      `| ${[work.name, number(ours), number(host), number(theirs), ratio(ours, host), ratio(ours, theirs)].join(' | ')} |`,
    );
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (leftOut.length > 0) {
    console.log(
      `\nLeft out, since it would take more than ${budget} s on this adapter (--budget): ${leftOut.join('; ')}`,
    );
  }
  peer?.stop();
  return 0;
}
