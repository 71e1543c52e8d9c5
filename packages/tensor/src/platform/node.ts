import * as fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { crc32 as zlibCrc32 } from 'node:zlib';
import type { ByteSource } from '../serialization/byte-source.js';

/** CRC-32 of `bytes`, continuing from `previous`. */
export function crc32(bytes: Uint8Array, previous = 0): number {
  return zlibCrc32(bytes, previous);
}

/** Opens a file for reading; one that nobody has closed is closed when nobody can any more. Errors of the system pass. */
export function openFile(path: string): ByteSource & { close(): void } {
  const fd = fs.openSync(path, 'r');
  let isOpen = true;
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    fs.closeSync(fd);
  };
  try {
    const stat = fs.fstatSync(fd);
    if (!stat.isFile()) throw Object.assign(new Error('not a regular file'), { code: 'ENOTFILE' });
    const file = {
      size: stat.size,
      read: (offset: number, length: number, buffer?: Uint8Array) => readExactly(fd, offset, length, buffer),
      close,
    };
    forgotten.register(file, close);
    return file;
  } catch (error) {
    close();
    throw error;
  }
}

const forgotten = new FinalizationRegistry<() => void>((close) => close());

function readExactly(fd: number, offset: number, length: number, buffer?: Uint8Array): Uint8Array {
  const bytes = buffer?.subarray(0, length) ?? new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const count = fs.readSync(fd, bytes, done, length - done, offset + done);
    if (count === 0) throw Object.assign(new Error('the file became shorter while it was read'), { code: 'ETRUNC' });
    done += count;
  }
  return bytes;
}

let serial = 0;

/**
 * Writes a file so that at every moment either the old or the whole new one is there: the chunks go to a temporary
 * file in the same folder, which is flushed to the disk and then renamed. On any error the temporary file is removed
 * and the error passes through. A symbolic link is followed; an existing file keeps its permissions.
 */
export function replaceFile(path: string, chunks: Iterable<Uint8Array>): void {
  const existing = fs.statSync(path, { throwIfNoEntry: false });
  if (existing !== undefined && !existing.isFile()) {
    throw Object.assign(new Error('not a regular file'), { code: 'ENOTFILE' });
  }
  const target = existing === undefined ? path : fs.realpathSync(path);
  removeAbandoned(target);
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}-${Date.now()}-${serial++}.tmp`);
  const fd = fs.openSync(temporary, 'wx', existing?.mode ?? 0o666);
  try {
    try {
      for (const chunk of chunks) writeAll(fd, chunk);
      if (existing !== undefined) fs.fchmodSync(fd, existing.mode);
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(temporary, target);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(dirname(target));
}

/** How long a temporary file must have been left alone, lest a process of another machine still writes it. */
const ABANDONED_MS = 3_600_000;

/** Removes the temporary files of this target that processes left which were killed. */
function removeAbandoned(target: string): void {
  const prefix = `.${basename(target)}.`;
  try {
    for (const name of fs.readdirSync(dirname(target))) {
      const pid = name.startsWith(prefix) ? /^(\d+)-\d+-\d+\.tmp$/.exec(name.slice(prefix.length))?.[1] : undefined;
      if (pid === undefined || isAlive(Number(pid))) continue;
      const file = join(dirname(target), name);
      if (Date.now() - fs.statSync(file).mtimeMs > ABANDONED_MS) fs.rmSync(file, { force: true });
    }
  } catch {
    // Tidying only: what can really not be done shows when the file is written.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function writeAll(fd: number, chunk: Uint8Array): void {
  for (let done = 0; done < chunk.length; ) done += fs.writeSync(fd, chunk, done, chunk.length - done);
}

/** Makes the renaming itself durable. Some systems (Windows, some network disks) cannot; the file is whole anyway. */
function syncFolder(folder: string): void {
  try {
    const fd = fs.openSync(folder, 'r');
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    // Durability of the name only; nothing to repair and nothing to report.
  }
}
