import { createHash } from 'node:crypto';
import { expect, vi } from 'vitest';
import { setNumThreads } from '../src/index.js';
import { threadLimits } from '../src/parallel/limits.js';
import { type WasmKernels, wasmKernels } from '../src/wasm/instance.js';
import { residentCopy } from './support.js';

// threads start late where other programs have the processors
vi.setConfig({ testTimeout: 60_000 });

export const kernels = wasmKernels() as WasmKernels;

/** Waits until that many threads are there; the first shared work starts them. */
export function startThreads(count: number): void {
  setNumThreads(count);
  threadLimits.startAfter = 0;
  const nothing = kernels.shared.clear;
  const end = performance.now() + 20_000;
  while (!kernels.pool.isReady) {
    kernels.pool.run({ blocks: count, calls: [{ kernel: nothing, args: [kernels.memory.geometry, 0] }] });
    if (performance.now() > end) throw new Error('the threads do not start');
  }
}

/** The results of the same work on 1, 2 and 3 threads, and the blocks that other threads than the caller ran in it. */
export function onThreads<T>(run: () => T): { results: T[]; shared: number } {
  const results: T[] = [];
  let shared = 0;
  for (const threads of [1, 2, 3]) {
    if (threads === 1) setNumThreads(1);
    else startThreads(threads);
    const [, ...before] = kernels.pool.blocksRun;
    results.push(run());
    const [, ...after] = kernels.pool.blocksRun;
    after.forEach((blocks, i) => {
      shared += blocks - (before[i] ?? 0);
    });
  }
  return { results, shared };
}

/** A name of the very bits of numbers, in which NaNs are equal and zeros have signs. */
export const bits = (array: Float32Array | Int32Array): string =>
  createHash('sha1')
    .update(Buffer.from(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength))
    .digest('hex');

/** Numbers of every kind, the same ones for the same seed. */
export function resident(length: number, seed: number): Float32Array {
  const array = residentCopy(new Float32Array(length));
  for (let i = 0; i < length; i++) array[i] = 3 * Math.sin(seed + i * 1.37) + (i % 97) / 50;
  return array;
}

/** Expects the same from all numbers of threads, and that they shared the work. */
export function expectSame(run: () => readonly (string | number)[]): void {
  let shared = 0;
  // the other threads may be late on a busy machine: then the work was not shared, and it is done again
  for (let attempt = 0; attempt < 200 && shared === 0; attempt++) {
    const seen = onThreads(run);
    for (const result of seen.results.slice(1)) expect(result).toEqual(seen.results[0]);
    shared = seen.shared;
  }
  expect(shared).toBeGreaterThan(0);
}
