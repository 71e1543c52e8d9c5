import type { Problem } from './problems.js';
import type { Run } from './race.js';

/** One row for each optimizer: its runs on the problems in turn, null where it cannot take one. */
export type Results = readonly (readonly (Run | null)[])[];

/** Steps to the tolerance and the rate at which they were taken, as Markdown. */
export function table(problems: readonly Problem[], names: readonly string[], results: Results): string {
  const heads = problems.map(({ title, tolerance }) => `${title}, to ${exponent(tolerance)}`);
  const rows = results.map((runs, i) => [names[i], ...runs.map((run, j) => cell(run, problems[j].steps))]);
  return [['optimizer', ...heads], heads.reduce((row) => [...row, '--:'], [':--']), ...rows]
    .map((row) => `| ${row.join(' | ')} |\n`)
    .join('');
}

/** `183 (lr 0.01)`, `> 2000 (lr 0.01)`, `–`. */
function cell(run: Run | null, limit: number): string {
  if (run === null) return '–';
  return `${run.reached ?? `> ${limit}`} (lr ${run.lr})`;
}

const exponent = (x: number): string => x.toExponential().replace('e-', 'e−');
