/**
 * Draws by a counter-based generator: an element's number and a key are mixed into 48 random bits, so that threads need no
 * state. It is built as Philox is (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3",
 * https://www.thesalmons.org/john/random123/papers/random123sc11.pdf), with words of 12 bits: their products are integers
 * below 2^24, which 32-bit floats hold, so every GPU, and the emulation, draws the same numbers.
 */
import type { RandomDraw } from '../../backend.js';
import type { KernelSource } from '../driver.js';
import { divide, loop } from './indexing.js';
import { Translator } from './language.js';
import { literal } from './sizes.js';
import { type Place, walk } from './walk.js';

export interface PreparedDraw {
  readonly kernel: KernelSource;
  /** Behind the key's four words. */
  readonly scalars: readonly number[];
}

/** Words of the key, each below this. */
export const WORD = 4096;

/** 12 leave correlations of neighbours that a test of a million draws sees. */
const ROUNDS = 16;

/** The widest range of integers: its product with a word stays below 2^24. */
export const WIDEST_RANGE: number = WORD - 1;

const highWord = (out: string, product: string): string => `const ${out} = Math.floor(${product} * 0.000244140625);`;
const reduced = (sum: string): string => `${sum} - 4096 * Math.floor(${sum} * 0.000244140625)`;

/** Source that declares the random words `x0` … `x3`. */
const WORDS = `${divide('upper', 'i0', 'this.thread.x', literal(WORD))}
${divide('i2', 'i1', 'upper', literal(WORD))}
let x0 = 0.5; x0 = i0;
let x1 = 0.5; x1 = i1;
let x2 = 0.5; x2 = i2;
let x3 = 0;
let k0 = key0; let k1 = key1; let k2 = key2; let k3 = key3;
${loop(
  'round',
  literal(ROUNDS),
  `const left = x0 * 2899;
const right = x2 * 3289;
${highWord('leftHigh', 'left')}
${highWord('rightHigh', 'right')}
const one = rightHigh + x1 + k0;
const other = leftHigh + x3 + k1;
x0 = ${reduced('one')};
x1 = right - 4096 * rightHigh;
x2 = ${reduced('other')};
x3 = left - 4096 * leftHigh;
const first = k0;
const second = k1 + 2531;
const third = k2 + 1657;
k0 = ${reduced('second')};
k1 = ${reduced('third')};
k2 = k3;
k3 = first;`,
)}`;

/** 24 bits as a number in [0, 1). */
const unit = (high: string, low: string): string => `(${high} * 4096 + ${low}) * 5.9604644775390625e-8`;

/** Statements that set `result` from the uniform `u` and, where they are used, `v` or the words. */
function statements(draw: RandomDraw): string {
  switch (draw.kind) {
    case 'uniform':
      return 'result = from + u * (to - from); if (result >= to) result = from;';
    case 'normal':
      return 'result = mean + std * Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(6.283185307179586 * v);';
    case 'exponential':
      return 'result = -Math.log(1 - u) / lambd;';
    case 'bernoulli':
      return 'result = u < p ? scale : 0;';
    case 'integer':
      // the upper word of a product of 48 bits and the range
      return `let carry = Math.floor(x3 * range / 4096);
carry = Math.floor((x2 * range + carry) / 4096);
carry = Math.floor((x1 * range + carry) / 4096);
result = low + Math.floor((x0 * range + carry) / 4096);`;
  }
}

/** Names and values of the numbers that a distribution depends on. */
function numbersOf(draw: RandomDraw): Readonly<Record<string, number>> {
  switch (draw.kind) {
    case 'uniform':
      return { from: draw.from, to: draw.to };
    case 'normal':
      return { mean: draw.mean, std: draw.std };
    case 'exponential':
      return { lambd: draw.lambd };
    case 'bernoulli':
      return { ...(typeof draw.p === 'number' ? { p: draw.p } : {}), scale: draw.scale };
    case 'integer':
      return { low: draw.low, range: draw.high - draw.low };
  }
}

/** @param probabilities where those of a Bernoulli draw lie, if they are an array, over `shape` */
export function randomKernel(draw: RandomDraw, shape: readonly number[], probabilities: Place | null): PreparedDraw {
  const translator = new Translator();
  const numbers = numbersOf(draw);
  const { code, at, scalars, values } = walk(shape, probabilities === null ? [] : [probabilities]);
  const text = translator.statements(statements(draw));
  const kernel = translator.complete({
    op: draw.kind,
    parameters: probabilities === null ? [] : ['pArray'],
    scalars: ['key0', 'key1', 'key2', 'key3', ...Object.keys(numbers), ...scalars],
    outputs: shape.reduce((a, b) => a * b, 1),
    body: `${probabilities === null ? '' : `${code}\nconst p = pArray[${at(0)}];`}
${WORDS}
const u = ${unit('x0', 'x1')};
const v = ${unit('x2', 'x3')};
let result = 0;
${text}
return result;`,
  });
  return { kernel, scalars: [...Object.values(numbers), ...values, ...translator.scalars] };
}
