/**
 * What a thread needs in order to take its share of a task. build.mjs compiles this file, which therefore imports nothing, once
 * more into the program of the worker threads: `serve` is what runs there.
 *
 * A task is a list of calls, made for each of its blocks. Blocks do not depend on the number of threads; each thread first takes
 * those of its own part, in order, so that from task to task it finds the same part of the data in its cache, and then
 * what the others have left.
 */

/** Words of the control memory, as 32-bit integers; below THREADS there is a line of LINE words for each thread. */
export const CONTROL = { open: 0, threads: 1, mainWaits: 2 } as const;
export const LINE = 16;
const THREADS = 16;
/** The most threads there can be, the caller's included. */
export const MOST_THREADS = 64;
/** Words of a thread's line: blocks taken of its part; its signal; whether it sleeps; its state; blocks it has run. */
const TAKEN = 0;
const SIGNAL = 1;
const ASLEEP = 2;
const STATE = 3;
const DONE = 4;
export const STATES = { starting: 0, idle: 1, working: 2, failed: 3, gone: 4 } as const;

const MESSAGE_WORD = THREADS + MOST_THREADS * LINE;
const MESSAGE_BYTES = 512;
const TASK_WORD = MESSAGE_WORD + MESSAGE_BYTES / 4;
/** Numbers that describe a task at most. */
export const TASK_NUMBERS = 4096;
/** Bytes of the control memory. */
export const CONTROL_BYTES: number = 4 * TASK_WORD + 8 * TASK_NUMBERS;

/** Numbers by which a task gives an argument: base, per block, per turn, per thread, at most. */
export const ARGUMENT_NUMBERS = 5;

/** Takes numbers and gives a number or nothing. */
export type KernelFunction = (...args: number[]) => unknown;

/** Control memory, seen by all threads. */
export class Control {
  readonly words: Int32Array;
  readonly task: Float64Array;
  private readonly text: Uint8Array;

  constructor(readonly buffer: SharedArrayBuffer) {
    this.words = new Int32Array(buffer);
    this.task = new Float64Array(buffer, 4 * TASK_WORD, TASK_NUMBERS);
    this.text = new Uint8Array(buffer, 4 * MESSAGE_WORD, MESSAGE_BYTES);
  }

  private word(thread: number, field: number): number {
    return THREADS + thread * LINE + field;
  }

  state(thread: number): number {
    return Atomics.load(this.words, this.word(thread, STATE));
  }

  /** Wakes the caller if it sleeps until the state changes. */
  setState(thread: number, state: number): void {
    Atomics.store(this.words, this.word(thread, STATE), state);
    if (Atomics.load(this.words, CONTROL.mainWaits) === 1) Atomics.notify(this.words, this.word(thread, STATE));
  }

  /** Sleeps until the thread has left the state, or so many milliseconds; false when these are over. */
  waitForState(thread: number, from: number, milliseconds: number): boolean {
    Atomics.store(this.words, CONTROL.mainWaits, 1);
    const outcome = Atomics.wait(this.words, this.word(thread, STATE), from, milliseconds);
    Atomics.store(this.words, CONTROL.mainWaits, 0);
    return outcome !== 'timed-out';
  }

  /** Calls a thread to the task. */
  signal(thread: number): void {
    Atomics.add(this.words, this.word(thread, SIGNAL), 1);
    if (Atomics.load(this.words, this.word(thread, ASLEEP)) === 1) {
      Atomics.notify(this.words, this.word(thread, SIGNAL));
    }
  }

  /** Returns with the next signal after `seen`: looks for it for so many milliseconds, then sleeps. */
  awaitSignal(thread: number, seen: number, milliseconds: number): number {
    const { words } = this;
    const at = this.word(thread, SIGNAL);
    const until = performance.now() + milliseconds;
    for (;;) {
      for (let i = 0; i < 200; i++) {
        const now = Atomics.load(words, at);
        if (now !== seen) return now;
      }
      if (performance.now() < until) continue;
      Atomics.store(words, this.word(thread, ASLEEP), 1);
      Atomics.wait(words, at, seen);
      Atomics.store(words, this.word(thread, ASLEEP), 0);
    }
  }

  /** Makes the task that lies in memory the one to be worked at, by so many threads. */
  open(threads: number): void {
    for (let thread = 0; thread < threads; thread++) Atomics.store(this.words, this.word(thread, TAKEN), 0);
    Atomics.store(this.words, CONTROL.threads, threads);
    Atomics.store(this.words, CONTROL.open, 1);
  }

  /** From now on nobody begins with the task any more. */
  close(): void {
    Atomics.store(this.words, CONTROL.open, 0);
  }

  get isOpen(): boolean {
    return Atomics.load(this.words, CONTROL.open) === 1;
  }

  get threads(): number {
    return Atomics.load(this.words, CONTROL.threads);
  }

  /** The next block of a thread's part that nobody has taken, counted from the part's beginning. */
  take(thread: number): number {
    return Atomics.add(this.words, this.word(thread, TAKEN), 1);
  }

  countBlock(thread: number): void {
    this.words[this.word(thread, DONE)]++;
  }

  blocksRun(thread: number): number {
    return Atomics.load(this.words, this.word(thread, DONE));
  }

  setMessage(message: string): void {
    this.text.fill(0);
    for (let i = 0; i < Math.min(message.length, MESSAGE_BYTES); i++) this.text[i] = message.charCodeAt(i) & 0x7f;
  }

  get message(): string {
    const end = this.text.indexOf(0);
    return String.fromCharCode(...this.text.slice(0, end < 0 ? MESSAGE_BYTES : end));
  }
}

interface Call {
  readonly run: KernelFunction;
  /** Those that are the same for each block and turn stand here from the beginning. */
  readonly args: number[];
  /** Which of them are not: their index, and where they stand in the task. */
  readonly varying: readonly { readonly index: number; readonly at: number }[];
  /** Where the address for the result stands, or −1. */
  readonly resultAt: number;
}

/** A task as {@link Control} holds it: blocks, turns in all, turns a block; then the calls. */
class Reader {
  readonly blocks: number;
  private readonly calls: Call[] = [];
  private readonly turns: number;
  private readonly turnsPerBlock: number;

  constructor(
    private readonly task: Float64Array,
    private readonly thread: number,
    private readonly doubles: Float64Array,
    kernel: (id: number) => KernelFunction,
  ) {
    this.blocks = task[0];
    this.turns = task[1];
    this.turnsPerBlock = task[2];
    let at = 4;
    for (let i = 0; i < task[3]; i++) {
      const count = task[at + 1];
      const hasResult = task[at + 2] === 1;
      const args = new Array<number>(count).fill(0);
      const varying: { index: number; at: number }[] = [];
      const first = at + 3;
      for (let index = 0; index < count; index++) {
        const place = first + index * ARGUMENT_NUMBERS;
        if (task[place + 1] !== 0 || task[place + 2] !== 0) varying.push({ index, at: place });
        else args[index] = this.value(place, 0, 0);
      }
      const end = first + count * ARGUMENT_NUMBERS;
      this.calls.push({ run: kernel(task[at]), args, varying, resultAt: hasResult ? end : -1 });
      at = end + (hasResult ? ARGUMENT_NUMBERS : 0);
    }
  }

  private value(at: number, block: number, turn: number): number {
    const t = this.task;
    const more = t[at + 1] * block + t[at + 2] * turn + t[at + 3] * this.thread;
    // a base of −0 or NaN stays what it is
    const value = more === 0 ? t[at] : t[at] + more;
    const number = value > t[at + 4] ? t[at + 4] : value;
    // what comes out of a Float64Array is an object on the heap, an integer is not
    const integer = number | 0;
    return Object.is(integer, number) ? integer : number;
  }

  run(block: number): void {
    const turns = Math.min(this.turnsPerBlock, this.turns - block * this.turnsPerBlock);
    for (let turn = 0; turn < turns; turn++) {
      for (const { run, args, varying, resultAt } of this.calls) {
        for (const { index, at } of varying) args[index] = this.value(at, block, turn);
        const result = run(...args);
        if (resultAt >= 0) this.doubles[this.value(resultAt, block, turn) / 8] = result as number;
      }
    }
  }
}

/** Runs blocks of the open task until none is left. */
export function takePart(
  control: Control,
  thread: number,
  doubles: Float64Array,
  kernel: (id: number) => KernelFunction,
): void {
  const reader = new Reader(control.task, thread, doubles, kernel);
  const { threads } = control;
  for (let i = 0; i < threads; i++) {
    const owner = (thread + i) % threads;
    const first = Math.floor((reader.blocks * owner) / threads);
    const count = Math.floor((reader.blocks * (owner + 1)) / threads) - first;
    for (let taken = control.take(owner); taken < count; taken = control.take(owner)) {
      reader.run(first + taken);
      control.countBlock(thread);
    }
  }
}

type NativeGemm = (
  order: number,
  transA: number,
  transB: number,
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: number,
  lda: number,
  b: number,
  ldb: number,
  beta: number,
  c: number,
  ldc: number,
) => void;

/** C's `cblas_sgemm` on row-major matrices in the shared memory, which begins at `base`. */
export const nativeGemm =
  (gemm: NativeGemm, base: number): KernelFunction =>
  (transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) =>
    gemm(101, 111 + transA, 111 + transB, m, n, k, alpha, base + a, lda, base + b, ldb, beta, base + c, ldc);

/**
 * How a worker gets at a kernel: an export of the kernels' own module, `run` of a module compiled later, or {@link nativeGemm} of a
 * native library.
 */
export interface KernelMessage {
  readonly id: number;
  readonly name?: string;
  readonly module?: object;
  readonly native?: {
    readonly koffi: string;
    readonly library: string;
    readonly prototype: string;
    readonly base: number;
  };
}

/** What a worker is started with. */
export interface WorkerData {
  readonly control: SharedArrayBuffer;
  readonly thread: number;
  readonly memory: { readonly buffer: ArrayBufferLike };
  readonly module: object;
  /** Milliseconds for which an idle worker looks for work before it sleeps. */
  readonly patience: number;
}

interface Port {
  postMessage(message: unknown): void;
}

/** Node's `worker_threads`, as far as it is used here. */
interface WorkerThreads {
  readonly workerData: WorkerData;
  readonly parentPort: Port | null;
  receiveMessageOnPort(port: Port): { readonly message: KernelMessage } | undefined;
}

interface Wasm {
  Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, KernelFunction>> };
}

interface Koffi {
  load(path: string): { func(prototype: string): NativeGemm };
}

/** The kernels of a worker, each known since its message came. */
function kernelsOf(threads: WorkerThreads, require: (path: string) => unknown): (id: number) => KernelFunction {
  const { workerData, parentPort, receiveMessageOnPort } = threads;
  const { memory, module } = workerData;
  const { WebAssembly } = globalThis as unknown as { WebAssembly: Wasm };
  const imports = { env: { memory } };
  const own = new WebAssembly.Instance(module, imports).exports;
  const known: KernelFunction[] = [];
  const learn = ({ id, name, module: compiled, native }: KernelMessage): void => {
    if (name !== undefined) known[id] = own[name];
    else if (native !== undefined) {
      const { koffi, library, prototype, base } = native;
      known[id] = nativeGemm((require(koffi) as Koffi).load(library).func(prototype), base);
    } else known[id] = new WebAssembly.Instance(compiled as object, imports).exports.run;
  };
  return (id) => {
    while (known[id] === undefined) {
      const received = receiveMessageOnPort(parentPort as Port);
      if (received === undefined) throw new Error(`kernel ${id} is unknown`);
      learn(received.message);
    }
    return known[id];
  };
}

/** A worker's whole life. */
export function serve(threads: WorkerThreads, require: (path: string) => unknown): void {
  const { thread, patience, memory, control: buffer } = threads.workerData;
  const control = new Control(buffer);
  const { process } = globalThis as unknown as { process: { on(event: 'exit', listener: () => void): void } };
  process.on('exit', () => {
    if (control.state(thread) !== STATES.failed) control.setState(thread, STATES.gone);
  });
  try {
    const kernel = kernelsOf(threads, require);
    const doubles = new Float64Array(memory.buffer);
    control.setState(thread, STATES.idle);
    for (let seen = 0; ; ) {
      seen = control.awaitSignal(thread, seen, patience);
      // from here on nobody changes the task, unless it was closed before
      control.setState(thread, STATES.working);
      if (control.isOpen && thread < control.threads) takePart(control, thread, doubles, kernel);
      control.setState(thread, STATES.idle);
    }
  } catch (error) {
    control.setMessage(String(error));
    control.setState(thread, STATES.failed);
  }
}
