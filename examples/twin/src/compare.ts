/** How far two runs are apart. */

/** What a run has come to. */
export interface Run {
  /** Of each batch. */
  losses: readonly number[];
  /** Percent of the test images. */
  accuracy: number;
}

/** Two runs of the same seed are the same run where they differ by no more than this. */
const LIMITS = [
  { name: 'the first 10 losses', steps: 10, limit: 1e-5 },
  { name: 'the first 100 losses', steps: 100, limit: 1e-3 },
] as const;
const ACCURACY_LIMIT = 0.3;

/** What is compared, the greatest difference, and whether that is little enough. */
export interface Verdict {
  name: string;
  difference: number;
  limit: number;
  ok: boolean;
}

export const differences = (a: Run, b: Run): number[] => a.losses.map((loss, i) => Math.abs(loss - b.losses[i]));

export function compare(a: Run, b: Run): Verdict[] {
  // A missing loss gives NaN, which is within no limit.
  const losses = LIMITS.map(({ name, steps, limit }) => {
    const difference = Math.max(...differences(a, b).slice(0, steps));
    return { name, difference, limit, ok: difference <= limit };
  });
  const difference = Math.abs(a.accuracy - b.accuracy);
  return [
    ...losses,
    { name: 'the test accuracy, in points', difference, limit: ACCURACY_LIMIT, ok: difference <= ACCURACY_LIMIT },
  ];
}

/** The steps that a table shows: 1 … 10, 20 … 100, 200 … and the last. */
export function shownSteps(count: number): number[] {
  const steps = Array.from({ length: count }, (_, i) => i + 1);
  return steps.filter((step) => step === count || step % 10 ** Math.floor(Math.log10(Math.max(step - 1, 1))) === 0);
}
