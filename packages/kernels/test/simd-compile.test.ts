/** Loops from scalar definitions: the language's meaning, the ends of loops, what is returned. */
import { describe, expect, it } from 'vitest';
import { compileLoop } from '../src/simd/compile.js';
import { vectorLoop } from '../src/simd/vector-loop.js';
import { definitionOf, hasVectors, mapOf, run, type Spec } from './simd-support.js';
import { numbers, residentCopy } from './support.js';

const f = Math.fround;
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const SPECIAL = [0, -0, 1, -1, 0.5, -2.5, 3, 1e-40, 3e38, -3e38, inf, -inf, nan];

describe.skipIf(!hasVectors)('the meaning of a definition', () => {
  it.each<[string, (x: number) => number]>([
    ['out = x', (x) => x],
    ['out = -x', (x) => -x],
    ['out = +x', (x) => x],
    ['out = 2 - 3 * -x / 4', (x) => f(2 - f(f(3 * -x) / 4))],
    ['out = Math.abs(x)', Math.abs],
    ['out = Math.sqrt(x)', (x) => f(Math.sqrt(x))],
    ['out = Math.floor(x)', Math.floor],
    ['out = Math.ceil(x)', Math.ceil],
    ['out = Math.trunc(x)', Math.trunc],
    ['out = Math.min(x, 1)', (x) => Math.min(x, 1)],
    ['out = Math.max(x, -0)', (x) => Math.max(x, -0)],
    ['out = Math.sign(x)', Math.sign],
    ['out = x > 0', (x) => Number(x > 0)],
    ['out = (x > 0) + (x > 1)', (x) => Number(x > 0) + Number(x > 1)],
    ['out = -(x > 0)', (x) => -Number(x > 0)],
    ['out = !(x > 0)', (x) => Number(!(x > 0))],
    ['out = x !== x', (x) => Number(Number.isNaN(x))],
    ['out = x > 0 && x < 2', (x) => Number(x > 0 && x < 2)],
    ['out = x < 0 || x >= 1', (x) => Number(x < 0 || x >= 1)],
    ['out = x > 0 === x < 2', (x) => Number(x > 0 === x < 2)],
    ['out = x > 0 !== x < 2', (x) => Number(x > 0 !== x < 2)],
    ['out = x === 0 ? 5 : 6', (x) => (x === 0 ? 5 : 6)],
    ['out = x <= 0 ? x < -1 ? -7 : x : x > 2 ? 7 : 0', (x) => (x <= 0 ? (x < -1 ? -7 : x) : x > 2 ? 7 : 0)],
    ['out = (x > 0 ? x < 2 : x < -2) ? 1 : 2', (x) => ((x > 0 ? x < 2 : x < -2) ? 1 : 2)],
    ['out = (x > 0 ? true : x < -2) ? 1 : 2', (x) => (x > 0 || x < -2 ? 1 : 2)],
    ['out = true && x > 0', (x) => Number(x > 0)],
    ['out = false || x > 0', (x) => Number(x > 0)],
    ['out = x > 0 && false', () => 0],
    ['out = x > 0 || true', () => 1],
    ['out = 5 && x', (x) => x],
    ['out = 0 || x', (x) => x],
    ['out = true ? x : y', (x) => x],
    ['out = 1 < 2 ? 1 / 0 : x', () => inf],
    ['out = Infinity - x', (x) => inf - x],
    // one instruction each, of which the NaN must come out of the same side
    ['out = x < 1 ? 1 : x', (x) => (x < 1 ? 1 : x)],
    ['out = x > 1 ? 1 : x', (x) => (x > 1 ? 1 : x)],
    ['out = x < 0 ? 0 : x', (x) => (x < 0 ? 0 : x)],
    ['out = 1 < x ? x : 1', (x) => (1 < x ? x : 1)],
    ['out = 1 > x ? x : 1', (x) => (1 > x ? x : 1)],
    ['out = x <= 1 ? 1 : x', (x) => (x <= 1 ? 1 : x)],
    ['out = x < 1 ? x : 1', (x) => (x < 1 ? x : 1)],
  ])('%s', (body, want) => {
    expect(mapOf(body, SPECIAL)).toEqual(SPECIAL.map((x) => f(want(f(x)))));
  });

  it.each<[string, (x: number) => number]>([
    ['let a = x; a += 1; a *= 2; a -= 3; a /= 4; out = a', (x) => f(f(f(f(x + 1) * 2) - 3) / 4)],
    ['out = 1; if (x > 0) out = 2;', (x) => (x > 0 ? 2 : 1)],
    ['if (x > 0) out = 2; else if (x < -1) out = 3; else out = x;', (x) => (x > 0 ? 2 : x < -1 ? 3 : x)],
    [
      'let a = 1, b = 2; if (x > 0) { a = x; b = a + 1; } else { b = a; a = -1; } out = 10 * a + b;',
      (x) => (x > 0 ? f(f(10 * x) + f(x + 1)) : -9),
    ],
    ['out = x; if (x > 0) { out = 1; if (x > 2) out = 2; }', (x) => (x > 2 ? 2 : x > 0 ? 1 : x)],
    // a name of one branch ends with it, and may hide another
    ['out = 0; if (x > 0) { const a = 2 * x; out = a; }', (x) => (x > 0 ? f(2 * x) : 0)],
    ['const a = 5; out = 0; if (x > 0) { const a = 7; out = a; } out += a;', (x) => (x > 0 ? 12 : 5)],
    ['const a = 5; out = 0; if (true) { let a = 7; a = 8; out = a; } out += a;', () => 13],
    ['let a = 5; if (x > 0) { let b = 1; a = 7; } else { let a = 9; } out = a;', (x) => (x > 0 ? 7 : 5)],
    ['out = 1; if (false) out = unknown(x); ', () => 1],
  ])('%s', (body, want) => {
    // a branch that never runs is not looked at, which `unknown` shows
    expect(mapOf(body, SPECIAL)).toEqual(SPECIAL.map((x) => f(want(f(x)))));
  });
});

describe.skipIf(!hasVectors)('values that are asked for twice', () => {
  const sizeOf = (body: string): number => {
    return compileLoop(definitionOf({ reads: ['x'], writes: ['out'], body }))?.length ?? 0;
  };

  it('are computed once', () => {
    const once = sizeOf('out = Math.exp(x * x + 1);');
    const exponential = once - sizeOf('out = x * x + 1;');
    // the same argument, and names for it
    for (const body of [
      'out = Math.exp(x * x + 1) + Math.exp(x * x + 1);',
      'const a = x * x + 1; const b = x * x + 1; out = Math.exp(a) + Math.exp(b);',
    ]) {
      expect(sizeOf(body) - once).toBeLessThan(exponential / 2);
    }
  });

  it('are computed again where a name has another value in between', () => {
    const x = [1, 3, -7, 0.5];
    expect(mapOf('let a = x; const b = a * a + 1; a = a + 1; const c = a * a + 1; out = c - b;', x)).toEqual(
      x.map((v) => 2 * v + 1),
    );
  });
});

describe.skipIf(!hasVectors)('scalars and constants', () => {
  const x = [1, 3, -7, 0.1];

  it('are computed in double precision, once', () => {
    const want = x.map((v) => f(f(v) * f(1 - 0.999)));
    expect(f(1 - 0.999)).not.toBe(f(1 - f(0.999)));
    expect(mapOf('out = x * (1 - 0.999)', x)).toEqual(want);
    expect(mapOf('out = x * (1 - beta)', x, { constants: { beta: 0.999 } })).toEqual(want);
    expect(mapOf('out = x * (1 - beta)', x, { scalars: ['beta'] }, [0.999])).toEqual(want);
    expect(mapOf('const a = 1 - beta; let b = a; out = x * b', x, { scalars: ['beta'] }, [0.999])).toEqual(want);
    expect(mapOf('let a = beta; if (beta > 0.5) a = 1 - a; out = x * a', x, { scalars: ['beta'] }, [0.999])).toEqual(
      want,
    );
    expect(mapOf('out = x * (t > 0 ? 1 - beta : beta)', x, { scalars: ['t', 'beta'] }, [1, 0.999])).toEqual(want);
  });

  it.each<[string, (s: number, t: number) => number]>([
    ['Math.sqrt(s) - t', (s, t) => Math.sqrt(s) - t],
    ['Math.abs(-s) * t', (s, t) => Math.abs(-s) * t],
    ['Math.max(s, t) - Math.min(s, 1e-9)', (s, t) => Math.max(s, t) - Math.min(s, 1e-9)],
    ['s < t ? s : t', (s, t) => (s < t ? s : t)],
    ['!(s < t) ? s : t', (s, t) => (!(s < t) ? s : t)],
    ['s > 0 && t > 0 ? s - 1 : t - 1', (s, t) => (s > 0 && t > 0 ? s - 1 : t - 1)],
    ['s > 0 || t > 0 ? s - 1 : t - 1', (s, t) => (s > 0 || t > 0 ? s - 1 : t - 1)],
    ['s === t ? s / t : t / s', (s, t) => (s === t ? s / t : t / s)],
    ['s !== t ? s / t : t', (s, t) => (s !== t ? s / t : t)],
    ['s >= t ? s + t : s - t', (s, t) => (s >= t ? s + t : s - t)],
    ['s <= t ? s + t : s - t', (s, t) => (s <= t ? s + t : s - t)],
  ])('%s', (source, want) => {
    for (const pair of [
      [0.3, 0.7],
      [0.7, 0.3],
      [-2, 1e-12],
      [5, 5],
      [nan, 1],
      [1, nan],
    ]) {
      const [s, t] = pair;
      const got = mapOf(`out = x + (${source})`, [0, 0, 0], { scalars: ['s', 't'] }, pair);
      expect(got).toEqual(new Array(3).fill(f(0 + want(s, t))));
    }
  });

  it('choose the branch that is compiled, or the lanes', () => {
    const body = 'if (plain) out = x; else if (weight !== 0) out = x * weight; else out = -x;';
    const values = (plain: boolean, weight: number): number[] => mapOf(body, x, { constants: { plain, weight } });
    expect(values(true, 0)).toEqual(x.map(f));
    expect(values(false, 2)).toEqual(x.map((v) => f(2 * v)));
    expect(values(false, 0)).toEqual(x.map((v) => -f(v)));
    for (const weight of [0, 2]) {
      expect(mapOf(body, x, { constants: { plain: false }, scalars: ['weight'] }, [weight])).toEqual(
        values(false, weight),
      );
    }
    expect(mapOf('out = s > 0 && x > 0 ? x : 0', x, { scalars: ['s'] }, [1])).toEqual([1, 3, 0, f(0.1)]);
    expect(mapOf('out = s > 0 && x > 0 ? x : 0', x, { scalars: ['s'] }, [-1])).toEqual([0, 0, 0, 0]);
    expect(mapOf('out = s > 0 === x > 0 ? 1 : 0', x, { scalars: ['s'] }, [-1])).toEqual([0, 0, 1, 0]);
  });
});

/** Bodies of which one turn of the main loop handles 16, 8 and 4 elements, with the float32 steps that they are. */
const BODIES: readonly [string, (x: number, y: number) => number][] = [
  ['out = x * 2 + y', (x, y) => f(f(x * 2) + y)],
  [
    `let a = x; ${'a = a * y + x; a = a > 4 ? a - 8 : a;'.repeat(5)} out = a;`,
    (x, y) => {
      let a = x;
      for (let i = 0; i < 5; i++) {
        a = f(f(a * y) + x);
        a = a > 4 ? a - 8 : a;
      }
      return a;
    },
  ],
  [
    `let a = x; ${'a = a * y + x; a = a > 4 ? a - 8 : a;'.repeat(20)} out = a;`,
    (x, y) => {
      let a = x;
      for (let i = 0; i < 20; i++) {
        a = f(f(a * y) + x);
        a = a > 4 ? a - 8 : a;
      }
      return a;
    },
  ],
];

describe.skipIf(!hasVectors)('loops', () => {
  it.each(BODIES)('reach every element and no other: %s', (body, want) => {
    const loop = vectorLoop(definitionOf({ reads: ['x', 'y'], body }));
    if (loop === null) throw new Error('no vector form');
    for (let n = 0; n <= 70; n++) {
      const offsets = [n % 5, (n * 3) % 7, (n * 5) % 6];
      // what lies around is NaN in the operands, and 77 in the result
      const [x, y] = [1, 2].map((seed, i) => {
        const inner = numbers(n, seed);
        return residentCopy([...new Array<number>(offsets[i]).fill(nan), ...inner, ...new Array<number>(9).fill(nan)]);
      });
      const out = residentCopy(new Array<number>(n + 17).fill(77));
      loop(n, [x, y, out], offsets, []);
      const expected = Array.from(out, (_, i) => {
        const k = i - offsets[2];
        return k >= 0 && k < n ? want(x[offsets[0] + k], y[offsets[1] + k]) : 77;
      });
      expect([...out], `n = ${n}`).toEqual(expected);
    }
  });

  it('write over what they read', () => {
    const twice = vectorLoop(definitionOf({ reads: ['x'], writes: ['x'], body: 'x = x * 2 + 1;' }));
    const alias = vectorLoop(definitionOf({ reads: ['x', 'y'], body: 'out = x - y;' }));
    for (let n = 0; n <= 40; n++) {
      const start = numbers(n + 4, 3).map(f);
      const x = residentCopy(start);
      twice?.(n, [x], [2], []);
      expect([...x]).toEqual(start.map((v, i) => (i >= 2 && i < n + 2 ? f(f(v * 2) + 1) : v)));
      const z = residentCopy(start);
      const y = residentCopy(numbers(n + 1, 4));
      alias?.(n, [z, y, z], [1, 0, 1], []);
      expect([...z]).toEqual(start.map((v, i) => (i >= 1 && i < n + 1 ? f(v - y[i - 1]) : v)));
    }
  });

  it('write several arrays, each after all statements', () => {
    const spec: Spec = {
      reads: ['grad', 'average', 'param'],
      writes: ['param', 'average'],
      scalars: ['lr', 'beta'],
      body: 'average += (grad - average) * (1 - beta); param -= lr * average;',
    };
    for (let n = 0; n <= 40; n++) {
      const [grad, average, param] = [1, 2, 3].map((seed) => numbers(n, seed).map(f));
      const { written } = run(spec, n, { grad, average, param }, [0.1, 0.9]);
      const moved = average.map((v, i) => f(v + f(f(grad[i] - v) * f(1 - 0.9))));
      expect(written.average).toEqual(moved);
      expect(written.param).toEqual(param.map((v, i) => f(v - f(f(0.1) * moved[i]))));
    }
  });

  it('may have more names than fit into one byte each', () => {
    const many = Array.from({ length: 200 }, (_, i) => `const a${i} = ${i === 0 ? 'x' : `a${i - 1} + ${i}`};`).join(
      ' ',
    );
    expect(mapOf(`${many} out = a199;`, [0, 1, 2, 3, 4])).toEqual([0, 1, 2, 3, 4].map((x) => x + (199 * 200) / 2));
  });
});

describe.skipIf(!hasVectors)('what a loop returns', () => {
  const sum: Spec = { reads: ['x'], writes: [], body: '', result: { reduce: 'sum', of: 'x' } };
  const max: Spec = { ...sum, result: { reduce: 'max', of: 'x' } };

  it('is 0 where there is no result', () => {
    expect(run({ reads: ['x'], body: 'out = x' }, 5, { x: [1, 2, 3, 4, 5] }).result).toBe(0);
  });

  it('sums turns and what is left in double precision', () => {
    for (let n = 0; n <= 140; n++) {
      // float32 would lose the fractions beside the first turn's terms, and the other lanes of a tail would add 1 each
      const x = Array.from({ length: n }, (_, i) => (i === 0 ? 2 ** 30 : i < 32 ? 128 * (i % 5) : i / 64));
      expect(run(sum, n, { x }).result, `n = ${n}`).toBe(x.reduce((a, b) => a + b, 0));
      const shifted: Spec = { ...sum, result: { reduce: 'sum', of: 'x > 5 ? 0 : x + 1' } };
      expect(run(shifted, n, { x }).result).toBe(x.reduce((a, b) => a + (b > 5 ? 0 : b + 1), 0));
    }
  });

  it('takes the largest, in every place', () => {
    for (let n = 1; n <= 40; n++) {
      for (let at = 0; at < n; at++) {
        // all below 0, so that an empty lane would win
        const x = Array.from({ length: n }, (_, i) => (i === at ? -1 : -5 - i));
        expect(run(max, n, { x }).result).toBe(-1);
        expect(run(max, n, { x: x.with(at, nan) }).result).toBe(nan);
        expect(run(max, n, { x: x.with(at, inf) }).result).toBe(inf);
      }
    }
  });

  it('of no elements is 0, or the smallest of all', () => {
    expect(run(sum, 0, { x: [] }).result).toBe(0);
    expect(run(max, 0, { x: [] }).result).toBe(-inf);
    expect(run(max, 3, { x: [-inf, -inf, -inf] }).result).toBe(-inf);
  });

  it('sees what the statements assigned, beside what is written', () => {
    const spec: Spec = {
      reads: ['x'],
      scalars: ['m'],
      body: 'const d = x - m; out = d * d;',
      result: { reduce: 'sum', of: 'out + d' },
    };
    for (let n = 0; n <= 40; n++) {
      const x = Array.from({ length: n }, (_, i) => i % 7);
      const { written, result } = run(spec, n, { x }, [3]);
      expect(written.out).toEqual(x.map((v) => (v - 3) ** 2));
      expect(result).toBe(x.reduce((a, v) => a + (v - 3) ** 2 + v - 3, 0));
    }
  });
});

describe('what has no vector form', () => {
  it.each([
    'out = x % 2',
    'out = Math.sin(x)',
    'out = Math.pow(x, 2)',
    'out = Math.round(x)',
    'out = unknown',
    'out = unknown(x)',
    'out = toString(x)',
    'out = Math.max(x)',
    'out = Math.max(x, 1, 2)',
    'out = Math.abs()',
    'out = Math.exp(x, 1)',
    'out = x ? 1 : 2',
    'out = !x',
    'out = x && 1',
    'out = x > 0 && 5',
    'out = x > 0 || 5',
    'out = (x > 0) === 1',
    'out = s ? x : 1',
    'out = s > 0',
    'out = x + (s > 0)',
    'y = x',
    'if (x > 0) out = 1',
    'if (x > 0) { const a = 1; } out = a',
    'out = x; if (x) out = 1',
    'for (;;) out = x',
    'out = x +',
    'out = "text"',
  ])('%s', (body) => {
    expect(compileLoop(definitionOf({ reads: ['x'], scalars: ['s'], body }))).toBeNull();
    expect(vectorLoop(definitionOf({ reads: ['x'], scalars: ['s'], body }))).toBeNull();
  });

  it('a result of that kind', () => {
    const of = (source: string): LoopResult =>
      compileLoop(definitionOf({ reads: ['x'], body: 'out = x', result: { reduce: 'sum', of: source } }));
    type LoopResult = Uint8Array | null;
    expect(of('x % 2')).toBeNull();
    expect(of('x y')).toBeNull();
    expect(of('x * 2')).not.toBeNull();
  });
});
