/** Attention, handed to `@torchlet/kernels` as it lies in memory. */
import {
  type AttentionShape,
  attentionBackward,
  attentionForward,
  type FloatArray,
  type Heads,
} from '@torchlet/kernels';
import type { AttentionParams, View } from '../backend.js';

function shapeOf(q: View, k: View, v: View, { scale, causal }: AttentionParams): AttentionShape {
  const [batch, heads, queries, width] = q.shape;
  return { batch, heads, queries, keys: k.shape[2], width, valueWidth: v.shape[3], scale, causal };
}

function heads({ storage, offset, shape, strides }: View): Heads {
  // the step from a single row to the next is anything
  const rowStride = shape[2] === 1 ? shape[3] : strides[2];
  return { array: storage.buffer as FloatArray, offset, batchStride: strides[0], headStride: strides[1], rowStride };
}

const optional = (view: View | null): Heads | null => (view === null ? null : heads(view));

export function forward(
  q: View,
  k: View,
  v: View,
  mask: View | null,
  params: AttentionParams,
  weights: View | null,
  out: View,
): void {
  const shape = shapeOf(q, k, v, params);
  attentionForward(shape, heads(q), heads(k), heads(v), optional(mask), optional(weights), heads(out));
}

export function backward(
  q: View,
  k: View,
  v: View,
  params: AttentionParams,
  weights: View,
  grad: View,
  outs: readonly [q: View | null, k: View | null, v: View | null],
): void {
  const [gradQ, gradK, gradV] = outs.map(optional);
  const shape = shapeOf(q, k, v, params);
  attentionBackward(shape, heads(q), heads(k), heads(v), heads(weights), heads(grad), gradQ, gradK, gradV);
}
