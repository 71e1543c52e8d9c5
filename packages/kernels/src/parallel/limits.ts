/** What decides which work threads share, and when they start, sleep and count as dead; changed only by tests. */
export const threadLimits: {
  leastShared: number;
  leastBlock: number;
  leastProduct: { blas: number; wasm: number };
  startAfter: number;
  patience: number;
  silence: number;
} = {
  /** Elements that pay for calling other threads. */
  leastShared: 1 << 16,
  /** Elements of a block at least: fewer are done before a block has been handed out. */
  leastBlock: 1 << 13,
  /** Multiplications of a matrix product that pay for calling other threads. */
  leastProduct: { blas: 1 << 21, wasm: 1 << 20 },
  /** Milliseconds: threads start when the work that they could have shared has taken as long as starting them does. */
  startAfter: 20,
  /** Milliseconds for which an idle worker looks for work; calling a sleeping one takes a hundred times as long. */
  patience: 1,
  /** Milliseconds after which a worker that has begun with a block and not ended it counts as dead. */
  silence: 20_000,
};
