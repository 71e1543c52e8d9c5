import type { ConfusionMatrix } from './train.js';

/** The matrix as a table: a row for each digit, a column for each answer, and the part of the row that is right. */
export function formatConfusion(matrix: ConfusionMatrix): string {
  const digits = matrix.map((_, digit) => String(digit));
  const width = Math.max(...matrix.flat().map((count) => String(count).length)) + 2;
  const row = (head: string, cells: readonly string[], tail: string): string =>
    `${head.padEnd(5)}  ${cells.map((cell) => cell.padStart(width)).join('')}  ${tail.padStart(8)}`;
  const rows = matrix.map((counts, digit) =>
    row(
      digits[digit].padStart(5),
      counts.map((count) => (count === 0 ? '.' : String(count))),
      recall(counts, digit),
    ),
  );
  return ['what each digit (row) was taken for (column)', row('digit', digits, 'right'), ...rows].join('\n');
}

/** There may be no image of a digit. */
function recall(counts: readonly number[], digit: number): string {
  const shown = counts.reduce((sum, count) => sum + count, 0);
  return shown === 0 ? '-' : `${((100 * counts[digit]) / shown).toFixed(1)} %`;
}
