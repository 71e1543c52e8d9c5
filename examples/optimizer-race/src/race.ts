import type * as torch from 'torchlet';
import type { Point, Problem } from './problems.js';
import type { Racer } from './racers.js';

/** How an optimizer fared on a problem. */
export interface Run {
  readonly racer: Racer;
  readonly lr: number;
  /** The losses before each step and at the end. */
  readonly losses: readonly number[];
  /** Where they were measured, on a surface. */
  readonly path: readonly Point[];
  /** Steps until the tolerance was reached; null if it was not. */
  readonly reached: number | null;
}

/**
 * Lets an optimizer run until the problem's tolerance, for at most `limit` steps; null if it cannot take this problem.
 */
export function race(racer: Racer, problem: Problem, lr: number, limit: number = problem.steps): Run | null {
  const attempt = problem.begin(racer.sparse ?? false);
  if (attempt === null) return null;
  const optimizer = racer.make(attempt.params, lr);
  const losses: number[] = [];
  const path: Point[] = [];
  const closure = (): torch.Tensor => {
    optimizer.zero_grad();
    const loss = attempt.loss();
    loss.backward();
    return loss;
  };
  for (let step = 0; step <= limit; step++) {
    const point = attempt.position();
    if (point !== null) path.push(point);
    // what a step returns is the loss before it
    const loss = (step < limit ? optimizer.step(closure) : attempt.loss()).item();
    losses.push(loss);
    if (!Number.isFinite(loss)) break;
    if (loss <= problem.tolerance) return { racer, lr, losses, path, reached: step };
  }
  return { racer, lr, losses, path, reached: null };
}
