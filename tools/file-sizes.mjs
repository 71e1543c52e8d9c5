/** Files that have grown too long to read in one go. Aim at 300 lines; more than 350 needs a reason, given here. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMain, root } from './run.mjs';

const limit = 350;

/** path → why it may be longer. An entry that is no longer needed is an error too. */
const reasons = {
  'packages/optim/test/errors.test.ts': 'every refusal of the package with its message, to be read as one table',
};

const skipped = new Set(['node_modules', 'dist', 'generated', 'fixtures', 'runs', 'coverage']);
const source = /[.](ts|mts|mjs|js|py)$/;

function* sources(folder) {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!skipped.has(entry.name) && !entry.name.startsWith('.')) yield* sources(path);
    } else if (source.test(entry.name)) yield path;
  }
}

function lines(path) {
  const text = readFileSync(join(root, path), 'utf8');
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

/** Prints what is wrong; @returns whether nothing is. */
export function checkFileSizes() {
  const long = new Map([...sources('')].map((path) => [path, lines(path)]).filter(([, count]) => count > limit));
  const problems = [...long]
    .filter(([path]) => !Object.hasOwn(reasons, path))
    .map(([path, count]) => `${path}: ${count} lines; split it at ${limit} or give a reason in tools/file-sizes.mjs`);
  for (const path of Object.keys(reasons)) {
    if (!long.has(path)) problems.push(`${path}: not longer than ${limit} lines; remove its reason`);
  }
  for (const problem of problems) console.error(problem);
  return problems.length === 0;
}

if (isMain(import.meta.url)) process.exitCode = checkFileSizes() ? 0 : 1;
