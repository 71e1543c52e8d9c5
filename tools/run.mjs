/** How the tools here start other programs. Only Node's own modules: these run before anything is installed. */
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The environment for child processes: without colour codes when nobody watches. */
export function environment() {
  if (process.stdout.isTTY) return process.env;
  const { FORCE_COLOR, ...rest } = process.env;
  return { ...rest, NO_COLOR: '1' };
}

/**
 * Runs a program to its end, its output going straight to ours.
 * @returns whether it ended with exit code 0.
 */
export function run(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: environment(),
    ...options,
  });
  if (error) console.error(`${command}: ${error.message}`);
  else if (signal) console.error(`${command}: ended by ${signal}`);
  return status === 0;
}

/** Runs a JavaScript file with this Node. Installed tools go this way too: npx would add half a second to each. */
export function runNode(script, ...args) {
  return run(process.execPath, [script, ...args]);
}

/** Where the tools that the workspace installs are started. */
export const bin = {
  biome: 'node_modules/@biomejs/biome/bin/biome',
  depcruise: 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
  tsc: 'node_modules/typescript/bin/tsc',
  vitest: 'node_modules/vitest/vitest.mjs',
};

/** Whether this module is the program that Node was asked to run. */
export function isMain(url) {
  return process.argv[1] === fileURLToPath(url);
}
