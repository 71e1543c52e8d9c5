/** Attention on arrays of any place and element type: matrix products, with plain loops between them. */
import { gemm } from '../gemm/gemm.js';
import { scratch } from '../scratch.js';
import type { FloatArray } from '../types.js';
import { type AttentionShape, type Heads, startOf } from './shape.js';

function eachHead({ batch, heads }: AttentionShape, run: (batch: number, head: number) => void): void {
  for (let b = 0; b < batch; b++) for (let h = 0; h < heads; h++) run(b, h);
}

/** `[rows, columns]` side by side, the same memory for all heads. */
function temporary<T extends FloatArray>(like: T, use: string, rows: number, columns: number): Heads<T> {
  return { array: scratch(like, use, rows * columns), offset: 0, batchStride: 0, headStride: 0, rowStride: columns };
}

export function forwardLoops<T extends FloatArray>(
  s: AttentionShape,
  q: Heads<T>,
  k: Heads<T>,
  v: Heads<T>,
  mask: Heads<T> | null,
  weights: Heads<T> | null,
  out: Heads<T>,
): void {
  const { queries, keys, width, valueWidth } = s;
  const w = weights ?? temporary(q.array, 'attention weights', queries, keys);
  eachHead(s, (b, h) => {
    const [qAt, kAt, vAt, at] = [q, k, v, w].map((x) => startOf(x, b, h));
    const { array, rowStride } = w;
    gemm(
      false,
      true,
      queries,
      keys,
      width,
      s.scale,
      q.array,
      qAt,
      q.rowStride,
      k.array,
      kAt,
      k.rowStride,
      0,
      array,
      at,
      rowStride,
    );
    for (let i = 0; i < queries; i++) {
      const row = at + i * rowStride;
      if (mask !== null) addRow(array, row, mask.array, startOf(mask, b, h) + i * mask.rowStride, keys);
      const seen = s.causal ? Math.min(i + 1, keys) : keys;
      softmaxRow(array, row, seen, mask !== null);
      array.fill(0, row + seen, row + keys);
    }
    const to = startOf(out, b, h);
    gemm(
      false,
      false,
      queries,
      valueWidth,
      keys,
      1,
      array,
      at,
      rowStride,
      v.array,
      vAt,
      v.rowStride,
      0,
      out.array,
      to,
      out.rowStride,
    );
  });
}

function addRow(to: FloatArray, at: number, from: FloatArray, fromAt: number, n: number): void {
  for (let j = 0; j < n; j++) to[at + j] += from[fromAt + j];
}

/** In place; zeros for nothing but −∞ where that is `allowed`, else NaN. */
function softmaxRow(x: FloatArray, at: number, n: number, allowed: boolean): void {
  let top = -Infinity;
  for (let j = at; j < at + n; j++) if (x[j] > top || Number.isNaN(x[j])) top = x[j];
  if (allowed && top === -Infinity) {
    x.fill(0, at, at + n);
    return;
  }
  let total = 0;
  for (let j = at; j < at + n; j++) {
    x[j] = Math.exp(x[j] - top);
    total += x[j];
  }
  for (let j = at; j < at + n; j++) x[j] /= total;
}

export function backwardLoops<T extends FloatArray>(
  s: AttentionShape,
  q: Heads<T>,
  k: Heads<T>,
  v: Heads<T>,
  w: Heads<T>,
  g: Heads<T>,
  gradQ: Heads<T> | null,
  gradK: Heads<T> | null,
  gradV: Heads<T> | null,
): void {
  const { queries, keys, width, valueWidth, scale } = s;
  const d = temporary(q.array, 'attention gradients', queries, keys);
  eachHead(s, (b, h) => {
    const [qAt, kAt, vAt, wAt, gAt] = [q, k, v, w, g].map((x) => startOf(x, b, h));
    if (gradV !== null) {
      const to = startOf(gradV, b, h);
      gemm(
        true,
        false,
        keys,
        valueWidth,
        queries,
        1,
        w.array,
        wAt,
        w.rowStride,
        g.array,
        gAt,
        g.rowStride,
        0,
        gradV.array,
        to,
        gradV.rowStride,
      );
    }
    if (gradQ === null && gradK === null) return;
    gemm(
      false,
      true,
      queries,
      keys,
      valueWidth,
      1,
      g.array,
      gAt,
      g.rowStride,
      v.array,
      vAt,
      v.rowStride,
      0,
      d.array,
      0,
      keys,
    );
    for (let i = 0; i < queries; i++) {
      softmaxGradRow(w.array, wAt + i * w.rowStride, d.array, i * keys, s.causal ? Math.min(i + 1, keys) : keys);
      if (s.causal) d.array.fill(0, i * keys + Math.min(i + 1, keys), (i + 1) * keys);
    }
    if (gradQ !== null) {
      const to = startOf(gradQ, b, h);
      gemm(
        false,
        false,
        queries,
        width,
        keys,
        scale,
        d.array,
        0,
        keys,
        k.array,
        kAt,
        k.rowStride,
        0,
        gradQ.array,
        to,
        gradQ.rowStride,
      );
    }
    if (gradK !== null) {
      const to = startOf(gradK, b, h);
      gemm(
        true,
        false,
        keys,
        width,
        queries,
        scale,
        d.array,
        0,
        keys,
        q.array,
        qAt,
        q.rowStride,
        0,
        gradK.array,
        to,
        gradK.rowStride,
      );
    }
  });
}

/** `d ← y · (d − Σ d · y)`. */
function softmaxGradRow(y: FloatArray, at: number, d: FloatArray, dAt: number, n: number): void {
  let total = 0;
  for (let j = 0; j < n; j++) total += d[dAt + j] * y[at + j];
  for (let j = 0; j < n; j++) d[dAt + j] = y[at + j] * (d[dAt + j] - total);
}
