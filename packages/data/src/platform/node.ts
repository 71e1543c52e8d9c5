import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DataError } from '@torchlet/tensor';
import type { Platform } from './platform.js';

export const platform: Platform = {
  isFile: (path) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false,
  join,
  readFile(path) {
    try {
      return readFileSync(path);
    } catch (error) {
      throw new DataError(`${path}: cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    }
  },
  gunzip: (bytes) => gunzipSync(bytes),
  nextTurn: () => new Promise((resolve) => setImmediate(resolve)),
};
