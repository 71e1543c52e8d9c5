import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** An IDX file of unsigned bytes. */
export function idxBytes(shape: readonly number[], data: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  bytes.set([0, 0, 0x08, shape.length]);
  const view = new DataView(bytes.buffer);
  shape.forEach((size, i) => {
    view.setUint32(4 + 4 * i, size);
  });
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}

/** `count` images of 28 × 28: pixel p of image i is (i * 7 + p) mod 256. */
export function imageBytes(count: number): Uint8Array {
  return Uint8Array.from({ length: count * 784 }, (_, at) => (Math.floor(at / 784) * 7 + (at % 784)) % 256);
}

/** Runs `test` in a fresh folder, which is removed afterwards. */
export function inFolder(test: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'torchlet-data-'));
  try {
    test(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export interface MnistFiles {
  count?: number;
  labels?: readonly number[];
  prefix?: 'train' | 't10k';
  /** Between `images` and `idx3-ubyte`. */
  separator?: '-' | '.';
  gz?: boolean;
}

/** Writes an image and a label file; label i is i mod 10 unless given. Returns their paths. */
export function writeMnist(folder: string, options: MnistFiles = {}): { images: string; labels: string } {
  const { count = 12, prefix = 'train', separator = '-', gz = false } = options;
  const labels = options.labels ?? Array.from({ length: count }, (_, i) => i % 10);
  const write = (name: string, bytes: Uint8Array): string => {
    const path = join(folder, gz ? `${name}.gz` : name);
    writeFileSync(path, gz ? gzipSync(bytes) : bytes);
    return path;
  };
  return {
    images: write(`${prefix}-images${separator}idx3-ubyte`, idxBytes([count, 28, 28], imageBytes(count))),
    labels: write(`${prefix}-labels${separator}idx1-ubyte`, idxBytes([labels.length], labels)),
  };
}
