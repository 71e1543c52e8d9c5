/** What the engine is doing at this moment, for those who keep something for the length of one backward pass. */
import type { Node } from './node.js';

/** `run` identifies the innermost backward pass; `node` is only kept while anomalies are looked for. */
export const running: { run: object | null; node: Node | null } = { run: null, node: null };
