/** The line search of L-BFGS. */

/** What is known of the objective at one step size along the direction. */
export interface LinePoint<G> {
  /** Step size. */
  readonly t: number;
  readonly loss: number;
  /** Gradient at that point. */
  readonly grad: G;
  /** Its product with the direction: the slope of the loss along the line. */
  readonly slope: number;
}

/** Share of the decrease that the slope at the start promises which a step must bring, c₁. */
const SUFFICIENT_DECREASE = 1e-4;
/** Share of the slope at the start which the slope at the end may keep, c₂. */
const CURVATURE = 0.9;
/** Steps behind the first one, unless the caller wants fewer or more. */
const MOST_STEPS = 25;
/** An interval in which no parameter changes by more than this is a point. */
const SMALLEST_CHANGE = 1e-9;

/**
 * A step that satisfies the strong Wolfe conditions: first an interval is found that contains one, then it is narrowed
 * by cubic interpolation, as PyTorch (and minFunc) do it.
 *
 * Nocedal and Wright, Numerical Optimization, 2nd edition, algorithms 3.5 and 3.6;
 * https://www.cs.ubc.ca/~schmidtm/Software/minFunc.html
 *
 * @param at evaluates the objective at a step size
 * @param start the point at step size 0
 * @param first the step size to try first
 * @param size the largest element of the direction, absolute
 * @param mostSteps how many steps may be tried behind the first one
 * @returns the best point, and how often the objective was evaluated
 */
export function strongWolfe<G>(
  at: (t: number) => LinePoint<G>,
  start: LinePoint<G>,
  first: number,
  size: number,
  mostSteps: number = MOST_STEPS,
): { readonly point: LinePoint<G>; readonly evaluations: number } {
  const tooHigh = ({ t, loss }: LinePoint<G>): boolean => loss > start.loss + SUFFICIENT_DECREASE * t * start.slope;
  const isFlat = ({ slope }: LinePoint<G>): boolean => Math.abs(slope) <= -CURVATURE * start.slope;

  let steps = 0;
  let previous = start;
  let point = at(first);
  let ends: [LinePoint<G>, LinePoint<G>] | null = null;
  while (steps < mostSteps) {
    const risen = tooHigh(point) || (steps > 1 && point.loss >= previous.loss);
    if (!risen && isFlat(point)) return { point, evaluations: steps + 1 };
    if (risen || point.slope >= 0) {
      ends = [previous, point];
      break;
    }
    const next = cubicMinimum(previous, point, point.t + 0.01 * (point.t - previous.t), point.t * 10);
    previous = point;
    point = at(next);
    steps++;
  }
  ends ??= [start, point];

  let low = lower(ends);
  let closeToEnd = false;
  while (steps < mostSteps && !(Math.abs(ends[1].t - ends[0].t) * size < SMALLEST_CHANGE)) {
    const left = Math.min(ends[0].t, ends[1].t);
    const right = Math.max(ends[0].t, ends[1].t);
    let t = cubicMinimum(ends[0], ends[1], left, right);
    const margin = 0.1 * (right - left);
    if (Math.min(right - t, t - left) < margin) {
      // twice in a row beside an end, or on it: a step away from it, so that the interval shrinks
      if (closeToEnd || t >= right || t <= left) {
        t = Math.abs(t - right) < Math.abs(t - left) ? right - margin : left + margin;
        closeToEnd = false;
      } else closeToEnd = true;
    } else closeToEnd = false;

    point = at(t);
    steps++;
    const high = low === 0 ? 1 : 0;
    if (tooHigh(point) || point.loss >= ends[low].loss) {
      ends[high] = point;
      low = lower(ends);
    } else if (isFlat(point)) {
      ends[low] = point;
      break;
    } else {
      if (point.slope * (ends[high].t - ends[low].t) >= 0) ends[high] = ends[low];
      ends[low] = point;
    }
  }
  return { point: ends[low], evaluations: steps + 1 };
}

const lower = (ends: readonly [LinePoint<unknown>, LinePoint<unknown>]): 0 | 1 =>
  ends[0].loss <= ends[1].loss ? 0 : 1;

/** Where the cubic through two losses and slopes has its minimum, within bounds; the middle of them where it has none. */
function cubicMinimum(a: LinePoint<unknown>, b: LinePoint<unknown>, least: number, most: number): number {
  const [left, right] = a.t <= b.t ? [a, b] : [b, a];
  const d1 = a.slope + b.slope - (3 * (a.loss - b.loss)) / (a.t - b.t);
  const square = d1 * d1 - a.slope * b.slope;
  if (!(square >= 0)) return (least + most) / 2;
  const d2 = Math.sqrt(square);
  const t = right.t - (right.t - left.t) * ((right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2));
  return Math.min(Math.max(t, least), most);
}
