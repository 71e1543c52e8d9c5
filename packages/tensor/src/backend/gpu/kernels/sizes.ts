/**
 * Sizes in a kernel's body. Everything that a tensor's shape decides (bounds of loops, divisors, strides) is written as a
 * mark that holds its value, so that a driver can put it into the text or make it an argument: see `drivers/kernel-forms.ts`.
 * A number that is written as it is makes a kernel of its own for each value.
 */

/** A number that an operation's options decide, or the kernel itself, and that stands in the text. */
export interface Literal {
  readonly literal: number;
}

/** A factor, divisor or bound: a size, unless it is marked as a literal. */
export type Size = number | Literal;

export const literal = (value: number): Literal => ({ literal: value });

export const numberOf = (size: Size): number => (typeof size === 'number' ? size : size.literal);

/**
 * The size as it is written in a body: `#what:12#`. The same value for the same purpose becomes one argument, so `what`
 * tells apart what is equal by chance.
 */
export const written = (what: string, size: Size): string =>
  typeof size === 'number' ? `#${what.replaceAll(/[#:]/g, '')}:${size}#` : String(size.literal);

/** Whether a text is one number and nothing else: a size or a literal. */
export const isNumber = (text: string): boolean => /^(\d+|#[^#]*#)$/.test(text);

const MARK = /#[^#:]*:(-?\d+)#/g;

/** A body without its marks. */
export interface Sized {
  /** Sizes are called `size0`, `size1`, … */
  readonly text: string;
  /** Their values. */
  readonly values: readonly number[];
}

/** Names the sizes of a body. */
export function namedSizes(body: string): Sized {
  const names = new Map<string, string>();
  const values: number[] = [];
  const text = body.replace(MARK, (mark: string, value: string) => {
    let name = names.get(mark);
    if (name === undefined) {
      names.set(mark, (name = sizeName(values.length)));
      values.push(Number(value));
    }
    return name;
  });
  return { text, values };
}

export const sizeName = (index: number): string => `size${index}`;

/** A body whose sizes stand in its text. */
export const literalSizes = (body: string): string => body.replace(MARK, '$1');
