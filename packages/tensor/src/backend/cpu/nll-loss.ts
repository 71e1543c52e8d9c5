/** Negative log likelihood: what a loop over the targets picks out of the log-probabilities. */
import type { TypedArray } from '../../dtype.js';
import { ValueError } from '../../errors.js';
import type { NllLossParams, View } from '../backend.js';
import { type Block, withBlock } from './block.js';
import { fill, type Packed, withPacked } from './strided.js';

/** Calls `run` with log-probabilities or their gradient as `[outer, classes, inner]`, and with the operands in row-major order. */
function withOperands(
  x: View,
  target: View,
  weight: View | null,
  run: (block: Block, ids: Packed, weights: Packed | null) => void,
): void {
  withBlock(x, [x.shape.length === 1 ? 0 : 1], (block) =>
    withPacked(weight === null ? [target] : [target, weight], (ids, weights) => run(block, ids, weights ?? null)),
  );
}

const weightOf = (weights: Packed | null, c: number): number =>
  weights === null ? 1 : weights.array[weights.offset + c];

export function forward(x: View, target: View, weight: View | null, params: NllLossParams, out: View): void {
  const { ignore_index, reduction } = params;
  const result = out.storage.buffer as TypedArray;
  withOperands(x, target, weight, (block, ids, weights) => {
    let sum = 0;
    let total = 0;
    for (let i = 0; i < block.outer * block.inner; i++) {
      const c = ids.array[ids.offset + i];
      let each = 0;
      if (c !== ignore_index) {
        const w = weightOf(weights, c);
        each = -w * block.array[placeOf(block, i, c)];
        total += w;
      }
      if (reduction === 'none') result[out.offset + i] = each;
      sum += each;
    }
    if (reduction !== 'none') result[out.offset] = reduction === 'sum' ? sum : sum / total;
  });
}

export function backward(grad: View, target: View, weight: View | null, params: NllLossParams, out: View): void {
  const { ignore_index, reduction } = params;
  const result = out.storage.buffer as TypedArray;
  fill(out, 0);
  withOperands(out, target, weight, (block, ids, weights) =>
    withPacked([grad], ({ array, offset }) => {
      const n = block.outer * block.inner;
      const step = reduction === 'none' ? 1 : 0;
      const total = reduction === 'mean' ? totalWeight(ids, n, weights, ignore_index) : 1;
      for (let i = 0; i < n; i++) {
        const c = ids.array[ids.offset + i];
        if (c === ignore_index) continue;
        result[placeOf(block, i, c)] = -weightOf(weights, c) * (array[offset + i * step] / total);
      }
    }),
  );
}

/**
 * The element of class `c` for target number `i`.
 * @throws ValueError for a class that does not exist: whoever changes targets behind the graph's back reaches no other memory by that.
 */
function placeOf({ offset, reduced: classes, inner }: Block, i: number, c: number): number {
  if (c < 0 || c >= classes) throw new ValueError(`nll_loss(): Target ${c} is out of bounds.`);
  return offset + (inner === 1 ? i * classes + c : (Math.floor(i / inner) * classes + c) * inner + (i % inner));
}

function totalWeight({ array, offset }: Packed, n: number, weights: Packed | null, ignored: number): number {
  let total = 0;
  for (let i = 0; i < n; i++) if (array[offset + i] !== ignored) total += weightOf(weights, array[offset + i]);
  return total;
}
