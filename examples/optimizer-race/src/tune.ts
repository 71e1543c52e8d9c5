import type { Problem } from './problems.js';
import { type Run, race } from './race.js';
import { RACERS, type Racer } from './racers.js';

/** 1, 2 and 5 · 10ⁿ up to 1. */
const RATES = [...[-4, -3, -2, -1].flatMap((n) => [1, 2, 5].map((digit) => Number(`${digit}e${n}`))), 1];

const rest = (run: Run): number => run.losses.at(-1) ?? Infinity;

/**
 * Of the rates at which the loss never rises above where it began, the one that arrives first or, where none does, comes
 * nearest. (Among all rates it would often be one whose jumps happened to end well.)
 */
function best(racer: Racer, problem: Problem): Run | null {
  let found: Run | null = null;
  for (const lr of RATES) {
    const limit: number = found?.reached ?? problem.steps;
    const run = race(racer, problem, lr, limit);
    if (run === null || !run.losses.every((loss) => loss <= run.losses[0])) continue;
    const faster = run.reached !== null && run.reached < (found?.reached ?? Infinity);
    const nearer = (found?.reached ?? null) === null && rest(run) < (found === null ? Infinity : rest(found));
    if (faster || nearer) found = run;
  }
  return found;
}

/** For each optimizer the best rates on the problems, as text. */
export function* tune(problems: readonly Problem[]): Generator<string> {
  for (const racer of RACERS) {
    const rates = problems.map((problem) => best(racer, problem));
    const cells = rates.map((run) => (run === null ? '–' : `${run.lr} (${run.reached ?? '–'})`));
    yield `${racer.name}: ${cells.join(', ')}`;
  }
}
