import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { platform } from '#platform';
import { info, setNumThreads, WorkerError } from '../src/index.js';
import { threadLimits } from '../src/parallel/limits.js';
import { type Kernel, Pool, type Task } from '../src/parallel/pool.js';
import type { StartWorker } from '../src/platform/platform.js';
import { branchIf, F64, I32, localGet, moduleOf } from '../src/simd/binary.js';
import { op } from '../src/simd/instructions.js';
import { compileKernel } from '../src/wasm/instance.js';
import { kernels, startThreads } from './parallel-support.js';

const { pool, memory } = kernels;
/** Here there are threads. */
const node = platform as { startWorker: StartWorker };
const usual = { ...threadLimits };
afterEach(() => {
  Object.assign(threadLimits, usual);
  vi.restoreAllMocks();
  setNumThreads(1);
});

const f64 = [...op.f64ConvertI32];
/** A kernel of one 32-bit integer, from WebAssembly code. */
const kernelOf = (code: readonly number[], results: readonly (typeof F64)[] = [F64]): Kernel =>
  compileKernel(kernels, moduleOf({ params: [I32], results, locals: [], code }));
const identity = kernelOf([...localGet(0), ...f64]);
/** Traps where its argument is not 0. */
const trap = kernelOf([...op.block, ...localGet(0), ...op.i32Eqz, ...branchIf(0), 0x00, ...op.end], []);
/** Never returns where its argument is not 0. */
const hang = kernelOf([...op.loop, ...localGet(0), ...branchIf(0), ...op.end], []);

/** Numbers by which a task fills memory: what the kernel returned for each block. */
function collect(task: Omit<Task, 'calls'>, arg: Task['calls'][number]['args'][number]): number[] {
  const [place] = memory.reserve([2 * task.blocks]);
  pool.run({ ...task, calls: [{ kernel: identity, args: [arg], result: { base: place, perBlock: 8 } }] });
  return [...memory.doubles.slice(place / 8, place / 8 + task.blocks)];
}

/** Gives every thread work for a while. */
function busy(kernel: Kernel): void {
  pool.run({ blocks: 4000, calls: [{ kernel, args: [{ base: 0, perThread: 1 }] }] });
}

/** Until the others have begun with the work, too. */
function busyUntil(kernel: Kernel): void {
  for (let i = 0; i < 2000; i++) busy(kernel);
  throw new Error('no other thread took part');
}

describe('a task', () => {
  it.each([1, 2, 3, 8])('runs every block once on %i threads', (threads) => {
    if (threads === 1) setNumThreads(1);
    else startThreads(threads);
    for (const blocks of [1, 2, 3, 7, 64, 1001]) {
      const squares = Array.from({ length: blocks }, (_, i) => 3 + 5 * i);
      expect(collect({ blocks }, { base: 3, perBlock: 5 })).toEqual(squares);
    }
  });

  it('gives arguments by block, turn and thread, and no more than the most', () => {
    setNumThreads(1);
    expect(collect({ blocks: 4 }, 7)).toEqual([7, 7, 7, 7]);
    expect(collect({ blocks: 4 }, { base: 10, perBlock: -3, most: 5 })).toEqual([5, 5, 4, 1]);
    expect(collect({ blocks: 3 }, { base: 1, perThread: 100 })).toEqual([1, 1, 1]);
    // three turns in the last block: the result of the last turn stays
    const turns = { total: 11, perBlock: 4 };
    expect(collect({ blocks: 3, turns }, { base: 0, perBlock: 10, perTurn: 1 })).toEqual([3, 13, 22]);
  });

  it('is shared', () => {
    startThreads(2);
    const [, before] = pool.blocksRun;
    for (let i = 0; i < 2000 && pool.blocksRun[1] === before; i++) busy(identity);
    expect(pool.blocksRun[1]).toBeGreaterThan(before);
  });

  it('refuses more numbers than it can hold', () => {
    const calls = Array.from({ length: 400 }, () => ({ kernel: identity, args: [1, 2, 3] }));
    expect(() => pool.run({ blocks: 1, calls })).toThrow('the task is too long');
  });
});

describe('threads', () => {
  it('start only when the work pays for them', () => {
    const start = vi.spyOn(node, 'startWorker').mockImplementation(() => ({ post: () => {}, stop: () => {} }));
    setNumThreads(2);
    const other = new Pool(memory.memory, {});
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const slow = other.kernel(() => {
      now += threadLimits.startAfter / 5;
    }, {});
    const work = (): void => other.run({ blocks: 2, calls: [{ kernel: slow, args: [] }] });
    for (let i = 0; i < 3; i++) work();
    expect(start).not.toHaveBeenCalled();
    work();
    expect(start).toHaveBeenCalledOnce();
  });

  it('are one where a caller cannot wait for others', () => {
    setNumThreads(4);
    expect(info().threads).toBe(4);
    vi.spyOn(platform, 'startWorker', 'get').mockReturnValue(null);
    expect(info().threads).toBe(1);
    expect(collect({ blocks: 3 }, { base: 0, perBlock: 1 })).toEqual([0, 1, 2]);
  });

  it('are one where none can be started, with a warning', () => {
    const warn = vi.spyOn(platform, 'warn').mockImplementation(() => {});
    vi.spyOn(node, 'startWorker').mockImplementation(() => {
      throw new Error('not permitted');
    });
    threadLimits.startAfter = 0;
    setNumThreads(9);
    expect(collect({ blocks: 9 }, { base: 0, perBlock: 1 })).toHaveLength(9);
    expect(warn.mock.calls).toEqual([
      ['A worker thread of the kernels failed: not permitted. Kernels go on on one thread.'],
    ]);
    expect(info().threads).toBe(1);
    expect(setNumThreads(9)).toBe(9);
  });
});

describe('a worker that fails', () => {
  const goesOn = (): void => {
    expect(info().threads).toBe(1);
    expect(collect({ blocks: 5 }, { base: 0, perBlock: 1 })).toEqual([0, 1, 2, 3, 4]);
    startThreads(2);
    expect(info().threads).toBe(2);
    expect(collect({ blocks: 5 }, { base: 0, perBlock: 1 })).toEqual([0, 1, 2, 3, 4]);
  };

  it('is an error, after which work goes on', () => {
    startThreads(2);
    expect(() => busyUntil(trap)).toThrow(WorkerError);
    goesOn();
    startThreads(2);
    expect(() => busyUntil(trap)).toThrow(
      'A worker thread of the kernels failed: RuntimeError: unreachable. The result is incomplete; kernels go on on one thread.',
    );
  });

  it('is an error when it has hung for long', () => {
    startThreads(2);
    threadLimits.silence = 300;
    expect(() => busyUntil(hang)).toThrow(/failed: it has not answered for 0[.]3 seconds[.] The result is incomplete/);
    goesOn();
  });

  it('is no error when it died between tasks', async () => {
    const workers: Worker[] = [];
    const warn = vi.spyOn(platform, 'warn').mockImplementation(() => {});
    setNumThreads(1);
    // a fresh pair of threads, whose worker is at hand
    startThreads(2);
    expect(() => busyUntil(trap)).toThrow(WorkerError);
    vi.spyOn(node, 'startWorker').mockImplementation((program, workerData, onEnd) => {
      const worker = new Worker(program, { eval: true, workerData, execArgv: [] });
      workers.push(worker);
      worker.on('exit', onEnd);
      return { post: (message) => worker.postMessage(message), stop: () => void worker.terminate() };
    });
    startThreads(2);
    expect(workers).toHaveLength(1);
    await workers[0].terminate();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(warn.mock.calls).toEqual([
      ['A worker thread of the kernels failed: it has ended. Kernels go on on one thread.'],
    ]);
    goesOn();
    await workers[1].terminate();
  });
});
