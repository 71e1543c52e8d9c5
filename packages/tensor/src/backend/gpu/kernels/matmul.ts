/** `out[b, i, j] = Σ_k a[b, i, k] · b[b, k, j] + bias[j]`; any strides, from the start of each array. */
import type { KernelSource } from '../driver.js';
import { unravel, weighted } from './indexing.js';

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

export function matmulKernel(s: MatmulShape): KernelSource {
  const at = (strides: MatmulShape['a'], row: string, column: string): string =>
    weighted(['batch', strides[0]], [row, strides[1]], [column, strides[2]]);
  return {
    op: 'matmul',
    parameters: s.bias === null ? ['a', 'b'] : ['a', 'b', 'bias'],
    outputs: s.batch * s.n * s.m,
    body: `${unravel(['batch', 'row', 'column'], [s.batch, s.n, s.m])}
let sum = 0;
for (let k = 0; k < ${s.k}; k++) { sum += a[${at(s.a, 'row', 'k')}] * b[${at(s.b, 'k', 'column')}]; }
return ${s.bias === null ? 'sum' : `sum + bias[${weighted(['column', s.bias])}]`};`,
  };
}
