import type { Platform } from './platform.js';

/** No environment and no native libraries. */
export const platform: Platform = {
  processors: 1,
  env: () => undefined,
  warn: (message) => console.warn(message),
  collectGarbage: null,
  openLiving: () => null,
  loadBlas: () => null,
};
