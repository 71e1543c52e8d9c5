/**
 * Sums over the columns of a convolution's kernel, for neighbouring outputs of a row. The columns stand in the text one after the
 * other, so that what several outputs read through several columns is read once.
 */
import type { Lanes } from '../driver.js';
import { loop, shifted } from './indexing.js';
import { literal, written } from './sizes.js';

/** The columns of a kernel that is wider than this are a loop. */
export const WIDEST_IN_TEXT = 16;

export interface Taps {
  /** Columns of the convolution's kernel. */
  readonly width: number;
  /** The source's column that `lane` reads through the kernel's column `tap` is `from` and this; null where it reads none. */
  offset(lane: number, tap: number): number | null;
  /** What {@link offset} grows by from one tap to the next. */
  readonly step: number;
  /** An integer expression. */
  readonly from: string;
  /** The least and the largest value of `from`. */
  readonly range: readonly [number, number];
  /** Columns of the source. */
  readonly columns: number;
  /** The source's element in the column of this expression. */
  source(column: string): string;
  /** The kernel's element in the column of this expression. */
  weight(column: string): string;
}

/** Source that adds all products to the lanes' sums. */
export function addTaps(taps: Taps, lanes: Lanes): string {
  if (taps.width <= WIDEST_IN_TEXT) return addFirst(taps, taps.width, lanes);
  const [low, high] = taps.range;
  const reach = taps.step * (taps.width - 1);
  const one: Taps = {
    ...taps,
    range: [low + Math.min(reach, 0), high + Math.max(reach, 0)],
    from: `(${taps.from} ${taps.step < 0 ? '-' : '+'} kx * ${Math.abs(taps.step)})`,
    weight: () => taps.weight('kx'),
  };
  return loop('kx', literal(taps.width), addFirst(one, 1, lanes));
}

/** The products of the kernel's first columns. */
function addFirst(taps: Taps, count: number, lanes: Lanes): string {
  const lines: string[] = [];
  const read = new Set<number>();
  for (let tap = 0; tap < count; tap++) {
    const sums: string[] = [];
    for (let lane = 0; lane < lanes; lane++) {
      const offset = taps.offset(lane, tap);
      if (offset === null) continue;
      if (!read.has(offset)) lines.push(load(taps, offset));
      read.add(offset);
      sums.push(`sum${lane} += ${element(offset)} * w${tap};`);
    }
    if (sums.length > 0) lines.push(`const w${tap} = ${taps.weight(String(tap))};`, ...sums);
  }
  return lines.join('\n');
}

const element = (offset: number): string => `e${offset < 0 ? 'm' : ''}${Math.abs(offset)}`;

/** Declares the source's element at an offset, 0 outside of it. */
function load(taps: Taps, offset: number): string {
  const [low, high] = taps.range;
  const column = shifted(taps.from, offset);
  const checks = [];
  if (low + offset < 0) checks.push(`${column} >= 0`);
  if (high + offset >= taps.columns) checks.push(`${column} < ${written('columns', taps.columns)}`);
  const read = taps.source(column);
  return `const ${element(offset)} = ${checks.length === 0 ? read : `(${checks.join(' && ')}) ? ${read} : 0`};`;
}
