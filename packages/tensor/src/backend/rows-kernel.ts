/**
 * Work along the last dimension as data: the same passes over every row, such as softmax. From one definition the cpu
 * backend compiles loops in JavaScript, which are the reference, and WebAssembly SIMD.
 */
export interface RowsPass {
  /** JavaScript statements for one element, over the names of matrices, numbers, values, and of earlier results. */
  readonly body: string;
  /** What the walk over the row finds out: sums and maxima of expressions, by name. */
  readonly results?: Readonly<Record<string, { readonly reduce: 'sum' | 'max'; readonly of: string }>>;
  /** Statements about the row behind the walk; `n` is the number of its elements. */
  readonly after?: string;
}

export interface RowsKernel {
  /** For messages. */
  readonly name: string;
  /** Matrices that are read. One row may stand for all: its step from row to row is 0. */
  readonly reads: readonly string[];
  /** Matrices that are written; what an earlier pass wrote may be read. */
  readonly writes: readonly string[];
  /** One number for each row, read and written. */
  readonly rowReads: readonly string[];
  readonly rowWrites: readonly string[];
  /** Numbers that are the same for all rows. */
  readonly values: readonly string[];
  readonly passes: readonly RowsPass[];
}
