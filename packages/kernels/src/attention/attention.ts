/** softmax(scale · Q · Kᵀ + mask) · V for each head, and its gradients, head by head while its numbers are in the cache. */
import { checkInteger } from '../checks.js';
import type { FloatArray } from '../types.js';
import { backwardLoops, forwardLoops } from './loops.js';
import { type AttentionShape, checkHeads, type Heads } from './shape.js';
import { backwardTask, forwardTask } from './task.js';

function checkSizes(op: string, s: AttentionShape): void {
  for (const name of ['batch', 'heads', 'queries', 'keys', 'width', 'valueWidth'] as const)
    checkInteger(op, name, s[name], 1);
}

/**
 * @param q `[queries, width]` for each head
 * @param k `[keys, width]`
 * @param v `[keys, valueWidth]`
 * @param mask `[queries, keys]`, added to the scaled products; a query for which all of it is −∞ gives zeros
 * @param weights `[queries, keys]` side by side, for the softmax, which the gradients need; null if nobody does
 * @param out `[queries, valueWidth]`, shares no memory with the others
 */
export function attentionForward<T extends FloatArray>(
  shape: AttentionShape,
  q: Heads<T>,
  k: Heads<T>,
  v: Heads<T>,
  mask: Heads<T> | null,
  weights: Heads<T> | null,
  out: Heads<T>,
): void {
  const op = 'attentionForward';
  checkSizes(op, shape);
  const { queries, keys, width, valueWidth } = shape;
  checkHeads(op, 'q', shape, q, queries, width);
  checkHeads(op, 'k', shape, k, keys, width);
  checkHeads(op, 'v', shape, v, keys, valueWidth);
  checkHeads(op, 'mask', shape, mask, queries, keys);
  checkHeads(op, 'weights', shape, weights, queries, keys);
  checkHeads(op, 'out', shape, out, queries, valueWidth);
  if (!forwardTask(shape, q, k, v, mask, weights, out)) forwardLoops(shape, q, k, v, mask, weights, out);
}

/**
 * The gradients of q, k and v, where wanted, from that of the result.
 * @param weights what `attentionForward` wrote
 * @param grad `[queries, valueWidth]` for each head
 */
export function attentionBackward<T extends FloatArray>(
  shape: AttentionShape,
  q: Heads<T>,
  k: Heads<T>,
  v: Heads<T>,
  weights: Heads<T>,
  grad: Heads<T>,
  gradQ: Heads<T> | null,
  gradK: Heads<T> | null,
  gradV: Heads<T> | null,
): void {
  const op = 'attentionBackward';
  checkSizes(op, shape);
  const { queries, keys, width, valueWidth } = shape;
  checkHeads(op, 'q', shape, q, queries, width);
  checkHeads(op, 'k', shape, k, keys, width);
  checkHeads(op, 'v', shape, v, keys, valueWidth);
  checkHeads(op, 'weights', shape, weights, queries, keys);
  checkHeads(op, 'grad', shape, grad, queries, valueWidth);
  checkHeads(op, 'gradQ', shape, gradQ, queries, width);
  checkHeads(op, 'gradK', shape, gradK, keys, width);
  checkHeads(op, 'gradV', shape, gradV, keys, valueWidth);
  if (backwardTask(shape, q, k, v, weights, grad, gradQ, gradK, gradV)) return;
  backwardLoops(shape, q, k, v, weights, grad, gradQ, gradK, gradV);
}
