/**
 * Attention of float32 in WebAssembly memory as tasks: each head's products and the softmax between them follow each other while its
 * numbers are in the cache. The functions return false, with nothing done, where that does not apply.
 */
import type { Call } from '../parallel/pool.js';
import type { AttentionShape, Heads } from './shape.js';
import { type Block, blocksOf, type Place, Work } from './work.js';

/** See `attentionForward`. */
export function forwardTask(
  s: AttentionShape,
  q: Heads,
  k: Heads,
  v: Heads,
  mask: Heads | null,
  weights: Heads | null,
  out: Heads,
): boolean {
  const { queries, keys, width, valueWidth } = s;
  const work = Work.begin(
    s,
    [[q, queries, width], [k, keys, width], [v, keys, valueWidth], mask && [mask, queries, keys]],
    [weights && [weights, queries, keys], [out, queries, valueWidth]],
  );
  if (work === null) return false;
  const [from, key, value, added, kept, to] = work.places as Place[];
  const w = kept ?? work.own;
  for (const block of blocksOf(s)) {
    const { first, queries: n, keys: m } = block;
    const scores = w.at(first);
    work.run(
      work.gemm(false, true, n, m, width, s.scale, from.at(first), from.step, key.at(0), key.step, 0, scores, w.step),
      softmaxOf(work, w, added, block),
      work.gemm(false, false, n, valueWidth, m, 1, scores, w.step, value.at(0), value.step, 0, to.at(first), to.step),
    );
  }
  work.end();
  return true;
}

function softmaxOf({ rows, shape }: Work, w: Place, mask: Place | null, { first, queries }: Block): Call {
  const { keys, causal } = shape;
  const [at, step] = [w.at(first), 4 * w.step];
  if (causal) return { kernel: rows.causalSoftmax, args: [queries, first + 1, at, step, keys] };
  if (mask === null) return { kernel: rows.softmax, args: [queries, keys, at, step] };
  return { kernel: rows.maskedSoftmax, args: [queries, keys, at, mask.at(first), step, 4 * mask.step] };
}

/** See `attentionBackward`. */
export function backwardTask(
  s: AttentionShape,
  q: Heads,
  k: Heads,
  v: Heads,
  weights: Heads,
  grad: Heads,
  gradQ: Heads | null,
  gradK: Heads | null,
  gradV: Heads | null,
): boolean {
  const { queries, keys, width, valueWidth } = s;
  const work = Work.begin(
    s,
    [
      [q, queries, width],
      [k, keys, width],
      [v, keys, valueWidth],
      [weights, queries, keys],
      [grad, queries, valueWidth],
    ],
    [gradQ && [gradQ, queries, width], gradK && [gradK, keys, width], gradV && [gradV, keys, valueWidth]],
  );
  if (work === null) return false;
  const [query, key, value, w, g] = work.places as Place[];
  const [toQ, toK, toV] = work.places.slice(5);
  const d = work.own;
  const blocks = blocksOf(s);
  // the last block sees most keys: it begins the sums of keys and values, which the others continue
  for (const { first, queries: n, keys: seen } of blocks.toReversed()) {
    const last = first + n === queries;
    const [m, keep] = last ? [keys, 0] : [seen, 1];
    const [y, dy, at] = [w.at(first), g.at(first), d.at(0)];
    const scores = toQ !== null || toK !== null;
    work.run(
      toV && work.gemm(true, false, m, valueWidth, n, 1, y, w.step, dy, g.step, keep, toV.at(0), toV.step),
      scores ? work.gemm(false, true, n, m, valueWidth, 1, dy, g.step, value.at(0), value.step, 0, at, d.step) : null,
      scores ? gradientOf(work, w, first, n, m) : null,
      toQ && work.gemm(false, false, n, width, m, s.scale, at, d.step, key.at(0), key.step, 0, toQ.at(first), toQ.step),
      toK &&
        work.gemm(
          true,
          false,
          m,
          width,
          n,
          s.scale,
          at,
          d.step,
          query.at(first),
          query.step,
          keep,
          toK.at(0),
          toK.step,
        ),
    );
  }
  work.end();
  return true;
}

function gradientOf({ rows, shape, own }: Work, w: Place, first: number, queries: number, keys: number): Call {
  const args = [w.at(first), own.at(0), 4 * w.step, 4 * own.step];
  return shape.causal
    ? { kernel: rows.causalGradient, args: [queries, first + 1, ...args, keys] }
    : { kernel: rows.gradient, args: [queries, keys, ...args] };
}
