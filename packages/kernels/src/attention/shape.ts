import { checkInteger, checkMatrix, checkSpan } from '../checks.js';
import type { FloatArray } from '../types.js';

/** The sizes of attention: `batch · heads` problems that have nothing to do with each other. None is zero. */
export interface AttentionShape {
  readonly batch: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  /** Elements of a query and of a key. */
  readonly width: number;
  readonly valueWidth: number;
  /** By which the products of queries and keys are multiplied. */
  readonly scale: number;
  /** Query `i` sees the keys `0 … i`. */
  readonly causal: boolean;
}

/** A matrix for each head: elements from one batch, head and row to the next; those of a row are side by side. */
export interface Heads<T extends FloatArray = FloatArray> {
  readonly array: T;
  readonly offset: number;
  readonly batchStride: number;
  readonly headStride: number;
  readonly rowStride: number;
}

export const startOf = (h: Heads, batch: number, head: number): number =>
  h.offset + batch * h.batchStride + head * h.headStride;

/** Throws a RangeError that names what lies outside of its array. */
export function checkHeads(
  op: string,
  name: string,
  { batch, heads }: AttentionShape,
  h: Heads | null,
  rows: number,
  columns: number,
): void {
  if (h === null) return;
  checkInteger(op, `${name}.batchStride`, h.batchStride, 0);
  checkInteger(op, `${name}.headStride`, h.headStride, 0);
  const last = startOf(h, batch - 1, heads - 1);
  // one row may stand for all of them
  if (h.rowStride === 0) checkSpan(op, name, h.array, last, columns);
  else checkMatrix(op, name, h.array, last, rows, columns, h.rowStride);
}
