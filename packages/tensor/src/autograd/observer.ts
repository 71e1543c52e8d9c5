/** Somebody who watches the graph grow, run and be used, such as a recorder. Told only while anomaly mode is on. */
import type { UpdateKernel } from '../backend/update-kernel.js';
import type { Tensor } from '../tensor.js';
import type { Node } from './node.js';

/**
 * What is seen is the engine's own and may change or be given back right afterwards: an observer copies what it keeps, and
 * changes nothing.
 */
export interface Observer {
  /** A node has been made, and its operation is about to run. */
  called(node: Node, args: readonly unknown[]): void;
  /** The operation has run. */
  returned(node: Node, result: unknown): void;
  /** The node is about to turn these gradients of its outputs into gradients of its inputs. */
  running(node: Node, grads: readonly (Tensor | null)[]): void;
  /** It has done so; one for each of the node's edges. */
  ran(node: Node, results: readonly (Tensor | null)[]): void;
  /** An optimizer is about to change the tensors that the kernel writes; null where a variant does without one. */
  updating(
    kernel: UpdateKernel,
    tensors: Readonly<Record<string, Tensor | null>>,
    values: Readonly<Record<string, number | boolean>>,
  ): void;
}

export const observing: { observer: Observer | null } = { observer: null };
