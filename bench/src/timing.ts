/** Times of repeated work. */
import type { Step } from './workloads/step.js';

/** A round lasts about as long on either side, whatever is timed. */
export const ROUND_MS = 100;

export const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1];

/** Milliseconds of each repetition. */
export function time(step: Step, repetitions: number): number[] {
  return Array.from({ length: repetitions }, () => {
    const start = performance.now();
    step();
    return performance.now() - start;
  });
}

/** Enough for buffers to be warm and for compilers to settle, which a second sees to also where a step is a thousand small operations. */
export function warmUp(step: Step): void {
  const end = performance.now() + 10 * ROUND_MS;
  for (let i = 0; i < 5 || performance.now() < end; i++) step();
}

/** How many repetitions make a round. */
export const repetitionsOf = (step: Step): number =>
  Math.max(3, Math.min(2000, Math.round(ROUND_MS / median(time(step, 5)))));
