import type { Platform } from './platform.js';

/** No environment and no native libraries. */
export const platform: Platform = {
  env: () => undefined,
  warn: (message) => console.warn(message),
  collectGarbage: null,
  loadBlas: () => null,
};
