/**
 * Kernels of which each thread computes several neighbouring outputs of a row: what the outputs have in common is read once.
 * Where rows are no multiple of that, the kernel writes them longer than they are.
 */
import type { Driver, KernelSource, Lanes } from '../driver.js';
import { integer, shifted, weighted } from './indexing.js';
import { literal, written } from './sizes.js';

/** A kernel, and where the elements of its result lie in what it writes: their strides over the result's shape. */
export interface Laid {
  readonly kernel: KernelSource;
  readonly strides: readonly number[];
}

/**
 * Where the elements of a matrix of `columns` lie when a thread has computed `lanes` rows of a column: shape and strides of
 * the groups of rows, the rows in a group, and the columns. Rows behind the last come last.
 */
export const rowGroups = (rows: number, columns: number, lanes: Lanes): Pick<Grouped, 'sizes' | 'strides'> => ({
  sizes: [Math.ceil(rows / lanes), lanes, columns],
  strides: [columns * lanes, 1, lanes],
});

/** A kernel whose result lies in more dimensions than it has; in row-major order it begins with the result. */
export interface Grouped {
  readonly kernel: KernelSource;
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
}

/** The length of a row as it is written. */
export const laidRow = (length: number, lanes: Lanes): number => Math.ceil(length / lanes) * lanes;

/** Text for each lane. */
export const each = (lanes: Lanes, text: (lane: number) => string): string =>
  Array.from({ length: lanes }, (_, lane) => text(lane)).join('\n');

/**
 * Source that declares each lane's place in a row as the integers `name0`, `name1`, …, from the integer `group`. A lane
 * behind the row's end computes the last element once more, so that it reads nothing else.
 */
export function laneIndices(name: string, length: number, lanes: Lanes): string {
  const last = written(`last ${name}`, length - 1);
  // one text for all lengths that are no multiple, whichever lanes are the ones over
  const over = laidRow(length, lanes) > length;
  return each(lanes, (lane) => {
    const own = integer(`${name}${lane}`, shifted(weighted(['group', literal(lanes)]), lane));
    return over && lane > 0 ? `${own}\nif (${name}${lane} > ${last}) { ${name}${lane} = ${last}; }` : own;
  });
}

/** Source that declares a sum for each lane: `sum0`, `sum1`, … */
export const zeroSums = (lanes: Lanes): string => each(lanes, (lane) => `let sum${lane} = 0;`);

/** Source that returns the lanes' sums, as `result` sees each. */
export function returnSums(lanes: Lanes, result: (lane: number) => string = (lane) => `sum${lane}`): string {
  if (lanes === 1) return `return ${result(0)};`;
  return `return [${Array.from({ length: lanes }, (_, lane) => result(lane)).join(', ')}];`;
}

/** What a definition's name is called in a lane: definitions have names like `beta1` of their own. */
const inLane = (name: string, lane: number): string => `${name}Lane${lane}`;

/** Statements for each lane. What they declare is numbered by the lane, where there are several. */
export function eachNumbered(lanes: Lanes, statements: (lane: number) => string): string {
  if (lanes === 1) return statements(0);
  return each(lanes, (lane) => {
    const text = statements(lane);
    const names = Array.from(text.matchAll(/\b(?:let|const) (\w+)/g), ([, name]) => name);
    return text.replace(new RegExp(`\\b(?:${names.join('|')})\\b`, 'g'), (name) => inLane(name, lane));
  });
}

/** Source that returns what each lane's statements have declared under this name. */
export const returnNumbered = (lanes: Lanes, name: string): string =>
  lanes === 1 ? `return ${name};` : returnSums(lanes, (lane) => inLane(name, lane));

/** From so many outputs in a row and so many products in all, several outputs a thread pay: see docs/performance.md. */
export const laneLimits: { leastRow: number; leastProducts: number; leastByRows: number; leastElements: number } = {
  leastRow: 3,
  leastProducts: 2 ** 14,
  /** Products of matrices from which on the outputs of a thread are in a column. */
  leastByRows: 2 ** 20,
  /** Outputs that have nothing in common but how they are found. */
  leastElements: 2 ** 14,
};

/** How many outputs a thread is to compute. @param most what the device can do */
export const lanesFor = (row: number, products: number, most: Lanes): Lanes =>
  row >= laneLimits.leastRow && products >= laneLimits.leastProducts ? most : 1;

/** The same for a result of so many elements, whose rows are written as {@link laidRow} says: not where that would be too large. */
export function lanesOn(
  { lanes, maxBytes }: Pick<Driver, 'lanes' | 'maxBytes'>,
  row: number,
  elements: number,
  products: number,
): Lanes {
  const bytes = (elements / row) * laidRow(row, lanes) * Float32Array.BYTES_PER_ELEMENT;
  return bytes <= maxBytes ? lanesFor(row, products, lanes) : 1;
}

/** The same for results of which each element is made of its own operands. */
export const lanesForElements = (elements: number, most: Lanes): Lanes =>
  elements >= laneLimits.leastElements ? most : 1;
