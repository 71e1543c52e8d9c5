import type { Platform } from './platform.js';

/** No environment, no native libraries, and no threads: a page must not wait for them. */
export const platform: Platform = {
  processors: 1,
  env: () => undefined,
  warn: (message) => console.warn(message),
  collectGarbage: null,
  openLiving: () => null,
  startWorker: null,
  useLargePages: () => false,
  loadBlas: () => null,
};
