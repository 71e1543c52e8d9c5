/**
 * `npm test`: installs, then runs every check to its end, whatever the ones before it said, and ends with the line
 * `N passed, N failed`. It counts each test, and each other check as one.
 * `npm test -- lint types` runs only these; what follows a second `--` goes to vitest: `npm test -- tests -- packages/nn`.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.mjs';
import { compatibility } from './compatibility.mjs';
import { checkFileSizes } from './file-sizes.mjs';
import { install } from './install.mjs';
import { bin, root, runNode } from './run.mjs';
import { runTests } from './vitest.mjs';

/** In this order; each returns whether it passed, or the counts of what it ran. */
const checks = {
  build: { title: 'Build, with the types of every source', run: build },
  lint: {
    title: 'Lint and format',
    run: () => runNode(bin.biome, 'check', '--error-on-warnings', '--max-diagnostics=100', '.'),
  },
  types: { title: 'Types of tests, type tests and tools', run: () => runNode(bin.tsc, '-p', 'tsconfig.json') },
  layers: { title: 'Import cycles and layers', run: checkLayers },
  sizes: { title: 'File sizes', run: checkFileSizes },
  compatibility: { title: 'The page of supported names', run: () => compatibility(true) },
  tests: { title: 'Tests', run: runTests },
};

function checkLayers() {
  const folders = ['packages', 'examples', 'bench', 'tools'].filter((folder) => existsSync(join(root, folder)));
  return runNode(bin.depcruise, '--config', '.dependency-cruiser.mjs', ...folders);
}

function select(args) {
  const end = args.indexOf('--');
  const names = end < 0 ? args : args.slice(0, end);
  return { names: names.length > 0 ? names : Object.keys(checks), vitestArgs: end < 0 ? [] : args.slice(end + 1) };
}

async function runCheck(name, vitestArgs) {
  const { title, run } = checks[name];
  console.log(`\n== ${title} (${name})`);
  const begin = performance.now();
  const outcome = await run(vitestArgs);
  const counts = typeof outcome === 'boolean' ? countOne(outcome, `${name}: ${title}`) : outcome;
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  console.log(`${name}: ${counts.failed === 0 ? 'ok' : 'FAILED'} (${seconds} s)`);
  return counts;
}

function countOne(ok, failure) {
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0, failures: ok ? [] : [failure] };
}

function report(all) {
  const sum = (key) => all.reduce((total, counts) => total + counts[key], 0);
  const failures = all.flatMap((counts) => counts.failures);
  if (failures.length > 0) console.log(`\nFailed:\n${failures.map((failure) => `  ${failure}`).join('\n')}`);
  const skipped = sum('skipped');
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exitCode = sum('failed') > 0 ? 1 : 0;
}

async function main() {
  const { names, vitestArgs } = select(process.argv.slice(2));
  const unknown = names.filter((name) => !Object.hasOwn(checks, name));
  if (unknown.length > 0) {
    console.error(`There is no check ${unknown.join(', ')}; there are ${Object.keys(checks).join(', ')}.`);
    process.exitCode = 2;
  } else if (!install()) report([countOne(false, 'install: Dependencies')]);
  else {
    const counts = [];
    for (const name of names) counts.push(await runCheck(name, vitestArgs));
    report(counts);
  }
}

await main();
