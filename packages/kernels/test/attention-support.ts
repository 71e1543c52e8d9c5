import type { AttentionShape, FloatArray, Heads } from '../src/index.js';
import { numbers } from './support.js';

/** Numbers of each head of a matrix, and where they lie. */
export interface Matrices {
  readonly heads: Heads;
  readonly at: (batch: number, head: number, row: number, column: number) => number;
}

/** How the heads of a tensor lie: one after the other; side by side in each row; so and behind and before other elements. */
export type Layout = 'apart' | 'side by side' | 'packed';

/** What lies beside the elements. */
export const GUARD = 77;

/** `[rows, columns]` for each head. */
export function matrices(
  { batch, heads }: Pick<AttentionShape, 'batch' | 'heads'>,
  rows: number,
  columns: number,
  layout: Layout,
  make: (values: ArrayLike<number>) => FloatArray,
  seed: number,
): Matrices {
  const outside = layout === 'packed' ? columns + 3 : 0;
  const line = heads * columns + 2 * outside;
  const together = layout !== 'apart';
  const [batchStride, headStride, rowStride] = together
    ? [rows * line, columns, line]
    : [heads * rows * columns, rows * columns, columns];
  const array = make(new Array<number>(batch * batchStride).fill(GUARD));
  const at = (b: number, h: number, i: number, j: number): number =>
    outside + b * batchStride + h * headStride + i * rowStride + j;
  const values = numbers(batch * heads * rows * columns, seed);
  for (const [b, h, i, j] of indices(batch, heads, rows, columns)) array[at(b, h, i, j)] = 2 * (values.pop() as number);
  return { heads: { array, offset: outside, batchStride, headStride, rowStride }, at };
}

export function* indices(...sizes: number[]): Generator<number[]> {
  const [size, ...rest] = sizes;
  for (let i = 0; i < size; i++) {
    if (rest.length === 0) yield [i];
    else for (const others of indices(...rest)) yield [i, ...others];
  }
}

/** The definition, in double precision: results in the order of the indices. */
export function naiveAttention(
  s: AttentionShape,
  q: Matrices,
  k: Matrices,
  v: Matrices,
  mask: Matrices | null,
): { weights: number[]; out: number[] } {
  const [weights, out]: number[][] = [[], []];
  for (const [b, h, i] of indices(s.batch, s.heads, s.queries)) {
    const scores = Array.from({ length: s.keys }, (_, j) => {
      if (s.causal && j > i) return Number.NEGATIVE_INFINITY;
      let sum = 0;
      for (let e = 0; e < s.width; e++) sum += q.heads.array[q.at(b, h, i, e)] * k.heads.array[k.at(b, h, j, e)];
      return s.scale * sum + (mask === null ? 0 : mask.heads.array[mask.at(b, h, i, j)]);
    });
    const top = scores.reduce((a, x) => Math.max(a, x));
    const each = scores.map((x) => (top === Number.NEGATIVE_INFINITY ? 0 : Math.exp(x - top)));
    const total = each.reduce((a, x) => a + x) || 1;
    const row = each.map((x) => x / total);
    weights.push(...row);
    for (let e = 0; e < s.valueWidth; e++)
      out.push(row.reduce((sum, w, j) => (w === 0 ? sum : sum + w * v.heads.array[v.at(b, h, j, e)]), 0));
  }
  return { weights, out };
}

/** The gradients of Σ out · grad by the textbook's sums, in double precision. */
export function naiveGradients(
  s: AttentionShape,
  q: Matrices,
  k: Matrices,
  v: Matrices,
  weights: readonly number[],
  grad: Matrices,
): { q: number[]; k: number[]; v: number[] } {
  const of = (m: Matrices, ...index: [number, number, number, number]): number => m.heads.array[m.at(...index)];
  const problems = [...indices(s.batch, s.heads)];
  const zeros = (rows: number, columns: number): number[] =>
    new Array<number>(problems.length * rows * columns).fill(0);
  const result = { q: zeros(s.queries, s.width), k: zeros(s.keys, s.width), v: zeros(s.keys, s.valueWidth) };
  problems.forEach(([b, h], p) => {
    for (let i = 0; i < s.queries; i++) {
      const w = weights.slice((p * s.queries + i) * s.keys, (p * s.queries + i + 1) * s.keys);
      const dw = w.map((_, j) => {
        let sum = 0;
        for (let e = 0; e < s.valueWidth; e++) sum += of(grad, b, h, i, e) * of(v, b, h, j, e);
        return sum;
      });
      const mean = w.reduce((sum, x, j) => sum + x * dw[j], 0);
      w.forEach((x, j) => {
        const slope = s.scale * x * (dw[j] - mean);
        for (let e = 0; e < s.width; e++) {
          result.q[(p * s.queries + i) * s.width + e] += slope * of(k, b, h, j, e);
          result.k[(p * s.keys + j) * s.width + e] += slope * of(q, b, h, i, e);
        }
        for (let e = 0; e < s.valueWidth; e++)
          result.v[(p * s.keys + j) * s.valueWidth + e] += x * of(grad, b, h, i, e);
      });
    }
  });
  return result;
}

/** The elements in the order of the indices. */
export const elementsOf = (
  { heads: { array }, at }: Matrices,
  { batch, heads }: AttentionShape,
  rows: number,
  columns: number,
): number[] => Array.from(indices(batch, heads, rows, columns), ([b, h, i, j]) => array[at(b, h, i, j)]);
