/** Whatever the order of its elements in memory, a tensor gives what its elements give in a loop. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { threadLimits } from '../../kernels/src/index.js';
import * as torch from '../src/index.js';

const { leastShared, leastBlock, startAfter } = threadLimits;
afterEach(() => {
  Object.assign(threadLimits, { leastShared, leastBlock, startAfter });
  torch.set_num_threads(1);
});

/** A part of a larger tensor, its dimensions in another order, one of them perhaps repeated. */
interface Layout {
  readonly shape: readonly number[];
  readonly order: readonly number[];
  readonly margins: readonly number[];
  readonly repeated: number;
}

const layout = fc.integer({ min: 1, max: 4 }).chain((rank) => {
  const each = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { minLength: rank, maxLength: rank });
  return fc.record({
    shape: each(fc.integer({ min: 0, max: [0, 700, 40, 14, 8][rank] })),
    order: fc.shuffledSubarray([...Array(rank).keys()], { minLength: rank, maxLength: rank }),
    margins: each(fc.constantFrom(0, 0, 1, 3)),
    repeated: fc.integer({ min: 0, max: 2 * rank }),
  });
});

/** Eighths, whose sums are exact in float32. */
function viewOf({ shape, order, margins, repeated }: Layout, dtype: 'float32' | 'float64' | 'int32'): torch.Tensor {
  const size = order.map((d) => (d === repeated ? 1 : shape[d]) + 2 * margins[d]);
  const numel = size.reduce((a, b) => a * b, 1);
  const values = Float64Array.from({ length: numel }, (_, i) => ((i * 37) % 101) - 50);
  let x = torch.tensor(values).reshape(size).div(8).to(dtype);
  order.forEach((d, i) => {
    x = x.narrow(i, margins[d], size[i] - 2 * margins[d]);
  });
  return x.permute(shape.map((_, d) => order.indexOf(d))).expand(shape);
}

type Nested = number | Nested[];
const flat = (x: Nested): number[] => (Array.isArray(x) ? x.flatMap(flat) : [x]);
const elements = (x: torch.Tensor): number[] => flat(x.tolist() as Nested);

/** Element by element through `select`, which knows of no kernel. */
function pick(x: torch.Tensor, place: readonly number[]): number {
  const strides = x.stride() as number[];
  const at = place.reduce((sum, i, d) => sum + i * strides[d], x.storage_offset());
  return Number(x.as_strided([], [], at).item());
}

function places(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, size) => all.flatMap((place) => Array.from({ length: size }, (_, i) => [...place, i])),
    [[]],
  );
}

const onThreads = (threads: number): void => {
  Object.assign(threadLimits, { leastShared: 1, leastBlock: 1, startAfter: 0 });
  torch.set_num_threads(threads);
};

const dtypes = fc.constantFrom('float32', 'float64', 'int32');
const threads = fc.constantFrom(1, 2);

describe('layouts', () => {
  it('a copy in row-major order has the elements', () => {
    fc.assert(
      fc.property(layout, dtypes, threads, (l, dtype, n) => {
        onThreads(n);
        const x = viewOf(l, dtype);
        const want = places(l.shape).map((place) => pick(x, place));
        expect(elements(x.contiguous())).toEqual(want);
        expect(
          elements(
            torch
              .empty(l.shape.toReversed(), { dtype })
              .permute([...l.shape.keys()].reverse())
              .copy_(x),
          ),
        ).toEqual(want);
        const dims = l.shape.flatMap((_, d) => (l.margins[d] > 0 ? [d] : []));
        const turned = places(l.shape).map((place) =>
          pick(
            x,
            place.map((i, d) => (dims.includes(d) ? l.shape[d] - 1 - i : i)),
          ),
        );
        expect(elements(x.flip(dims))).toEqual(turned);
      }),
      { numRuns: 100 },
    );
  });

  it('sums and extrema over any dimensions', () => {
    fc.assert(
      fc.property(layout, dtypes, threads, fc.nat(), (l, dtype, n, mask) => {
        onThreads(n);
        const x = viewOf(l, dtype);
        const dims = l.shape.flatMap((_, d) => ((mask >> d) & 1 ? [d] : []));
        if (dims.length === 0) return;
        const groups = new Map<string, number[]>();
        for (const place of places(l.shape.map((s, d) => (dims.includes(d) ? 1 : s)))) groups.set(place.join(), []);
        for (const place of places(l.shape)) {
          groups.get(place.map((i, d) => (dims.includes(d) ? 0 : i)).join())?.push(pick(x, place));
        }
        const lists = [...groups.values()];
        const reduced = (f: (list: number[]) => number): number[] => lists.map((list) => f(list) + 0);
        const got = (y: torch.Tensor): number[] => elements(y).map((v) => v + 0);
        expect(got(x.sum(dims))).toEqual(reduced((list) => list.reduce((a, b) => a + b, 0)));
        if (x.numel() === 0) return;
        expect(got(x.amax(dims))).toEqual(reduced((list) => Math.max(...list)));
        expect(got(x.amin(dims))).toEqual(reduced((list) => Math.min(...list)));
      }),
      { numRuns: 150 },
    );
  });

  it('a NaN or an infinity among the elements, and zeros with a sign', () => {
    const special = [Number.NaN, Infinity, -Infinity, -0];
    fc.assert(
      fc.property(layout, fc.constantFrom(...special), fc.nat(), threads, (l, value, where, n) => {
        onThreads(n);
        if (l.shape.includes(0)) return;
        const x = viewOf({ ...l, repeated: -1 }, 'float32');
        const all = places(l.shape);
        const place = all[where % all.length];
        const strides = x.stride() as number[];
        x.as_strided(
          [1],
          [1],
          place.reduce((sum, i, d) => sum + i * strides[d], x.storage_offset()),
        ).fill_(value);
        expect(elements(x.contiguous())).toEqual(all.map((p) => pick(x, p)));
        const dims = l.shape.flatMap((_, d) => (l.margins[d] > 0 ? [] : [d]));
        if (dims.length === 0 || Object.is(value, -0)) return;
        const at = elements(x.amax(dims, true))[
          places(l.shape.map((s, d) => (dims.includes(d) ? 1 : s))).findIndex((p) =>
            p.every((i, d) => dims.includes(d) || i === place[d]),
          )
        ];
        if (value === -Infinity) expect(at).toBeLessThan(Infinity);
        else expect(at).toBe(value);
        const sum = elements(x.sum(dims, true));
        expect(sum.filter((v) => !Number.isFinite(v))).toEqual([value]);
      }),
      { numRuns: 100 },
    );
  });

  it('softmax along any dimension', () => {
    fc.assert(
      fc.property(layout, threads, fc.nat(), (l, n, d) => {
        onThreads(n);
        const dim = d % l.shape.length;
        const x = viewOf(l, 'float32');
        const want = elements(x.double().softmax(dim));
        const got = elements(x.softmax(dim));
        got.forEach((v, i) => {
          expect(Math.abs(v - want[i])).toBeLessThanOrEqual(2e-6 * want[i]);
        });
        const logs = elements(x.log_softmax(dim));
        const wantLogs = elements(x.double().log_softmax(dim));
        logs.forEach((v, i) => {
          expect(Math.abs(v - wantLogs[i])).toBeLessThanOrEqual(2e-6 * Math.max(1, Math.abs(wantLogs[i])));
        });
      }),
      { numRuns: 100 },
    );
  });

  it('elements picked, put and added along any dimension', () => {
    fc.assert(
      fc.property(layout, layout, dtypes, fc.nat(), (l, other, dtype, d) => {
        if (l.shape.includes(0)) return;
        const dim = d % l.shape.length;
        const x = viewOf(l, dtype);
        const long = viewOf({ ...l, order: other.order.length === l.order.length ? other.order : l.order }, 'float64');
        const index = long.mul(8).abs().remainder(l.shape[dim]).long();
        const all = places(l.shape);
        const to = (place: readonly number[]): number[] => place.with(dim, pick(index, place));
        expect(elements(x.gather(dim, index))).toEqual(all.map((place) => pick(x, to(place))));
        const numbers = new Map(all.map((place) => [place.join(), [0, 0]]));
        for (const place of all) {
          const at = numbers.get(to(place).join()) as number[];
          at[0] = pick(x, place);
          at[1] += pick(x, place);
        }
        const zeros = torch.zeros(l.shape, { dtype });
        expect(elements(zeros.scatter(dim, index, x))).toEqual(all.map((place) => numbers.get(place.join())?.[0]));
        expect(elements(zeros.scatter_add(dim, index, x))).toEqual(all.map((place) => numbers.get(place.join())?.[1]));
      }),
      { numRuns: 100 },
    );
  });
});
