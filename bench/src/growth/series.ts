/** Work of growing size, timed on both sides in turns. */
import { setNumThreads } from '@torchlet/kernels';
import type { Peer } from '../peer.js';
import { repetitionsOf, time, warmUp } from '../timing.js';
import { matmul } from '../workloads/products.js';
import type { Step } from '../workloads/step.js';
import { lenetStep } from '../workloads/training.js';

/** The least of the times, of each side, at one size. */
export interface Point {
  readonly size: number;
  readonly threads: number;
  readonly ours: number;
  readonly theirs: number | null;
}

export interface Series {
  readonly name: string;
  readonly sizes: readonly number[];
  /** The name of the work, here and in `pytorch/growth.py`. */
  label(size: number): string;
  make(size: number): Step;
}

export const MATMUL: Series = {
  name: 'matmul',
  sizes: [16, 32, 64, 128, 256, 512, 1024, 2048],
  label: (n) => `matmul ${n}`,
  make: (n) => matmul(n)(),
};

export const BATCHES: Series = {
  name: 'LeNet step',
  sizes: [1, 2, 4, 8, 16, 32, 64, 128, 256],
  label: (batch) => `LeNet step, batch ${batch}`,
  make: (batch) => lenetStep(batch)(),
};

/** Minima, because they say what the work costs when nobody else has the processor. */
export async function measure(
  series: Series,
  size: number,
  threads: number,
  peer: Peer | null,
  rounds: number,
): Promise<Point> {
  setNumThreads(threads);
  const step = series.make(size);
  const label = series.label(size);
  warmUp(step);
  await peer?.time(label, 5);
  const repetitions = repetitionsOf(step);
  let [ours, theirs] = [Infinity, Infinity];
  for (let round = 0; round < rounds; round++) {
    ours = Math.min(ours, ...time(step, repetitions));
    if (peer !== null) theirs = Math.min(theirs, ...(await peer.time(label, repetitions)));
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { size, threads, ours, theirs: peer === null ? null : theirs };
}
