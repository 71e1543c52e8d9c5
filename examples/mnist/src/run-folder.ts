import { accessSync, constants, existsSync, mkdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { save } from 'torchlet';
import writeFileAtomic from 'write-file-atomic';
import { RunError } from './errors.js';

/** The checkpoint's name in its folder. */
export const CHECKPOINT = 'net_params.pt';

/** The folder of a run: its checkpoint, its metrics and its curves. Each file is replaced as a whole or not at all. */
export class RunFolder {
  readonly checkpoint: string;
  readonly metrics: string;
  readonly curves: string;

  private constructor(readonly path: string) {
    this.checkpoint = join(path, CHECKPOINT);
    this.metrics = join(path, 'metrics.json');
    this.curves = join(path, 'curves.svg');
  }

  /**
   * Makes the folder and makes sure that it can be written to, before hours of training depend on it.
   * @param path the folder, which may exist; null for a new one in `parent`, named by the time
   * @throws {RunError} when nothing can be written there
   */
  static open(path: string | null, parent = 'runs'): RunFolder {
    return guard(path ?? parent, () => {
      const folder = new RunFolder(path ?? newFolder(parent, new Date()));
      makeFolder(folder.path);
      folder.probe();
      return folder;
    });
  }

  /** @throws when files cannot be made here, or those that will be written are no files */
  private probe(): void {
    accessSync(this.path, constants.W_OK | constants.X_OK);
    // Permissions are not everything: a disk may be mounted read-only, or full of names.
    const trial = join(this.path, `.trial-${process.pid}`);
    mkdirSync(trial);
    rmdirSync(trial);
    for (const file of [this.checkpoint, this.metrics, this.curves]) {
      if (statSync(file, { throwIfNoEntry: false })?.isFile() === false) throw new Error(`${file} is not a file`);
    }
  }

  /** @throws {SerializationError} when the file cannot be written; the old one is still there then */
  saveCheckpoint(state: object): void {
    save(state, this.checkpoint);
  }

  /** @throws {RunError} when the file cannot be written; the old one is still there then */
  saveMetrics(metrics: object): void {
    guard(this.metrics, () => writeFileAtomic.sync(this.metrics, `${JSON.stringify(metrics, null, 2)}\n`));
  }

  /** @throws {RunError} when the file cannot be written; the old one is still there then */
  saveCurves(svg: string): void {
    guard(this.curves, () => writeFileAtomic.sync(this.curves, svg));
  }
}

function guard<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (cause) {
    throw new RunError(`cannot write to ${path}: ${reason(cause)}`, { cause });
  }
}

/** Node's messages, "EACCES: permission denied, mkdir 'runs'", without the code and the call. */
function reason(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  if (code === 'EEXIST') return 'there is a file of that name';
  return code === undefined ? message : message.replace(`${code}: `, '').replace(/, \w+( '.*')?$/, '');
}

/** Like mkdir's `recursive`, which never returns in Node where nothing can be made in a folder that is there: /proc. */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  const parent = dirname(path);
  if (parent !== path && !existsSync(parent)) makeFolder(parent);
  mkdirSync(path);
}

/** Makes parent/2026-11-23T08-15-00, with a number behind it if that is taken. */
function newFolder(parent: string, now: Date): string {
  const name = join(parent, now.toISOString().slice(0, 19).replaceAll(':', '-'));
  makeFolder(parent);
  for (let i = 1; ; i++) {
    const path = i === 1 ? name : `${name}-${i}`;
    try {
      // Fails for a folder that is there, also if another run made it just now.
      mkdirSync(path);
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
