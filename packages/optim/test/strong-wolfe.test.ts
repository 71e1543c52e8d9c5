/** The line search alone, on many objectives: every step that PyTorch tries, and the one it takes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LinePoint, strongWolfe } from '../src/strong-wolfe.js';
import { fixture } from './helpers.js';

interface Line {
  readonly slope: number;
  readonly curve: number;
  readonly wells: readonly (readonly number[])[];
  readonly quantum: number;
  readonly jump: number;
}

interface Case extends Line {
  readonly size: number;
  readonly first: number;
  readonly tried: number[];
  readonly t: number;
  readonly loss: number;
}

const { cases } = fixture<{ cases: Case[] }>('strong-wolfe');

/** As in tools/pytorch-golden/optim_strong_wolfe.py. */
function objective(line: Line, t: number): LinePoint<null> {
  let loss = line.slope * t + line.curve * t * t;
  let slope = line.slope + 2 * line.curve * t;
  for (const [weight, place, width] of line.wells) {
    const x = (t - place) / width;
    loss -= weight / (1 + x * x);
    slope += (2 * weight * x) / width / ((1 + x * x) * (1 + x * x));
  }
  if (line.quantum !== 0) loss = Math.floor(loss / line.quantum) * line.quantum;
  if (t > 1) loss += line.jump;
  return { t, loss, slope, grad: null };
}

const close = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-10 * Math.abs(b);

it.each(cases.map((c, i) => [i, c] as const))('objective %i', (_, { size, first, tried, t, loss, ...line }) => {
  const own: number[] = [];
  const { point, evaluations } = strongWolfe(
    (step) => {
      own.push(step);
      return objective(line, step);
    },
    objective(line, 0),
    first,
    size,
  );
  expect(evaluations).toBe(own.length);
  expect(own.length).toBe(tried.length);
  own.forEach((step, i) => {
    expect(close(step, tried[i]), `step ${i}: expected ${tried[i]}, got ${step}`).toBe(true);
  });
  expect(close(point.t, t), `expected to take ${t}, got ${point.t}`).toBe(true);
  expect(close(point.loss, loss) || Math.abs(point.loss - loss) < 1e-12).toBe(true);
});

describe('the law', () => {
  it('a step that is found satisfies both conditions, on every smooth objective that is bounded below', () => {
    const well = fc.tuple(
      fc.double({ min: -4, max: 4, noNaN: true }),
      fc.double({ min: -1, max: 4, noNaN: true }),
      fc.double({ min: 0.3, max: 2, noNaN: true }),
    );
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 2, noNaN: true }),
        fc.array(well, { maxLength: 3 }),
        fc.constantFrom(0.1, 1, 10),
        (curve, wells, first) => {
          const line = { slope: -1, curve, wells, quantum: 0, jump: 0 };
          const start = objective(line, 0);
          fc.pre(start.slope < -0.05);
          const { point, evaluations } = strongWolfe((t) => objective(line, t), start, first, 1);
          fc.pre(evaluations < 26);
          expect(point.loss).toBeLessThanOrEqual(start.loss + 1e-4 * point.t * start.slope);
          expect(Math.abs(point.slope)).toBeLessThanOrEqual(0.9 * Math.abs(start.slope));
        },
      ),
    );
  });
});
