/** Builds what is stale: the kernels' WebAssembly as a module, then every package and example. */
import { install } from './install.mjs';
import { bin, isMain, runNode } from './run.mjs';
import { projects } from './workspace.mjs';

/** @returns whether everything is built. */
export function build() {
  return runNode('packages/kernels/build.mjs') && runNode(bin.tsc, '-b', ...projects());
}

if (isMain(import.meta.url)) process.exitCode = install() && build() ? 0 : 1;
