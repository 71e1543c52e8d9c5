/** `out[b, i, j] = Σ_k a[b, i, k] · b[b, k, j] + bias[j]`; any strides, from the start of each array. */
import type { Lanes } from '../driver.js';
import { loop, unravel, weighted } from './indexing.js';
import { each, type Grouped, type Laid, laidRow, laneIndices, returnSums, rowGroups, zeroSums } from './lanes.js';

export interface MatmulShape {
  readonly batch: number;
  readonly n: number;
  readonly k: number;
  readonly m: number;
  /** Elements from one batch, row, column to the next. */
  readonly a: readonly [number, number, number];
  readonly b: readonly [number, number, number];
  /** Elements from one bias to the next, or null without. */
  readonly bias: number | null;
}

/** A thread computes `lanes` neighbours of a row. @returns the strides of `[batch, n, m]` */
export function matmulKernel(s: MatmulShape, lanes: Lanes): Laid {
  const at = (strides: MatmulShape['a'], row: string, column: string): string =>
    weighted(['batch', strides[0]], [row, strides[1]], [column, strides[2]]);
  const row = laidRow(s.m, lanes);
  const bias = s.bias;
  const products = `const x = a[${at(s.a, 'row', 'k')}];
${each(lanes, (lane) => `sum${lane} += x * b[${at(s.b, 'k', `column${lane}`)}];`)}`;
  const result = (lane: number): string =>
    bias === null ? `sum${lane}` : `sum${lane} + bias[${weighted([`column${lane}`, bias])}]`;
  return {
    strides: [s.n * row, row, 1],
    kernel: {
      op: 'matmul',
      parameters: bias === null ? ['a', 'b'] : ['a', 'b', 'bias'],
      outputs: s.batch * s.n * row,
      lanes,
      body: `${unravel(['batch', 'row', 'group'], [s.batch, s.n, row / lanes])}
${laneIndices('column', s.m, lanes)}
${zeroSums(lanes)}
${loop('k', s.k, products)}
${returnSums(lanes, result)}`,
    },
  };
}

/**
 * The same, where a thread computes `lanes` rows of a column: neighbouring threads read neighbouring columns, as a GPU's memory
 * likes best. Only where {@link takesRows}.
 */
export function matmulRowsKernel(s: MatmulShape, lanes: Lanes): Grouped {
  const groups = Math.ceil(s.n / lanes);
  const products = `const y = b[${weighted(['batch', s.b[0]], ['k', s.b[1]], ['column', s.b[2]])}];
${each(lanes, (lane) => `sum${lane} += a[${weighted(['batch', s.a[0]], [`row${lane}`, s.a[1]], ['k', s.a[2]])}] * y;`)}`;
  const result = (lane: number): string =>
    s.bias === null ? `sum${lane}` : `sum${lane} + bias[${weighted(['column', s.bias])}]`;
  return {
    ...rowGroups(s.batch * s.n, s.m, lanes),
    kernel: {
      op: 'matmul',
      parameters: s.bias === null ? ['a', 'b'] : ['a', 'b', 'bias'],
      outputs: s.batch * groups * lanes * s.m,
      lanes,
      body: `${unravel(['batch', 'group', 'column'], [s.batch, groups, s.m])}
${laneIndices('row', s.n, lanes)}
${zeroSums(lanes)}
${loop('k', s.k, products)}
${returnSums(lanes, result)}`,
    },
  };
}

/** Whether groups of `lanes` rows are groups of one matrix each. */
export const takesRows = (batch: number, n: number, lanes: Lanes): boolean =>
  n >= lanes && (batch === 1 || n % lanes === 0);
