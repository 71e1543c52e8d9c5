/** Kernels over rows, called with tensors. */
import type { RowsKernel } from '../backend/rows-kernel.js';
import { numelOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { allocateOutput, backend } from './kernel.js';

/** What a kernel wrote: tensors like the first one that it reads, and numbers of shape `[rows]`. */
export interface RowsResult {
  readonly written: Tensor[];
  readonly numbers: Tensor[];
}

/**
 * Runs a kernel over the last dimensions of `reads[0]`, `columns` elements a row. Reads of one dimension are a row for all.
 * @param into where to write: contiguous tensors like `reads[0]`, new ones unless given
 */
export function runRows(
  kernel: RowsKernel,
  columns: number,
  reads: readonly Tensor[],
  rowReads: readonly Tensor[] = [],
  values: readonly number[] = [],
  into?: readonly Tensor[],
): RowsResult {
  const [first] = reads;
  const { shape, dtype, device } = first;
  const rows = columns === 0 ? 0 : numelOf(shape) / columns;
  const asRows = (x: Tensor): Tensor => (x.numel() === columns && x !== first ? x.reshape(columns) : x).contiguous();
  const written = into?.slice() ?? kernel.writes.map(() => allocateOutput(shape, dtype, device));
  const numbers = kernel.rowWrites.map(() => allocateOutput([rows], dtype, device));
  backend(first).rows(
    kernel,
    rows,
    columns,
    reads.map(asRows),
    written,
    rowReads.map((x) => x.contiguous()),
    numbers,
    values,
  );
  if (into !== undefined) for (const x of written) x.versionCounter.version++;
  return { written, numbers };
}
