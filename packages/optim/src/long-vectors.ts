/** Walks over long vectors that find something out about all of their elements: sums and maxima. */
import type { Tensor } from '@torchlet/tensor';
import { partOf, type RowsKernel, runRows, vectorOf } from '@torchlet/tensor/internal';

/** Elements that contribute one number: vectors are cut into rows of so many, which threads share. */
const ROW = 1 << 13;
/** Up to so many are one row: threads would not share them, and a second call takes as long. */
const SHORT = 1 << 15;

type Reduction = { readonly reduce: 'sum' | 'max'; readonly of: string };

/** A kernel that finds sums and maxima over the elements of vectors. */
export const finding = (
  name: string,
  reads: readonly string[],
  results: Readonly<Record<string, Reduction>>,
): RowsKernel => ({
  name,
  reads,
  writes: [],
  rowReads: [],
  rowWrites: Object.keys(results),
  values: [],
  passes: [{ body: '', results }],
});

/** What the parts of vectors have contributed to one result. */
export type Parts = readonly Tensor[];

/**
 * Runs a kernel on equally long vectors. @returns for each of its row values what the rows found
 * @param into vectors that it writes
 */
export function walk(
  kernel: RowsKernel,
  vectors: readonly Tensor[],
  values: readonly number[] = [],
  into: readonly Tensor[] = [],
): Parts[] {
  const found: Tensor[][] = kernel.rowWrites.map(() => []);
  const run = (start: number, rows: number, columns: number): void => {
    const asRows = (x: Tensor): Tensor => partOf(x, start, [rows, columns]);
    const { numbers } = runRows(kernel, columns, vectors.map(asRows), [], values, into.map(asRows));
    numbers.forEach((x, i) => {
      found[i].push(x);
    });
  };
  const n = vectors[0].numel();
  const rest = n <= SHORT ? n : n % ROW;
  if (n > rest) run(0, (n - rest) / ROW, ROW);
  if (rest > 0) run(n - rest, 1, rest);
  return found;
}

/** The numbers of each result, from one look at all of them. */
export function numbersOf(results: readonly Parts[]): number[][] {
  const all = results.flat();
  const numbers = all.length === 0 ? [] : Array.from(vectorOf(all).toArray());
  let at = 0;
  return results.map((parts) => {
    const start = at;
    for (const part of parts) at += part.numel();
    return numbers.slice(start, at);
  });
}

export const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
/** NaN if there is one. */
export const greatest = (numbers: readonly number[]): number => Math.max(...numbers);
