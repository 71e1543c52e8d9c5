/** How work is cut into blocks. */
import { threadLimits } from './limits.js';
import type { Argument, Kernel, Pool, Varying } from './pool.js';

/** Blocks for each thread, so that one that was held up can leave some to the others. */
export const BLOCKS_PER_THREAD = 4;

/**
 * Units (elements, rows, planes) a block, where results do not depend on the cut; all of them where the work is too small to share.
 * @param elements of one unit
 * @param multiple of which blocks are
 */
export function unitsPerBlock(pool: Pool, units: number, elements: number, multiple = 1): number {
  if (units * elements < threadLimits.leastShared || pool.threads === 1) return units;
  const even = Math.ceil(units / (BLOCKS_PER_THREAD * pool.threads));
  return Math.ceil(Math.max(even, threadLimits.leastBlock / elements) / multiple) * multiple;
}

/** The argument that says how many units a block has: so many, and in the last what is left. */
export const unitsOf = (units: number, perBlock: number): Varying => ({
  base: units,
  perBlock: -perBlock,
  most: perBlock,
});

/** An address that moves on by so many bytes from block to block. */
export const addressOf = (base: number, perBlock: number): Varying => ({ base, perBlock });

/**
 * Calls a kernel once, or for blocks of its units.
 * @param elements of one unit
 * @param args the kernel's arguments for so many units a block
 */
export function share(
  pool: Pool,
  kernel: Kernel,
  units: number,
  elements: number,
  args: (size: Argument, perBlock: number) => readonly Argument[],
): void {
  const perBlock = unitsPerBlock(pool, units, elements);
  if (perBlock >= units) kernel.run(...args(units, 0).map((arg) => (typeof arg === 'number' ? arg : arg.base)));
  else {
    const calls = [{ kernel, args: args(unitsOf(units, perBlock), perBlock) }];
    pool.run({ blocks: Math.ceil(units / perBlock), calls });
  }
}
