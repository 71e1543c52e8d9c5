/** A PyTorch process that times what it is told to, one request at a time, so that both sides take turns. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../pytorch/workloads.py', import.meta.url));

/** A Python that has PyTorch, or null. `TORCHLET_PYTHON` names another interpreter. */
export function findPython(): string | null {
  const candidates = [process.env.TORCHLET_PYTHON, 'python3', '/usr/bin/python3'].filter((x) => x !== undefined);
  return candidates.find((p) => spawnSync(p, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0) ?? null;
}

export class Peer {
  private constructor(
    private readonly child: ChildProcess,
    private readonly lines: AsyncIterator<string>,
    /** PyTorch's version. */
    readonly version: string,
    /** The GPU that it computes on; null for none. */
    readonly device: string | null,
  ) {}

  /**
   * Starts PyTorch, or returns null where no Python has it.
   * @param core the kernels that OpenBLAS uses on this side, so that it uses the same ones there
   */
  static async start(threads: number, core: string | null, script: string = SCRIPT): Promise<Peer | null> {
    const python = findPython();
    if (python === null) return null;
    // PyTorch's own setting does not reach OpenBLAS
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      OPENBLAS_NUM_THREADS: String(threads),
      OMP_NUM_THREADS: String(threads),
    };
    if (core !== null) env.OPENBLAS_CORETYPE ??= core;
    const child = spawn(python, [script, String(threads)], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const hello = (await Peer.read(lines)) as { torch: string; device?: string | null };
    return new Peer(child, lines, hello.torch, hello.device ?? null);
  }

  private static async read(lines: AsyncIterator<string>): Promise<unknown> {
    const line = await lines.next();
    if (line.done) throw new Error('the PyTorch process ended early');
    return JSON.parse(line.value);
  }

  /** Milliseconds of each repetition. */
  async time(name: string, repetitions: number): Promise<number[]> {
    this.child.stdin?.write(`${name}\t${repetitions}\n`);
    return (await Peer.read(this.lines)) as number[];
  }

  stop(): void {
    this.child.stdin?.end();
  }
}
