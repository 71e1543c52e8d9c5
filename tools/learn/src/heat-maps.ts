/** Matrices as coloured squares: red for positive numbers, blue for negative ones, or black on white. */
import { LINE, plain, SOFT, short, text, type Values, writeSvg } from './svg.js';

export interface HeatMap {
  readonly title: string;
  /** A matrix; a list of numbers is one row. */
  readonly values: Values;
  /** A second line below the title. */
  readonly note?: string;
}

export interface HeatMapOptions {
  /** Side of a square in pixels. */
  readonly cell?: number;
  /** Write the numbers into the squares, with so many digits behind the point; null (the default) writes none. */
  readonly digits?: number | null;
  /** How far the colours reach on either side of 0; the largest number of each matrix unless given. */
  readonly reach?: number;
  /** Black for the largest number, white for 0: for images. */
  readonly gray?: boolean;
  /** How many stand in a row; all of them unless given. */
  readonly columns?: number;
}

const GAP = 26;
const TITLE = 24;
const NOTE = 16;

export function heatMaps(path: string, maps: readonly HeatMap[], options: HeatMapOptions = {}): void {
  const { cell = 34, columns = maps.length } = options;
  const matrices = maps.map(({ values }) => matrixOf(values));
  const notes = maps.some(({ note }) => note !== undefined) ? NOTE : 0;
  const widths = maps.map(({ title, note = '' }, i) =>
    Math.max(matrices[i][0].length * cell, 7.4 * title.length, 6.4 * note.length),
  );
  const content: string[] = [];
  let [x, y, right] = [GAP, 0, 0];
  let rowHeight = 0;
  maps.forEach(({ title, note }, i) => {
    if (i % columns === 0) [x, y, rowHeight] = [GAP, y + rowHeight, 0];
    content.push(text(x, y + 22, title, { bold: true }));
    if (note !== undefined) content.push(text(x, y + 22 + NOTE, note, { size: 12, fill: SOFT }));
    content.push(...squares(matrices[i], x, y + TITLE + notes + 8, cell, options));
    rowHeight = Math.max(rowHeight, TITLE + notes + matrices[i].length * cell + GAP);
    right = Math.max(right, (x += widths[i] + GAP));
  });
  writeSvg(path, right, y + rowHeight + 4, content);
}

function matrixOf(values: Values): number[][] {
  const list = plain(values) as (number | number[])[];
  return Array.isArray(list[0]) ? (list as number[][]) : [list as number[]];
}

function squares(matrix: number[][], x: number, y: number, cell: number, options: HeatMapOptions): string[] {
  const { digits = null, gray = false } = options;
  const reach = options.reach ?? Math.max(1e-30, ...matrix.flat().map(Math.abs));
  const colors = matrix.map((row) => row.map((value) => (gray ? shade(value / reach) : tint(value / reach))));
  const [width, height] = [matrix[0].length * cell, matrix.length * cell];
  return [
    ...(digits === null ? runs(colors, x, y, cell) : numbered(matrix, colors, x, y, cell, digits)),
    `<rect x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}" fill="none" stroke="${LINE}"/>`,
  ];
}

/** Without numbers: neighbours of one colour are drawn together, and all of one colour are one path, so images stay small. */
function runs(colors: readonly string[][], x: number, y: number, cell: number): string[] {
  const paths = new Map<string, string>();
  colors.forEach((row, i) => {
    for (let j = 0, end = 0; j < row.length; j = end) {
      for (end = j + 1; row[end] === row[j]; ) end++;
      const [left, top, width] = [x + j * cell, y + i * cell, (end - j) * cell].map(short);
      paths.set(row[j], `${paths.get(row[j]) ?? ''}M${left} ${top}h${width}v${cell}h-${width}z`);
    }
  });
  paths.delete(WHITE);
  return [...paths].map(([fill, data]) => `<path d="${data}" fill="${fill}"/>`);
}

function numbered(
  matrix: number[][],
  colors: string[][],
  x: number,
  y: number,
  cell: number,
  digits: number,
): string[] {
  return matrix.flatMap((row, i) =>
    row.flatMap((value, j) => {
      const [left, top] = [x + j * cell, y + i * cell];
      const style = { anchor: 'middle', size: cell < 30 ? 11 : 13 } as const;
      return [
        `<rect x="${short(left)}" y="${short(top)}" width="${cell}" height="${cell}" fill="${colors[i][j]}" stroke="${LINE}"/>`,
        text(left + cell / 2, top + cell / 2 + 4.5, value.toFixed(digits), style),
      ];
    }),
  );
}

const WHITE = 'rgb(255,255,255)';

/** From -1 to 1 in steps, so that images have few colours. */
const stepped = (level: number): number => Math.round(Math.max(-1, Math.min(1, level)) * 16) / 16;

function shade(level: number): string {
  const value = Math.round(255 * (1 - Math.max(0, stepped(level))));
  return `rgb(${value},${value},${value})`;
}

/** From white to a red or a blue that black numbers can be read on. */
function tint(level: number): string {
  const [r, g, b] = level > 0 ? [226, 104, 80] : [86, 146, 216];
  const mix = (end: number): number => Math.round(255 + (end - 255) * Math.abs(stepped(level)));
  return `rgb(${mix(r)},${mix(g)},${mix(b)})`;
}
