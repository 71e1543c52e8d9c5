import { loadBlas } from './blas.js';
import { collectGarbage } from './garbage.js';
import type { Platform } from './platform.js';
import { warn } from './warn.js';

/** Node: environment variables, warnings on stderr, the system's BLAS through the optional dependency koffi. */
export const platform: Platform = { env: (name) => process.env[name], warn, collectGarbage, loadBlas };
