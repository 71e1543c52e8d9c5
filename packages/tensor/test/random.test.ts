import { describe, expect, it } from 'vitest';
import { DTypeError, ShapeError, ValueError } from '../src/errors.js';
import { default_generator } from '../src/generator.js';
import { cppNumber } from '../src/random/checks.js';
import { bernoulli, exponential, normal, randint, randperm, uniform } from '../src/random/distributions.js';
import { fma } from '../src/random/fma.js';
import { RandomStream } from '../src/random/stream.js';

const gen = (seed: number | bigint = 0): RandomStream => new RandomStream().manual_seed(seed);

/** Fails unless `run` throws exactly this class with exactly this text. */
function expectError(run: () => unknown, type: new (message: string) => Error, message: string): void {
  let caught: unknown;
  try {
    run();
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(type);
  expect((caught as Error).message).toBe(message);
}

describe('Generator', () => {
  it('starts from the fixed seed of PyTorch, the default one from a random seed', () => {
    expect(new RandomStream().initial_seed()).toBe(67280421310721);
    expect(new RandomStream().random()).toBe(gen(67280421310721).random());
    expect(default_generator.initial_seed()).not.toBe(67280421310721);
  });

  it('is the reference Mersenne Twister: the 10000th draw of seed 5489', () => {
    const g = gen(5489);
    for (let i = 1; i < 10000; i++) g.random();
    expect(g.random()).toBe(4123659995); // the C++ standard's check value of std::mt19937
  });

  it('joins two draws, the first one high', () => {
    const words = gen(3);
    const high = words.random();
    const low = words.random();
    expect(gen(3).random64()).toBe(BigInt(high) * 2n ** 32n + BigInt(low));
  });

  it.each([
    [0, 0],
    [2 ** 40 + 5, 2 ** 40 + 5],
    [2 ** 53, 2n ** 53n],
    [-1, 2n ** 64n - 1n],
    [2n ** 64n - 1n, 2n ** 64n - 1n],
    [-(2n ** 63n), 2n ** 63n],
    [7n, 7],
  ])('manual_seed(%s) has the initial_seed %s', (seed, initial) => {
    expect(gen(seed).initial_seed()).toBe(initial);
  });

  it('seed() draws a new 53-bit seed and restarts from it', () => {
    const g = gen();
    const seed = g.seed();
    expect(g.initial_seed()).toBe(seed);
    expect(g.random()).toBe(gen(seed).random());
    expect(g.seed()).not.toBe(seed);
  });

  it('manual_seed forgets the cached normal', () => {
    const g = gen(4);
    normal(g, new Float64Array(1));
    const again = new Float64Array(2);
    normal(g.manual_seed(4), again);
    const fresh = new Float64Array(2);
    normal(gen(4), fresh);
    expect(again).toEqual(fresh);
  });

  it('a state is a copy and restores the stream, wherever its bytes lie', () => {
    const g = gen(9);
    normal(g, new Float64Array(3));
    g.nextFloatNormal = 0.5;
    const state = g.bytes();
    const shifted = new Uint8Array(state.length + 3).subarray(3);
    shifted.set(state);
    const [a, b] = [new Float64Array(20), new Float64Array(20)];
    normal(g, a);
    const other = new RandomStream().setBytes(shifted);
    expect(other.bytes()).toEqual(state);
    expect(other.nextFloatNormal).toBe(0.5);
    normal(other, b);
    expect(b).toEqual(a);
    expect(state).toEqual(new RandomStream().setBytes(state).bytes());
  });

  it.each([1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses the seed %s', (seed) => {
    expectError(() => gen(seed), ValueError, `manual_seed expected a long, but got ${seed}`);
  });

  it.each([2n ** 64n, -(2n ** 63n) - 1n])('refuses the seed %s', (seed) => {
    const text = `manual_seed: Overflow when unpacking long: expected -2^63 <= seed < 2^64, but got ${seed}`;
    expectError(() => gen(seed), ValueError, text);
  });

  it('refuses bytes that are no state and stays as it was', () => {
    const g = gen(1);
    const before = g.bytes();
    const size =
      'Expected either a CPUGeneratorImplStateLegacy of size 5048 or a CPUGeneratorImplState of size 5056 ' +
      'but found the input RNG state size to be 3';
    expectError(() => g.setBytes(new Uint8Array(3)), ValueError, size);
    expectError(() => g.setBytes(new Uint8Array(5056)), ValueError, 'Invalid mt19937 state');
    const beyond = gen(1).bytes();
    beyond[17] = 255; // next = 65280
    expectError(() => g.setBytes(beyond), ValueError, 'Invalid mt19937 state');
    // @ts-expect-error a state is bytes
    expectError(() => g.setBytes(new Float32Array(5056)), DTypeError, 'RNG state must be a torch.ByteTensor');
    expect(g.bytes()).toEqual(before);
  });
});

describe('bad arguments', () => {
  const g = gen();
  const f32 = new Float32Array(4);
  const f64 = new Float64Array(4);
  const huge = 'std::numeric_limits';

  it.each<[string, () => void, string]>([
    ['order', () => uniform(g, f32, 1, 0), 'uniform_ expects to return a [from, to) range, but found from=1 > to=0'],
    ['NaN', () => uniform(g, f32, Number.NaN, 1), 'uniform_: from is out of bounds for float: got nan'],
    ['inf', () => uniform(g, f64, 0, Number.POSITIVE_INFINITY), 'uniform_: to is out of bounds for double: got inf'],
    ['float32', () => uniform(g, f32, 1e39, 1e40), 'uniform_: from is out of bounds for float: got 1e+39'],
    [
      'width',
      () => uniform(g, f32, -3e38, 3e38),
      `uniform_ expects to-from <= ${huge}<Float>::max(), but found to=3e+38 and from=-3e+38 which result in to-from to exceed the limit`,
    ],
    [
      'width',
      () => uniform(g, f64, -1e308, 1e308),
      `uniform_ expects to-from <= ${huge}<Double>::max(), but found to=1e+308 and from=-1e+308 which result in to-from to exceed the limit`,
    ],
    ['std', () => normal(g, f32, 0, -1), 'normal expects std >= 0.0, but found std -1'],
    ['std', () => normal(g, f32, 0, Number.NaN), 'normal expects std >= 0.0, but found std nan'],
    ['range', () => randint(g, f64, 5, 5), "random_ expects 'from' to be less than 'to', but got from=5 >= to=5"],
    ['range', () => randint(g, f64, 5, 1), "random_ expects 'from' to be less than 'to', but got from=5 >= to=1"],
    ['low', () => randint(g, f64, 0.5, 2), "random_ expects 'from' to be an integer within ±(2^53 − 1), but got 0.5"],
    [
      'high',
      () => randint(g, f64, 0, 2 ** 53),
      `random_ expects 'to' to be an integer within ±(2^53 − 1), but got ${2 ** 53}`,
    ],
    [
      'uint8',
      () => randint(g, new Uint8Array(1), 0, 300),
      'random_: to - 1 is out of bounds for unsigned char: got 299',
    ],
    ['uint8', () => randint(g, new Uint8Array(1), -1, 3), 'random_: from is out of bounds for unsigned char: got -1'],
    ['bool', () => randint(g, new Uint8Array(1), 0, 3, 'bool'), 'random_: to - 1 is out of bounds for bool: got 2'],
    [
      'int32',
      () => randint(g, new Int32Array(1), 0, 2 ** 40),
      `random_: to - 1 is out of bounds for int: got ${2 ** 40 - 1}`,
    ],
    ['p', () => bernoulli(g, f32, 2), 'bernoulli_ expects p to be in [0, 1], but got p=2'],
    ['p', () => bernoulli(g, f32, Number.NaN), 'bernoulli_ expects p to be in [0, 1], but got p=nan'],
    [
      'ps',
      () => bernoulli(g, f32, Float32Array.of(0, 1, -0.5, 0)),
      'bernoulli_: Expected p_in >= 0 && p_in <= 1 to be true, but got false: p[2]=-0.5',
    ],
    ['lambda', () => exponential(g, f32, -1), 'exponential_ expects lambda >= 0.0, but found lambda=-1'],
    ['n', () => randperm(g, 1.5), 'randperm expects n to be an integer, but got 1.5'],
  ])('%s: a ValueError', (_, run, message) => {
    const before = g.bytes();
    expectError(run, ValueError, message);
    expect(g.bytes()).toEqual(before); // nothing was drawn
  });

  it('sizes: a ShapeError', () => {
    expectError(
      () => randperm(g, -1),
      ShapeError,
      'randperm: Trying to create tensor with negative dimension -1: [-1]',
    );
    const text = 'bernoulli_ expects one probability per element: 4, but got 2';
    expectError(() => bernoulli(g, f32, new Float64Array(2)), ShapeError, text);
  });
});

describe('edges', () => {
  it('empty arrays draw nothing', () => {
    const g = gen();
    uniform(g, new Float32Array(0));
    normal(g, new Float64Array(0));
    randint(g, new Int32Array(0), 0, 5);
    bernoulli(g, new Uint8Array(0), 0.5);
    expect(randperm(g, 0)).toEqual(new Float64Array(0));
    expect(g.bytes()).toEqual(gen().bytes());
  });

  it('normals have their moments, and tails beyond 4', () => {
    const x = new Float32Array(200_000);
    normal(gen(2), x, 3, 2);
    const mean = x.reduce((a, b) => a + b, 0) / x.length;
    const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length;
    expect(mean).toBeCloseTo(3, 1);
    expect(variance).toBeCloseTo(4, 1);
    expect(Math.max(...x.subarray(0, 100_000))).toBeGreaterThan(3 + 4 * 2);
    expect(x.every(Number.isFinite)).toBe(true);
  });

  it('a standard deviation or mean without bounds stays what arithmetic says', () => {
    const x = new Float64Array(2);
    normal(gen(0), x, Number.POSITIVE_INFINITY, 1);
    expect(x).toEqual(Float64Array.of(Infinity, Infinity));
    uniform(gen(0), x, -8e307, 8e307);
    expect(x.every(Number.isFinite)).toBe(true);
  });

  it('exponential with rate 0 is infinite', () => {
    const x = new Float32Array(2);
    exponential(gen(0), x, 0);
    expect(x).toEqual(Float32Array.of(Infinity, Infinity));
  });

  it('fma rounds once', () => {
    const tiny = 2 ** -30;
    // (1 + t)(1 − t) − 1 = −t², which two roundings lose.
    expect((1 + tiny) * (1 - tiny) - 1).toBe(0);
    expect(fma(1 + tiny, 1 - tiny, -1)).toBe(-(tiny ** 2));
    expect(fma(1e301, 2, 1)).toBe(2e301);
  });

  it.each([
    [0, '0'],
    [-0, '-0'],
    [1, '1'],
    [0.3, '0.3'],
    [0.0001234, '0.0001234'],
    [0.00001234, '1.234e-05'],
    [123456, '123456'],
    [1234567, '1.23457e+06'],
    [999999.7, '1e+06'],
    [-3e38, '-3e+38'],
    [1e100, '1e+100'],
    [Number.NEGATIVE_INFINITY, '-inf'],
  ])('prints %s as C++ does: %s', (x, text) => {
    expect(cppNumber(x)).toBe(text);
  });
});
