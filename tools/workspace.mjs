/** The folders of the workspace. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.mjs';

/** The same as `packages` in pnpm-workspace.yaml; a name without a star is a member itself. */
const patterns = ['packages/*', 'examples/*', 'bench', 'tools/*'];

function expand(pattern) {
  if (!pattern.endsWith('/*')) return [pattern];
  const parent = pattern.slice(0, -2);
  if (!existsSync(join(root, parent))) return [];
  const entries = readdirSync(join(root, parent), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => `${parent}/${entry.name}`);
}

/** Every folder that is a package, relative to the root, sorted. */
export function members() {
  const folders = patterns.flatMap(expand).sort();
  return folders.filter((folder) => existsSync(join(root, folder, 'package.json')));
}

/** Every TypeScript project that is built, relative to the root; the compiler finds their order by their references. */
export function projects() {
  return members().filter((folder) => existsSync(join(root, folder, 'tsconfig.json')));
}
