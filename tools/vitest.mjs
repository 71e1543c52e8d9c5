/** Runs every vitest test and counts what came of them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { bin, root, runNode } from './run.mjs';

/**
 * @param {string[]} args vitest's own arguments, such as a part of a file name
 * @returns {{ passed: number, failed: number, skipped: number, failures: string[] }}
 */
export function runTests(args) {
  const folder = mkdtempSync(join(tmpdir(), 'torchlet-test-'));
  try {
    const file = join(folder, 'report.json');
    const ok = runNode(
      bin.vitest,
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
      ...args,
    );
    return count(readReport(file), ok);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

function count(report, ok) {
  if (report === null) return { passed: 0, failed: 1, skipped: 0, failures: ['tests: vitest wrote no report'] };
  const result = { passed: 0, failed: 0, skipped: 0, failures: [] };
  const fail = (text) => {
    result.failed += 1;
    result.failures.push(text);
  };
  for (const file of report.testResults) {
    const path = relative(root, file.name);
    const tests = file.assertionResults;
    for (const test of tests) {
      if (test.status === 'passed') result.passed += 1;
      else if (test.status === 'failed') fail([path, ...titles(test, path)].join(' > '));
      else result.skipped += 1;
    }
    // A file that cannot be loaded, or a hook that throws, fails without a failed test.
    if (file.status === 'failed' && !tests.some((test) => test.status === 'failed')) {
      fail(`${path}: ${firstLine(file.message) || 'failed outside its tests'}`);
    }
  }
  // An error that belongs to no file, such as a rejection nobody handled.
  if (!ok && result.failed === 0) fail('tests: vitest failed outside every test, see its output above');
  return result;
}

/** Type tests name their file once more, as the outermost title. */
function titles(test, path) {
  return [...test.ancestorTitles, test.title].filter((title) => title !== path);
}

function firstLine(text) {
  return (text ?? '').trim().split('\n')[0];
}
