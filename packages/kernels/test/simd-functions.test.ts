/** The functions of float32 vectors against float64: largest errors over all exponents, special values, order. */
import { describe, expect, it } from 'vitest';
import { VECTOR_FUNCTIONS } from '../src/simd/functions.js';
import { hasVectors, mapOf } from './simd-support.js';
import { worstError } from './support.js';

const f = Math.fround;
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const SMALLEST_NORMAL = 2 ** -126;
const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/** 2/√π · exp(−x²) · Σ 2ⁿ x²ⁿ⁺¹ / (2n+1)!!, of which all terms have one sign. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) sum += term *= (2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** The float32 numbers' distance around a value. */
function ulp(x: number): number {
  const exponent = Math.floor(Math.log2(Math.max(Math.abs(x), SMALLEST_NORMAL)));
  return 2 ** (Math.min(exponent, 127) - 23);
}

/** Numbers of every exponent and both signs, mantissas without a pattern. */
function everywhere(each: number): number[] {
  const bits = new Uint32Array(512 * each);
  let state = 1;
  for (let i = 0; i < bits.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bits[i] = (((Math.floor(i / each) % 256) << 23) | (i / each < 256 ? 0 : 1 << 31) | (state >>> 9)) >>> 0;
  }
  return [...new Float32Array(bits.buffer)].filter(Number.isFinite);
}

/** The interval, in steps without a pattern. */
function between(low: number, high: number, count: number): number[] {
  const step = (high - low) / count;
  return Array.from({ length: count + 1 }, (_, i) => f(low + step * (i + 0.3 * Math.sin(i))));
}

interface Claim {
  readonly name: string;
  readonly exact: (x: number) => number;
  /** Largest error in units of the last place. */
  readonly ulps: number;
  /** Where the numbers of all exponents say too little. */
  readonly interesting: readonly [number, number];
  readonly rises: readonly [number, number];
}

const CLAIMS: readonly Claim[] = [
  { name: 'Math.exp', exact: Math.exp, ulps: 1, interesting: [-88, 89], rises: [-100, 90] },
  { name: 'Math.log', exact: Math.log, ulps: 1, interesting: [0.25, 4], rises: [1e-40, 1e38] },
  { name: 'Math.tanh', exact: Math.tanh, ulps: 1.5, interesting: [-10, 10], rises: [-10, 10] },
  { name: 'Math.expm1', exact: Math.expm1, ulps: 2, interesting: [-20, 89], rises: [-20, 90] },
  { name: 'Math.log1p', exact: Math.log1p, ulps: 2.5, interesting: [-1, 4], rises: [-1, 1e38] },
  { name: 'erf', exact: erf, ulps: 6.5, interesting: [-4.5, 4.5], rises: [-4.5, 4.5] },
];

/** exp computes no result below. */
const SMALLEST_EXP = 2 ** -125.5;
const flushed = (name: string, y: number): number => (name === 'Math.exp' && y < SMALLEST_EXP ? 0 : y);

describe.skipIf(!hasVectors)('functions of vectors', () => {
  it('are all here', () => {
    const others = ['Math.sign', 'geluSlope', 'geluTanhSlope', 'normalCdf'];
    expect(Object.keys(VECTOR_FUNCTIONS).sort()).toEqual([...CLAIMS.map(({ name }) => name), ...others].sort());
  });

  it.each(CLAIMS)('$name is within $ulps ulp', ({ name, exact, ulps, interesting }) => {
    const all = [...everywhere(40), ...between(...interesting, 60_000), ...between(-1e-3, 1e-3, 2000)];
    const got = mapOf(`out = ${name}(x)`, all);
    let worst = { error: 0, x: 0 };
    all.forEach((x, i) => {
      const y = exact(x);
      const want = flushed(name, y);
      if (Number.isNaN(want) || Math.abs(f(want)) === inf || want === 0) {
        // beside the last finite result either neighbour is right
        const edge = Math.abs(y) > LARGEST * (1 - 2 ** -23) && Math.abs(got[i]) === LARGEST && got[i] * y > 0;
        if (!edge) expect(got[i] + 0, `${name}(${x})`).toBe(f(want) + 0);
        return;
      }
      const error = Math.abs(got[i] - want) / ulp(want);
      // what lies just above may be flushed as well
      if (name === 'Math.exp' && got[i] === 0 && want < SMALLEST_EXP * (1 + 2 ** -16)) return;
      if (!(error <= worst.error)) worst = { error, x };
    });
    expect(worst.error, `${name}(${worst.x})`).toBeLessThanOrEqual(ulps);
    // the claim is no better than it has to be
    expect(worst.error).toBeGreaterThan(ulps / 2);
  });

  it.each<[string, readonly [number, number][]]>([
    [
      'Math.exp',
      [
        [0, 1],
        [-0, 1],
        [1e-45, 1],
        [inf, inf],
        [-inf, 0],
        [nan, nan],
        [89, inf],
        [1e38, inf],
        [-86.9, Math.exp(f(-86.9))],
        [-87.3, 0],
        [-88, 0],
        [-1e38, 0],
      ],
    ],
    [
      'Math.log',
      [
        [1, 0],
        [0, -inf],
        [-0, -inf],
        [inf, inf],
        [-inf, nan],
        [-1, nan],
        [-1e-45, nan],
        [nan, nan],
        [2 ** -149, -149 * Math.LN2],
        [2 ** -126, -126 * Math.LN2],
        [LARGEST, Math.log(LARGEST)],
      ],
    ],
    [
      'Math.tanh',
      [
        [0, 0],
        [-0, -0],
        [1e-45, 2 ** -149],
        [-1e-45, -(2 ** -149)],
        [inf, 1],
        [-inf, -1],
        [50, 1],
        [-1e38, -1],
        [nan, nan],
      ],
    ],
    [
      'Math.expm1',
      [
        [0, 0],
        [-0, -0],
        [1e-45, 2 ** -149],
        [-1e-45, -(2 ** -149)],
        [inf, inf],
        [-inf, -1],
        [-100, -1],
        [100, inf],
        [nan, nan],
      ],
    ],
    [
      'Math.log1p',
      [
        [0, 0],
        [-0, -0],
        [1e-45, 2 ** -149],
        [-1e-45, -(2 ** -149)],
        [inf, inf],
        [-1, -inf],
        [-2, nan],
        [-inf, nan],
        [LARGEST, Math.log(LARGEST)],
        [nan, nan],
      ],
    ],
    [
      'erf',
      [
        [0, 0],
        [-0, -0],
        [1e-45, 2 ** -149],
        [inf, 1],
        [-inf, -1],
        [10, 1],
        [-1e38, -1],
        [nan, nan],
      ],
    ],
    [
      'Math.sign',
      [
        [0, 0],
        [-0, -0],
        [1e-45, 1],
        [-3e38, -1],
        [inf, 1],
        [-inf, -1],
        [nan, nan],
      ],
    ],
  ])('%s of special values', (name, pairs) => {
    const got = mapOf(
      `out = ${name}(x)`,
      pairs.map(([x]) => x),
    );
    pairs.forEach(([x, want], i) => {
      // an infinity, a zero with its sign, a one must be met exactly; the others within one step
      const exact = !Number.isFinite(want) || Math.abs(want) < 1e-37 || Math.abs(want) === 1;
      if (exact && want !== 0 && Math.abs(want) < 1e-37 && name === 'erf') expect(got[i]).toBeGreaterThan(0);
      else if (exact) expect(got[i], `${name}(${x})`).toBe(f(want));
      else expect(Math.abs(got[i] - want), `${name}(${x})`).toBeLessThanOrEqual(ulp(want));
    });
  });

  it('are odd where they are', () => {
    const all = everywhere(5);
    for (const name of ['Math.tanh', 'erf', 'Math.sign']) {
      const got = mapOf(`out = ${name}(x)`, all);
      expect(mapOf(`out = -${name}(-x)`, all)).toEqual(got);
    }
  });

  it.each(CLAIMS)('$name rises, but for its own rounding', ({ name, ulps, rises: [low, high] }) => {
    const ramp = low > 0 ? everywhere(20).filter((x) => x > 0) : between(low, high, 60_000);
    const x = ramp.sort((a, b) => a - b);
    const got = mapOf(`out = ${name}(x)`, x);
    const back = got.findIndex((y, i) => i > 0 && got[i - 1] - y > 2 * ulps * ulp(y));
    expect(back, `${name} falls at ${x[back]}`).toBe(-1);
  });

  it('stay within their ranges', () => {
    const all = [...everywhere(20), ...between(-10, 10, 60_000), ...between(3.8, 4.1, 5000), ...between(8, 10, 5000)];
    const within = (name: string, low: number, high: number): void => {
      expect(mapOf(`out = ${name}(x)`, all).every((y) => y >= low && y <= high)).toBe(true);
    };
    within('Math.tanh', -1, 1);
    within('erf', -1, 1);
    within('Math.exp', 0, inf);
    within('Math.expm1', -1, inf);
  });

  it('exp has no results between 0 and the smallest', () => {
    const x = between(-87.4, -86.9, 20_000).sort((a, b) => a - b);
    const got = mapOf('out = Math.exp(x)', x);
    const first = got.findIndex((y) => y > 0);
    expect(got.slice(0, first).every((y) => y === 0)).toBe(true);
    expect(got.slice(first).every((y) => y >= SMALLEST_EXP * (1 - 2 ** -16))).toBe(true);
    expect(x[first]).toBeCloseTo(Math.log(SMALLEST_EXP), 3);
  });

  const cdf = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2;
  it.each<[string, (x: number) => number, number, readonly number[]]>([
    ['normalCdf', cdf, 2.1e-7, [0, 1]],
    ['geluSlope', (x) => cdf(x) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI), 2.6e-7, [nan, nan]],
  ])('%s is near enough to what lies around 1, and exact where nothing changes any more', (name, exact, most, ends) => {
    const all = [...everywhere(20).filter((x) => Math.abs(x) < 1e18), ...between(-8, 8, 100_000)];
    const errors = mapOf(`out = ${name}(x)`, all).map((y, i) => Math.abs(y - exact(all[i])));
    expect(Math.max(...errors.filter((e) => !(e <= most / 2)))).toBeLessThanOrEqual(most);
    expect(mapOf(`out = ${name}(x)`, [-1e38, -7, 0, 7, 1e38])).toEqual([0, 0, 0.5, 1, 1]);
    expect(mapOf(`out = ${name}(x)`, [-inf, inf, nan])).toEqual([...ends, nan]);
  });

  it('work in every lane, and in those of a tail', () => {
    for (const { name, exact } of CLAIMS) {
      for (let n = 1; n < 12; n++) {
        const x = Array.from({ length: n }, (_, i) => f(0.1 + i / 7));
        const got = mapOf(`out = ${name}(x)`, x);
        expect(worstError(got, x.map(exact))).toBeLessThan(1e-6);
      }
    }
  });
});
