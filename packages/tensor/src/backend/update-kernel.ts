import type { DType } from '../dtype.js';

/**
 * An optimizer's update as data: one definition for one element, from which the cpu backend compiles one pass over
 * memory. Another backend may compile its own kernels from the same lines.
 */
export interface UpdateKernel {
  /** For messages, such as `adam`. */
  readonly name: string;
  /** Tensors that the update reads and writes; the first is the parameter and is always there. */
  readonly writes: readonly string[];
  /** Tensors that it only reads. */
  readonly reads: readonly string[];
  /** Numbers and booleans that are the same for every element. */
  readonly values: readonly string[];
  /**
   * JavaScript statements for one element, over variables of all these names; of the outside they may use `Math` alone, and `tiny`, the
   * smallest normal number of the parameter's dtype.
   * Zeros, booleans and absent tensors (which read as 0) are compiled in as constants, so that `if (weight_decay !== 0)`
   * and `if (nesterov)` cost nothing in the loop.
   */
  readonly each: string;
}

/** What `tiny` is in an update of float32 or float64 parameters, as `torch.finfo(dtype).tiny`. */
export const tinyOf = (dtype: DType): number => (dtype === 'float64' ? 2 ** -1022 : 2 ** -126);
