import { availableParallelism } from 'node:os';
import { loadBlas } from './blas.js';
import { collectGarbage } from './garbage.js';
import { openLiving } from './living.js';
import { useLargePages } from './pages.js';
import type { Platform } from './platform.js';
import { warn } from './warn.js';
import { startWorker } from './worker.js';

/** Node: environment variables, warnings on stderr, the system's BLAS through the optional dependency koffi, worker threads, large pages. */
export const platform: Platform = {
  processors: availableParallelism(),
  env: (name) => process.env[name],
  warn,
  collectGarbage,
  openLiving,
  startWorker,
  useLargePages,
  loadBlas,
};
