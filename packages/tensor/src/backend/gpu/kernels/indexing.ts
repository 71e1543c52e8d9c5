/**
 * Pieces of kernel source. On a GPU, gpu.js turns `const x = this.thread.x` into a float, whose indices break above 2^24.
 * It keeps a variable an integer when that is incremented somewhere (`x++`), which every piece here makes sure of.
 */
import { numberOf, type Size, written } from './sizes.js';

/**
 * Source that declares integers `quotient` and `remainder` of the integer expression `value` (not negative) by a divisor.
 *
 * `/` is a division of floats: for a value beyond 2^24 the quotient is off by a little, and dividing what is left once
 * more brings it to within one, which the comparisons put right.
 */
export function divide(quotient: string, remainder: string, value: string, by: Size): string {
  const divisor = written(`${quotient} /`, by);
  return `let ${quotient} = 0;
let ${remainder} = 0;
${quotient} = (${value} / ${divisor}) | 0;
${remainder} = ${value} - ${quotient} * ${divisor};
${quotient} = ${quotient} + ((${remainder} / ${divisor}) | 0);
${remainder} = ${value} - ${quotient} * ${divisor};
if (${remainder} < 0) { ${quotient} = ${quotient} - 1; ${remainder} = ${remainder} + ${divisor}; }
if (${remainder} >= ${divisor}) { ${quotient}++; ${remainder}++; ${remainder} = ${value} - ${quotient} * ${divisor}; }`;
}

/** Source that declares an integer; the `++` is what keeps it one. `value` is made of integers. */
export const integer = (name: string, value: string): string => `let ${name} = 0;\n${name} = ${value} - 1;\n${name}++;`;

/**
 * The same from a float that is an integer and not negative: an element of an array, or a scalar. In WebGL 1, `|` is a
 * function that knows no negative numbers.
 */
export const integerOf = (name: string, float: string): string => integer(name, `(${float} | 0)`);

/**
 * Source that takes a flat index apart: one integer for each name, the last one running fastest.
 * The first name's size is not needed and may be any.
 */
export function unravel(names: readonly string[], sizes: readonly Size[], index = 'this.thread.x'): string {
  const lines: string[] = [];
  let rest = index;
  for (let d = names.length - 1; d > 0; d--) {
    const quotient = d === 1 ? names[0] : `rest${d}`;
    lines.push(divide(quotient, names[d], rest, sizes[d]));
    rest = quotient;
  }
  return lines.join('\n');
}

/** The expression `a * b + c * d + …`, without what is multiplied by zero; `0` when nothing is left. */
export function weighted(...terms: readonly (readonly [string, Size])[]): string {
  const kept = terms.filter(([, factor]) => numberOf(factor) !== 0);
  return kept.map((term) => product(...term)).join(' + ') || '0';
}

const product = (term: string, factor: Size): string =>
  numberOf(factor) === 1 ? term : `${term} * ${written(`${term} *`, factor)}`;

/** `(expression + shift)`, written without a negative literal. */
export const shifted = (expression: string, shift: number): string =>
  shift === 0 ? `(${expression})` : shift < 0 ? `(${expression} - ${-shift})` : `(${expression} + ${shift})`;

/** Source of a loop. */
export const loop = (name: string, count: Size, body: string): string =>
  `for (let ${name} = 0; ${name} < ${written(`${name} <`, count)}; ${name}++) {\n${body}\n}`;
