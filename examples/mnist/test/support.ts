import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { datasets } from 'torchlet';

/** Where a test may write; give it to {@link removeFolder} in the end. */
export const makeFolder = (): string => mkdtempSync(join(tmpdir(), 'torchlet-mnist-'));

export const removeFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true });

/** A few generated digits. */
export const digits = (size: number, train: boolean): datasets.GeneratedDigits =>
  new datasets.GeneratedDigits({ size, train });

/** A few generated digits as the four MNIST files. */
export function writeDigits(folder: string, images: { train: number; test: number }): string {
  mkdirSync(folder, { recursive: true });
  for (const [prefix, train] of [
    ['train', true],
    ['t10k', false],
  ] as const) {
    const size = train ? images.train : images.test;
    const { data, targets } = digits(size, train);
    const write = (name: string, shape: number[], data: number[]): void =>
      writeFileSync(join(folder, `${prefix}-${name}-ubyte`), idx(shape, data));
    write('images-idx3', [size, 28, 28], data.flatten().tolist() as number[]);
    write('labels-idx1', [size], targets.tolist() as number[]);
  }
  return folder;
}

function idx(shape: readonly number[], data: readonly number[]): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint32(0, 0x0800 + shape.length);
  shape.forEach((size, i) => {
    header.setUint32(4 + 4 * i, size);
  });
  return Uint8Array.from([...new Uint8Array(header.buffer), ...data]);
}

/** How a program ended and what it printed. */
export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A running program. */
export interface Running {
  done: Promise<Outcome>;
  kill(signal: NodeJS.Signals): void;
  /** From now on nobody reads what it prints. */
  leave(): void;
}

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** Starts the program, from its sources, in the folder `cwd`. */
export function start(cwd: string, ...args: string[]): Running {
  const { FORCE_COLOR, DEBUG, NODE_OPTIONS, ...env } = process.env;
  const child = spawn(process.execPath, ['--conditions=@torchlet/source', '--import', tsx, main, ...args], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const done = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { done, kill: (signal) => child.kill(signal), leave: () => child.stdout.destroy() };
}

/** Runs it to its end. */
export const runMain = (cwd: string, ...args: string[]): Promise<Outcome> => start(cwd, ...args).done;
