import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** gpu.js itself, loaded on the first call: it takes tens of milliseconds that a program without a gpu should not pay. */
export function requireGpuJs(): unknown {
  return require('gpu.js');
}

/** An environment variable; undefined where it is not set or empty. */
export function environment(name: string): string | undefined {
  return process.env[name] || undefined;
}
