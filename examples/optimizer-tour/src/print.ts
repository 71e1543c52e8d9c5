/** Python's `print`, and the proof that what it printed is what PyTorch prints. */
import { deepStrictEqual } from 'node:assert';
import { readFileSync } from 'node:fs';

interface Expected {
  /** The version that printed it. */
  readonly torch: string;
  readonly lessons: Readonly<Record<string, readonly string[]>>;
}

/** Written by tools/pytorch-golden/optimizer_tour.py from the same lessons in PyTorch. */
const expected = JSON.parse(readFileSync(new URL('../expected.json', import.meta.url), 'utf8')) as Expected;

const printed: string[] = [];

/** Prints values as Python does: `None`, `True`, lists and dicts with their brackets, text as it is. */
export function print(...values: unknown[]): void {
  const text = values.map((value) => (typeof value === 'string' ? value : repr(value))).join(' ');
  printed.push(...text.split('\n'));
  console.log(text);
}

/** Python's `x.shape`, as it is printed. */
export const size = (shape: readonly number[]): string => `torch.Size([${shape.join(', ')}])`;

/** @throws AssertionError with the difference, unless exactly this was printed since the last lesson. */
export function expectPrinted(lesson: string): void {
  deepStrictEqual(printed.splice(0), expected.lessons[lesson], `lesson ${lesson} is not what PyTorch prints`);
}

function repr(value: unknown): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return `'${value}'`;
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`;
  if (Object.getPrototypeOf(value) !== Object.prototype) return String(value);
  return `{${Object.entries(value as object)
    .map(([key, item]) => `'${key}': ${repr(item)}`)
    .join(', ')}}`;
}
