import { DataError } from '@torchlet/tensor';
import type { Platform } from './platform.js';

function noFiles(path: string): never {
  throw new DataError(
    `${path}: cannot be read: there is no file system here; fetch the bytes, parse them with parseIdx and build a TensorDataset`,
  );
}

export const platform: Platform = {
  isFile: noFiles,
  join: (folder, ...names) => [folder, ...names].join('/'),
  readFile: noFiles,
  gunzip() {
    throw new DataError('gzip: cannot be unpacked here; use DecompressionStream');
  },
  nextTurn: () => new Promise((resolve) => setTimeout(resolve, 0)),
};
