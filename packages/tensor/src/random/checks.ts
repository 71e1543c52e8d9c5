import type { DType } from '../dtype.js';
import { ShapeError, ValueError } from '../errors.js';

/** The largest finite float32. */
const MAX_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;

/** A number as a C++ stream prints a double, which is how it stands in PyTorch's messages: `1`, `0.3`, `3e+38`, `nan`. */
export function cppNumber(x: number): string {
  if (Number.isNaN(x)) return 'nan';
  if (!Number.isFinite(x)) return x > 0 ? 'inf' : '-inf';
  if (Object.is(x, -0)) return '-0';
  if (x === 0) return '0';
  const [mantissa, exponent] = x.toExponential(5).split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(Number(x.toPrecision(6)));
  return `${Number(mantissa)}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

export function checkUniform(from: number, to: number, single: boolean): void {
  const name = single ? 'float' : 'double';
  const max = single ? MAX_FLOAT32 : Number.MAX_VALUE;
  // Written so that NaN fails.
  if (!(Math.abs(from) <= max))
    throw new ValueError(`uniform_: from is out of bounds for ${name}: got ${cppNumber(from)}`);
  if (!(Math.abs(to) <= max)) throw new ValueError(`uniform_: to is out of bounds for ${name}: got ${cppNumber(to)}`);
  const found = `found from=${cppNumber(from)} > to=${cppNumber(to)}`;
  if (from > to) throw new ValueError(`uniform_ expects to return a [from, to) range, but ${found}`);
  if (to - from > max) {
    throw new ValueError(
      `uniform_ expects to-from <= std::numeric_limits<${single ? 'Float' : 'Double'}>::max(), but found ` +
        `to=${cppNumber(to)} and from=${cppNumber(from)} which result in to-from to exceed the limit`,
    );
  }
}

export function checkNormal(std: number): void {
  if (!(std >= 0)) throw new ValueError(`normal expects std >= 0.0, but found std ${cppNumber(std)}`);
}

const INTEGER_LIMITS: Partial<Record<DType, { max: number; min: number; name: string }>> = {
  bool: { min: 0, max: 1, name: 'bool' },
  uint8: { min: 0, max: 255, name: 'unsigned char' },
  int32: { min: -(2 ** 31), max: 2 ** 31 - 1, name: 'int' },
};

export function checkRandom(low: number, high: number, dtype: DType): void {
  for (const [name, value] of [
    ['from', low],
    ['to', high],
  ] as const) {
    if (!Number.isSafeInteger(value)) {
      throw new ValueError(`random_ expects '${name}' to be an integer within ±(2^53 − 1), but got ${value}`);
    }
  }
  if (low >= high) {
    throw new ValueError(`random_ expects 'from' to be less than 'to', but got from=${low} >= to=${high}`);
  }
  const limits = INTEGER_LIMITS[dtype];
  if (limits === undefined) return;
  const { min, max, name } = limits;
  if (low < min || low > max) throw new ValueError(`random_: from is out of bounds for ${name}: got ${low}`);
  if (high - 1 > max) throw new ValueError(`random_: to - 1 is out of bounds for ${name}: got ${high - 1}`);
}

export function checkProbability(p: number): void {
  if (!(p >= 0 && p <= 1)) throw new ValueError(`bernoulli_ expects p to be in [0, 1], but got p=${cppNumber(p)}`);
}

export function checkProbabilities(p: ArrayLike<number>, length: number): void {
  if (p.length !== length) {
    throw new ShapeError(`bernoulli_ expects one probability per element: ${length}, but got ${p.length}`);
  }
  for (let i = 0; i < length; i++) {
    if (!(p[i] >= 0 && p[i] <= 1)) {
      throw new ValueError(
        `bernoulli_: Expected p_in >= 0 && p_in <= 1 to be true, but got false: p[${i}]=${cppNumber(p[i])}`,
      );
    }
  }
}

export function checkExponential(lambda: number): void {
  if (!(lambda >= 0)) {
    throw new ValueError(`exponential_ expects lambda >= 0.0, but found lambda=${cppNumber(lambda)}`);
  }
}

export function checkPermutation(n: number): void {
  if (!Number.isSafeInteger(n)) throw new ValueError(`randperm expects n to be an integer, but got ${n}`);
  if (n < 0) throw new ShapeError(`randperm: Trying to create tensor with negative dimension ${n}: [${n}]`);
}
