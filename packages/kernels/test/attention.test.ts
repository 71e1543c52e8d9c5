import { describe, expect, it } from 'vitest';
import { type AttentionShape, attentionBackward, attentionForward } from '../src/index.js';
import { wasmKernels } from '../src/wasm/instance.js';
import {
  elementsOf,
  GUARD,
  indices,
  type Layout,
  matrices,
  naiveAttention,
  naiveGradients,
} from './attention-support.js';
import { floatTypes, residentCopy, worstError } from './support.js';

const shape = (given: Partial<AttentionShape>): AttentionShape => ({
  batch: 2,
  heads: 3,
  queries: 5,
  keys: 7,
  width: 4,
  valueWidth: 6,
  scale: 0.7,
  causal: false,
  ...given,
});

const shapes: [string, AttentionShape][] = [
  ['few queries', shape({})],
  ['more heads than batches', shape({ batch: 1, heads: 5, queries: 3 })],
  ['one query, one key', shape({ queries: 1, keys: 1, width: 1, valueWidth: 1 })],
  ['one query', shape({ queries: 1, keys: 130 })],
  ['causal', shape({ queries: 9, keys: 9, causal: true })],
  ['causal, more keys', shape({ queries: 6, keys: 11, causal: true })],
  ['causal, more queries', shape({ queries: 11, keys: 6, causal: true })],
  ['several blocks of queries', shape({ batch: 1, heads: 2, queries: 70, keys: 1100 })],
  ['causal, several blocks of queries', shape({ batch: 1, heads: 2, queries: 133, keys: 140, causal: true })],
  ['causal, several blocks, more queries', shape({ batch: 1, heads: 1, queries: 150, keys: 60, causal: true })],
];
const layouts: Layout[] = ['apart', 'side by side', 'packed'];

describe.each(floatTypes)('attention of %s', (_, make, tolerance) => {
  describe.each(layouts)('whose heads lie %s', (layout) => {
    it.each(shapes)('%s', (_name, s) => {
      const [q, k, v] = [
        matrices(s, s.queries, s.width, layout, make, 1),
        matrices(s, s.keys, s.width, layout, make, 2),
        matrices(s, s.keys, s.valueWidth, layout, make, 3),
      ];
      const out = matrices(s, s.queries, s.valueWidth, layout, make, 4);
      const weights = matrices(s, s.queries, s.keys, 'apart', make, 5);
      const want = naiveAttention(s, q, k, v, null);
      attentionForward(s, q.heads, k.heads, v.heads, null, weights.heads, out.heads);
      const written = elementsOf(out, s, s.queries, s.valueWidth);
      expect(worstError(written, want.out)).toBeLessThan(4 * tolerance);
      expect(worstError(elementsOf(weights, s, s.queries, s.keys), want.weights)).toBeLessThan(4 * tolerance);
      expect(guards(out.heads.array)).toBe(out.heads.array.length - written.length);
      // the same without a place for the weights
      out.heads.array.fill(GUARD);
      attentionForward(s, q.heads, k.heads, v.heads, null, null, out.heads);
      expect(elementsOf(out, s, s.queries, s.valueWidth)).toEqual(written);

      const grad = matrices(s, s.queries, s.valueWidth, layout, make, 6);
      const gradients = naiveGradients(s, q, k, v, want.weights, grad);
      const [gq, gk, gv] = [
        matrices(s, s.queries, s.width, layout, make, 7),
        matrices(s, s.keys, s.width, layout, make, 8),
        matrices(s, s.keys, s.valueWidth, layout, make, 9),
      ];
      const given = [q.heads, k.heads, v.heads, weights.heads, grad.heads] as const;
      attentionBackward(s, ...given, gq.heads, gk.heads, gv.heads);
      const results = [elementsOf(gq, s, s.queries, s.width), elementsOf(gk, s, s.keys, s.width)];
      results.push(elementsOf(gv, s, s.keys, s.valueWidth));
      [gradients.q, gradients.k, gradients.v].forEach((wanted, i) => {
        // sums over all queries
        expect(worstError(results[i], wanted, 10)).toBeLessThan(10 * tolerance);
      });
      [gq, gk, gv].forEach(({ heads: { array } }, i) => {
        expect(guards(array)).toBe(array.length - results[i].length);
      });
      // each alone
      for (const [i, g] of [gq, gk, gv].entries()) {
        const before = Array.from(g.heads.array);
        g.heads.array.fill(GUARD);
        attentionBackward(s, ...given, i === 0 ? gq.heads : null, i === 1 ? gk.heads : null, i === 2 ? gv.heads : null);
        expect(Array.from(g.heads.array)).toEqual(before);
      }
    });
  });

  it.each([
    ['each', 5],
    ['one row for all queries', 1],
  ])('with a mask, of %s', (_name, rows) => {
    const s = shape({ keys: 9 });
    const [q, k] = [matrices(s, s.queries, s.width, 'apart', make, 1), matrices(s, s.keys, s.width, 'apart', make, 2)];
    const [v, out] = [s.keys, s.queries].map((n, i) => matrices(s, n, s.valueWidth, 'apart', make, 3 + i));
    const own = matrices(s, rows, s.keys, 'apart', make, 5);
    for (let j = 0; j < s.keys; j++) {
      // a query that sees nothing, and keys that nobody sees
      own.heads.array[own.at(0, 1, rows - 1, j)] = Number.NEGATIVE_INFINITY;
      if (j > 5) for (let i = 0; i < rows; i++) own.heads.array[own.at(1, 2, i, j)] = Number.NEGATIVE_INFINITY;
    }
    const rowStride = rows === 1 ? 0 : s.keys;
    const mask = {
      heads: { ...own.heads, rowStride },
      at: (b: number, h: number, i: number, j: number) => own.at(b, h, rows === 1 ? 0 : i, j),
    };
    const weights = matrices(s, s.queries, s.keys, 'apart', make, 6);
    attentionForward(s, q.heads, k.heads, v.heads, mask.heads, weights.heads, out.heads);
    const want = naiveAttention(s, q, k, v, mask);
    expect(worstError(elementsOf(out, s, s.queries, s.valueWidth), want.out)).toBeLessThan(4 * tolerance);
    expect(worstError(elementsOf(weights, s, s.queries, s.keys), want.weights)).toBeLessThan(4 * tolerance);
    expect(elementsOf(out, s, s.queries, s.valueWidth).slice(9 * s.valueWidth, 10 * s.valueWidth)).toEqual(
      new Array(s.valueWidth).fill(0),
    );
  });

  it('carries a NaN to the queries that see it', () => {
    const s = shape({ batch: 1, heads: 1, queries: 4, keys: 4, valueWidth: 2, causal: true });
    const [q, k] = [matrices(s, 4, 4, 'apart', make, 1), matrices(s, 4, 4, 'apart', make, 2)];
    const [v, out] = [matrices(s, 4, 2, 'apart', make, 3), matrices(s, 4, 2, 'apart', make, 4)];
    k.heads.array[k.at(0, 0, 2, 1)] = Number.NaN;
    attentionForward(s, q.heads, k.heads, v.heads, null, null, out.heads);
    const seen = Array.from(indices(4), ([i]) => Number.isNaN(out.heads.array[out.at(0, 0, i, 0)]));
    expect(seen).toEqual([false, false, true, true]);
  });
});

const guards = (array: ArrayLike<number>): number => Array.from(array).filter((x) => x === GUARD).length;

it.skipIf(wasmKernels() === null)('lets short operands from elsewhere visit', () => {
  const s = shape({});
  const [q, k] = [
    matrices(s, 5, 4, 'packed', (values) => Float32Array.from(values), 1),
    matrices(s, 7, 4, 'apart', residentCopy, 2),
  ];
  const [v, out] = [matrices(s, 7, 6, 'apart', residentCopy, 3), matrices(s, 5, 6, 'apart', residentCopy, 4)];
  attentionForward(s, q.heads, k.heads, v.heads, null, null, out.heads);
  expect(worstError(elementsOf(out, s, 5, 6), naiveAttention(s, q, k, v, null).out)).toBeLessThan(1e-5);
});

describe('what does not fit', () => {
  const s = shape({});
  const arrays = () =>
    [20, 28, 42, 35, 30].map((n, i) => {
      const columns = [4, 4, 6, 7, 6][i];
      return { array: new Float32Array(6 * n), offset: 0, batchStride: 3 * n, headStride: n, rowStride: columns };
    });
  const run = (change: (heads: ReturnType<typeof arrays>) => void, sizes: Partial<AttentionShape> = {}) => {
    const heads = arrays();
    change(heads);
    const [q, k, v, mask, out] = heads;
    attentionForward({ ...s, ...sizes }, q, k, v, mask, null, out);
  };

  it('names the size', () => {
    run(() => {});
    expect(() => run(() => {}, { keys: 0 })).toThrow("argument 'keys' must be an integer of at least 1, but it is 0");
    expect(() => run(() => {}, { batch: 1.5 })).toThrow("argument 'batch' must be an integer");
  });

  it.each(['q', 'k', 'v', 'mask', 'out'])('names %s', (name) => {
    const i = ['q', 'k', 'v', 'mask', 'out'].indexOf(name);
    const set = (values: object) => (heads: ReturnType<typeof arrays>) => void Object.assign(heads[i], values);
    expect(() => run(set({ offset: 1 }))).toThrow(new RegExp(`attentionForward: argument '${name}' needs`));
    expect(() => run(set({ rowStride: 3 }))).toThrow(`attentionForward: argument 'ld${name}' must be`);
    expect(() => run(set({ headStride: -1 }))).toThrow(`argument '${name}.headStride' must be`);
    expect(() => run(set({ batchStride: 0.5 }))).toThrow(`argument '${name}.batchStride' must be`);
  });

  it('names a gradient', () => {
    const [q, k, v, weights, grad] = arrays();
    const short = { ...k, array: new Float32Array(5) };
    expect(() => attentionBackward(s, q, k, v, weights, grad, q, short, null)).toThrow(
      "attentionBackward: argument 'gradK' needs",
    );
  });
});
