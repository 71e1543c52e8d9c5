/** What the engine is doing at this moment, for those who keep something for the length of one backward pass. */
import type { Node } from './node.js';

/** One backward pass. */
export interface Pass {
  /** Whether a gradient that was asked for lies on a way through this node, which the pass has found. */
  isNeeded(node: Node): boolean;
}

/** `run` identifies the innermost backward pass; `node` is only kept while anomalies are looked for. */
export const running: { run: Pass | null; node: Node | null } = { run: null, node: null };
