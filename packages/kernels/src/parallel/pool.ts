/** Worker threads behind a synchronous interface: the caller works too, and returns when all of the task is done. */
import { platform } from '#platform';
import type { WorkerThread } from '../platform/platform.js';
import { wantedThreads } from '../threads.js';
import type { SharedMemory } from '../wasm/memory.js';
import { program } from './generated/worker.js';
import { threadLimits } from './limits.js';
import {
  ARGUMENT_NUMBERS,
  CONTROL_BYTES,
  Control,
  type KernelFunction,
  type KernelMessage,
  MOST_THREADS,
  STATES,
  takePart,
  type WorkerData,
} from './task.js';

/** A worker thread failed or died in the middle of a task, whose results are therefore wrong. */
export class WorkerError extends Error {
  override readonly name = 'WorkerError';
}

/** A function over the shared memory that every thread has. */
export interface Kernel {
  readonly id: number;
  readonly run: KernelFunction;
}

/** A number that differs from call to call: base + block · perBlock + turn · perTurn + thread · perThread, at most `most`. */
export interface Varying {
  readonly base: number;
  readonly perBlock?: number;
  readonly perTurn?: number;
  readonly perThread?: number;
  readonly most?: number;
}
export type Argument = number | Varying;

export interface Call {
  readonly kernel: Kernel;
  readonly args: readonly Argument[];
  /** The address at which the kernel's result, a float64, is put. */
  readonly result?: Argument;
}

/** The same calls for each block; blocks are independent of each other, and so of who runs them and when. */
export interface Task {
  readonly blocks: number;
  /** Where the calls of a block are repeated: how often in all blocks together, and in each but the last. */
  readonly turns?: { readonly total: number; readonly perBlock: number };
  readonly calls: readonly Call[];
  /** Threads at most. */
  readonly threads?: number;
}

/** Slices of waiting, so that time in which the whole process stood still does not count. */
const SLICE = 100;
/** Looks at a worker's state before sleeping until it changes. */
const LOOKS = 10_000;

export class Pool {
  private control: Control = new Control(new SharedArrayBuffer(CONTROL_BYTES));
  private readonly workers: WorkerThread[] = [];
  private readonly messages: KernelMessage[] = [];
  private readonly table: KernelFunction[] = [];
  /** The kernels that the workers have been told of. */
  private readonly told = new Set<number>();
  private readonly doubles: Float64Array;
  private unshared = 0;
  private broken = false;

  constructor(
    private readonly memory: SharedMemory,
    private readonly module: object,
  ) {
    this.doubles = new Float64Array(memory.buffer);
  }

  /** Makes a function known under which the workers find it. */
  kernel(run: KernelFunction, source: Omit<KernelMessage, 'id'>): Kernel {
    const id = this.table.push(run) - 1;
    this.messages.push({ id, ...source });
    return { id, run };
  }

  /** Threads that a large task uses. */
  get threads(): number {
    return this.broken || platform.startWorker === null ? 1 : Math.min(wantedThreads(), MOST_THREADS);
  }

  /** After a failure threads are started again. */
  revive(): void {
    this.broken = false;
  }

  /** Blocks that each thread has run so far. */
  get blocksRun(): number[] {
    return Array.from({ length: 1 + this.workers.length }, (_, thread) => this.control.blocksRun(thread));
  }

  /** Whether the threads that a large task uses have all started. */
  get isReady(): boolean {
    const { threads } = this;
    if (this.workers.length < threads - 1) return false;
    for (let i = 1; i < threads; i++) if (this.control.state(i) === STATES.starting) return false;
    return true;
  }

  /** Runs the task to its end. Throws {@link WorkerError} when a worker failed in it. */
  run(task: Task): void {
    const wanted = Math.min(this.threads, task.blocks, task.threads ?? MOST_THREADS);
    const threads = wanted > 1 && this.hasWorkers(wanted) ? wanted : 1;
    if (threads > 1) for (const { kernel } of task.calls) this.tell(kernel.id);
    const { control } = this;
    writeTask(control.task, task);
    const begin = performance.now();
    control.open(threads);
    try {
      for (let i = 1; i < threads; i++) control.signal(i);
      takePart(control, 0, this.doubles, (id) => this.table[id]);
    } finally {
      control.close();
      this.gather(threads);
    }
    if (threads < wanted) this.unshared += performance.now() - begin;
  }

  /** Whether there are workers for so many threads; starts them when enough could have been shared. */
  private hasWorkers(threads: number): boolean {
    for (let i = 1; i <= this.workers.length; i++) {
      const reason = this.failureOf(i);
      if (reason !== null) this.lose(reason);
    }
    if (this.broken) return false;
    if (this.workers.length === 0 && this.unshared < threadLimits.startAfter) return false;
    try {
      while (this.workers.length < threads - 1) this.start();
      return true;
    } catch (error) {
      this.lose(error instanceof Error ? error.message : String(error));
      return false;
    }
  }

  private start(): void {
    const { memory, module, control } = this;
    const thread = this.workers.length + 1;
    const data: WorkerData = { control: control.buffer, thread, memory, module, patience: threadLimits.patience };
    const worker = platform.startWorker?.(program, data, () => {
      if (this.workers.includes(worker as WorkerThread)) this.lose('it has ended');
    });
    if (worker === undefined) throw new Error('there are no threads here');
    this.workers.push(worker);
    for (const id of this.told) worker.post(this.messages[id]);
  }

  private tell(id: number): void {
    if (this.told.has(id)) return;
    this.told.add(id);
    for (const worker of this.workers) worker.post(this.messages[id]);
  }

  /** Returns when no worker is at the task any more. */
  private gather(threads: number): void {
    let failure: string | null = null;
    for (let i = 1; i < threads; i++) {
      if (!this.waitFor(i)) failure ??= `it has not answered for ${threadLimits.silence / 1000} seconds`;
      else failure ??= this.failureOf(i);
    }
    if (failure === null) return;
    this.stop();
    throw new WorkerError(
      `A worker thread of the kernels failed: ${failure}. The result is incomplete; kernels go on on one thread.`,
    );
  }

  /** Whether the worker ended its block in time. */
  private waitFor(thread: number): boolean {
    const { control } = this;
    for (let i = 0; i < LOOKS && control.state(thread) === STATES.working; i++);
    for (let waited = 0; control.state(thread) === STATES.working; waited += SLICE) {
      if (waited >= threadLimits.silence) return false;
      control.waitForState(thread, STATES.working, SLICE);
    }
    return true;
  }

  private failureOf(thread: number): string | null {
    const state = this.control.state(thread);
    if (state === STATES.failed) return this.control.message;
    return state === STATES.gone ? 'it has ended' : null;
  }

  /** A worker is gone, but no result with it. */
  private lose(reason: string): void {
    this.stop();
    platform.warn(`A worker thread of the kernels failed: ${reason}. Kernels go on on one thread.`);
  }

  private stop(): void {
    this.broken = true;
    for (const worker of this.workers.splice(0)) worker.stop();
    this.told.clear();
    // the old one may still be written to
    this.control = new Control(new SharedArrayBuffer(CONTROL_BYTES));
  }
}

/** The task as numbers, in the order in which task.ts reads them. */
function writeTask(to: Float64Array, { blocks, turns, calls }: Task): void {
  to[0] = blocks;
  to[1] = turns?.total ?? blocks;
  to[2] = turns?.perBlock ?? 1;
  to[3] = calls.length;
  let at = 4;
  for (const { kernel, args, result } of calls) {
    if (at + 3 + (args.length + 1) * ARGUMENT_NUMBERS > to.length) throw new RangeError('the task is too long');
    to[at] = kernel.id;
    to[at + 1] = args.length;
    to[at + 2] = result === undefined ? 0 : 1;
    at += 3;
    for (const arg of args) at = writeArgument(to, at, arg);
    if (result !== undefined) at = writeArgument(to, at, result);
  }
}

function writeArgument(to: Float64Array, at: number, arg: Argument): number {
  const {
    base,
    perBlock = 0,
    perTurn = 0,
    perThread = 0,
    most = Infinity,
  } = typeof arg === 'number' ? { base: arg } : arg;
  to[at] = base;
  to[at + 1] = perBlock;
  to[at + 2] = perTurn;
  to[at + 3] = perThread;
  to[at + 4] = most;
  return at + ARGUMENT_NUMBERS;
}
