/**
 * What neighbouring outputs of a row make of the columns of a window. The columns stand in the text one after the other, so that what
 * several outputs read through several columns is read once.
 */
import type { Lanes } from '../driver.js';
import { loop, shifted, weighted } from './indexing.js';
import { laidRow } from './lanes.js';
import { literal, written } from './sizes.js';

/** The columns of a window that is wider than this are a loop. */
const WIDEST_IN_TEXT = 16;

/** Where lanes read. */
export interface Taps {
  /** Columns of the window. */
  readonly width: number;
  /** The source's column that `lane` reads through the window's column `tap` is `from` and this; null where it reads none. */
  offset(lane: number, tap: number): number | null;
  /** What {@link offset} grows by from one tap to the next. */
  readonly step: number;
  /** An integer expression. */
  readonly from: string;
  /** The least and the largest value of `from`. */
  readonly range: readonly [number, number];
  /** Columns of the source. */
  readonly columns: number;
}

/** What they read, and do with it. */
export interface Visit {
  /**
   * Source that declares what stands in a column of the source, under names that begin with `name`; where `inside` is a condition,
   * the column may lie outside.
   */
  read(name: string, column: string, inside: string | null): string;
  /** Source that declares what belongs to a column of the window, under names that begin with `name`. */
  readTap(name: string, tap: string): string;
  /** Source that adds what has been read under these names to a lane's sum; `inside` as for {@link read}. */
  add(lane: number, name: string, tapName: string, inside: string | null): string;
}

/** An expression where `inside` holds, else another one. */
export const inside = (condition: string | null, expression: string, outside: string): string =>
  condition === null ? expression : `(${condition}) ? ${expression} : ${outside}`;

/** Statements where the condition holds. */
export const when = (condition: string | null, body: string): string =>
  condition === null ? body : `if (${condition}) {\n${body}\n}`;

/**
 * Visits `source` through each column, and adds its products with `weight`. What lies outside of the source has none, not even those of
 * zeros, which are not 0 where a weight is infinite.
 */
export const products = (source: (column: string) => string, weight: (tap: string) => string): Visit => ({
  read: (name, column, condition) => `const ${name} = ${inside(condition, source(column), '0')};`,
  readTap: (name, tap) => `const ${name} = ${weight(tap)};`,
  add: (lane, name, tapName, condition) => when(condition, `sum${lane} += ${name} * ${tapName};`),
});

/** Source of all visits. */
export function visitTaps(taps: Taps, visit: Visit, lanes: Lanes): string {
  if (taps.width <= WIDEST_IN_TEXT) return visitFirst(taps, visit, taps.width, lanes);
  const [low, high] = taps.range;
  const reach = taps.step * (taps.width - 1);
  const one: Taps = {
    ...taps,
    range: [low + Math.min(reach, 0), high + Math.max(reach, 0)],
    from: `(${taps.from} ${taps.step < 0 ? '-' : '+'} kx * ${Math.abs(taps.step)})`,
  };
  return loop(
    'kx',
    literal(taps.width),
    visitFirst(one, { ...visit, readTap: (name) => visit.readTap(name, 'kx') }, 1, lanes),
  );
}

/** The visits through the window's first columns. */
function visitFirst(taps: Taps, visit: Visit, count: number, lanes: Lanes): string {
  const lines: string[] = [];
  const read = new Set<number>();
  for (let tap = 0; tap < count; tap++) {
    const sums: string[] = [];
    for (let lane = 0; lane < lanes; lane++) {
      const offset = taps.offset(lane, tap);
      if (offset === null) continue;
      const name = `e${offset < 0 ? 'm' : ''}${Math.abs(offset)}`;
      const condition = insideSource(taps, offset);
      if (!read.has(offset)) lines.push(visit.read(name, shifted(taps.from, offset), condition));
      read.add(offset);
      sums.push(visit.add(lane, name, `w${tap}`, condition));
    }
    if (sums.length > 0) lines.push(visit.readTap(`w${tap}`, String(tap)), ...sums);
  }
  return lines.join('\n');
}

/** The condition for a column to lie in the source; null where it always does. */
function insideSource({ from, range: [low, high], columns }: Taps, offset: number): string | null {
  const column = shifted(from, offset);
  const checks = [];
  if (low + offset < 0) checks.push(`${column} >= 0`);
  if (high + offset >= columns) checks.push(`${column} < ${written('columns', columns)}`);
  return checks.length === 0 ? null : checks.join(' && ');
}

/** A window that moves along a row. */
export interface Moving {
  readonly width: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
}

/** Whether it is known through which of the window's columns each lane of a row of the image was seen. */
export const seesLanes = ({ width, stride }: Moving, lanes: Lanes): boolean =>
  lanes % stride === 0 && (stride === 1 || width <= WIDEST_IN_TEXT);

/** The places of the window from which the lanes, neighbours of a row of the image, were seen: `part` counts their groups. */
export function seenTaps(
  { width, stride, padding, dilation }: Moving,
  row: number,
  places: number,
  lanes: Lanes,
): Taps {
  const span = lanes / stride;
  return {
    width,
    offset: (lane, tap) => {
      const distance = lane + padding - tap * dilation;
      return distance % stride === 0 ? distance / stride : null;
    },
    step: -dilation,
    from: weighted(['part', literal(span)]),
    range: [0, laidRow(row, lanes) / stride - span],
    columns: places,
  };
}
