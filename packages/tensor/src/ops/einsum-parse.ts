/** The equations of einsum. https://pytorch.org/docs/stable/generated/torch.einsum.html */
import { ShapeError, ValueError } from '../errors.js';
import type { Tensor } from '../tensor.js';

/** A label for each dimension: a letter, or `.k` for the k-th dimension from the right of an ellipsis. */
export interface Equation {
  readonly operands: readonly (readonly string[])[];
  readonly output: readonly string[];
}

const isLetter = (c: string): boolean => /^[a-zA-Z]$/.test(c);

/** One operand's subscripts; the ellipsis is one entry. */
function subscripts(text: string, start: number, what: string): string[] {
  const out: string[] = [];
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === ' ') continue;
    if (c === '.') {
      const output = what === 'output';
      if (out.includes('...')) {
        throw new ValueError(
          output
            ? "einsum(): found '.' for output but an ellipsis (...) was already found"
            : `einsum(): found '.' for ${what} for which an ellipsis was already found`,
        );
      }
      if (text.slice(i, i + 3) !== '...') {
        throw new ValueError(
          `einsum(): found '.' for ${what} that is not part of any ellipsis${output ? ' (...)' : ''}`,
        );
      }
      out.push('...');
      i += 2;
    } else if (isLetter(c)) out.push(c);
    else {
      throw new ValueError(
        `einsum(): invalid subscript given at index ${start + i} in the equation string, subscripts must be in [a-zA-Z]`,
      );
    }
  }
  return out;
}

/** @throws ValueError, ShapeError in PyTorch's words for what is no equation, or does not fit the operands. */
export function parseEquation(equation: string, operands: readonly Tensor[]): Equation {
  const arrow = equation.indexOf('->');
  const left = arrow < 0 ? equation : equation.slice(0, arrow);
  const texts = left.split(',');
  if (texts.length > operands.length) {
    throw new ValueError('einsum(): fewer operands were provided than specified in the equation');
  }
  let start = 0;
  const given = texts.map((text, i) => {
    const list = subscripts(text, start, `operand ${i}`);
    start += text.length + 1;
    return list;
  });
  if (texts.length < operands.length) {
    throw new ValueError('einsum(): more operands were provided than specified in the equation');
  }
  const labels = given.map((list, i) => labelsOf(list, operands[i].ndim, i));
  const dots = Math.max(0, ...labels.map((list) => list.filter((l) => l[0] === '.').length));
  const ellipsis = Array.from({ length: dots }, (_, i) => `.${dots - 1 - i}`);
  if (arrow < 0) return { operands: labels, output: [...ellipsis, ...once(given)] };
  const right = subscripts(equation.slice(arrow + 2), arrow + 2, 'output');
  checkOutput(right, given);
  return { operands: labels, output: right.flatMap((l) => (l === '...' ? ellipsis : [l])) };
}

function labelsOf(list: readonly string[], rank: number, operand: number): string[] {
  const has = list.includes('...');
  const named = list.length - (has ? 1 : 0);
  if (has ? named > rank : named !== rank) {
    throw new ShapeError(
      `einsum(): the number of subscripts in the equation (${named}) ${has ? 'is more than' : 'does not match'} the number of ` +
        `dimensions (${rank}) for operand ${operand}${has ? '' : ' and no ellipsis was given'}`,
    );
  }
  const covered = rank - named;
  return list.flatMap((l) => (l === '...' ? Array.from({ length: covered }, (_, i) => `.${covered - 1 - i}`) : [l]));
}

/** The letters that occur only once, capitals first. */
function once(given: readonly (readonly string[])[]): string[] {
  const all = given.flat().filter((l) => l !== '...');
  return all.filter((l) => all.indexOf(l) === all.lastIndexOf(l)).sort((a, b) => a.charCodeAt(0) - b.charCodeAt(0));
}

function checkOutput(right: readonly string[], given: readonly (readonly string[])[]): void {
  right.forEach((l, i) => {
    if (l === '...') return;
    if (right.indexOf(l) !== i)
      throw new ValueError(`einsum(): output subscript ${l} appears more than once in the output`);
    if (!given.some((list) => list.includes(l))) {
      throw new ValueError(`einsum(): output subscript ${l} does not appear in the equation for any input operand`);
    }
  });
}

/** PyTorch's other notation: each operand followed by a list of numbers below 52, perhaps one more for the output. */
export function fromSublists(args: readonly unknown[]): { equation: string; operands: Tensor[] } {
  const text = (list: unknown): string => {
    if (!Array.isArray(list)) throw new ValueError('einsum(): expected a list of subscripts after each operand');
    return list
      .map((n) => {
        if (n === '...') return n;
        if (!Number.isInteger(n) || n < 0 || n >= 52) {
          throw new ValueError(`einsum(): subscripts must be within the range [0, 52), got ${String(n)}`);
        }
        return String.fromCharCode(n < 26 ? 65 + n : 97 + n - 26);
      })
      .join('');
  };
  const pairs = Math.floor(args.length / 2);
  const operands = Array.from({ length: pairs }, (_, i) => args[2 * i] as Tensor);
  const left = operands.map((_, i) => text(args[2 * i + 1])).join(',');
  return { equation: args.length % 2 === 1 ? `${left}->${text(args[args.length - 1])}` : left, operands };
}
