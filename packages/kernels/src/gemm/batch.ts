/** Products of two batches of matrices, which threads share. */
import { checkInteger, checkMatrix } from '../checks.js';
import { threadLimits } from '../parallel/limits.js';
import type { Varying } from '../parallel/pool.js';
import { BLOCKS_PER_THREAD } from '../parallel/split.js';
import type { NumericArray } from '../types.js';
import { wasmKernels } from '../wasm/instance.js';
import { gemm } from './gemm.js';
import { provider } from './provider.js';

/** Row-major matrices of one size in one array: elements from one to the next (0: all are the same), and from row to row. */
export interface Batch<T extends NumericArray = NumericArray> {
  readonly array: T;
  readonly offset: number;
  readonly step: number;
  readonly leading: number;
}

/**
 * `C[i] = op(A[i]) · op(B[i]) + beta · C[i]` for `count` matrices; their sizes, transposes and `beta` are those of {@link gemm}. The
 * matrices of `c` do not overlap. Throws a RangeError that names the argument when a matrix does not fit into its array.
 */
export function gemmBatch<T extends NumericArray>(
  count: number,
  transA: boolean,
  transB: boolean,
  m: number,
  n: number,
  k: number,
  a: Batch<T>,
  b: Batch<T>,
  beta: number,
  c: Batch<T>,
): void {
  checkInteger('gemmBatch', 'count', count, 0);
  if (count > 1 && shareBatch(count, transA, transB, m, n, k, a, b, beta, c)) return;
  let [p, q, r] = [a.offset, b.offset, c.offset];
  for (let i = 0; i < count; i++) {
    gemm(transA, transB, m, n, k, 1, a.array, p, a.leading, b.array, q, b.leading, beta, c.array, r, c.leading);
    p += a.step;
    q += b.step;
    r += c.step;
  }
}

/** Whole products for each thread; false, with nothing done, where that does not apply or does not pay. */
function shareBatch(
  count: number,
  transA: boolean,
  transB: boolean,
  m: number,
  n: number,
  k: number,
  a: Batch,
  b: Batch,
  beta: number,
  c: Batch,
): boolean {
  const { call, name } = provider();
  const kernels = wasmKernels();
  const product = m * n * k;
  if (call === null || kernels === null || product === 0) return false;
  const { memory, pool } = kernels;
  const least = threadLimits.leastProduct[name === 'blas' ? 'blas' : 'wasm'];
  if (pool.threads === 1 || count * product < least) return false;
  const blocks = BLOCKS_PER_THREAD * pool.threads;
  // a few large ones are better shared one by one
  if (count < blocks && product >= least) return false;
  if ([a, b, c].some(({ array }) => !(array instanceof Float32Array && memory.holds(array)))) return false;
  checkBatch('a', a, count, transA ? k : m, transA ? m : k);
  checkBatch('b', b, count, transB ? n : k, transB ? k : n);
  checkBatch('c', c, count, m, n);
  const perBlock = Math.ceil(count / blocks);
  const at = ({ array, offset, step }: Batch): Varying => ({
    base: array.byteOffset + 4 * offset,
    perBlock: 4 * step * perBlock,
    perTurn: 4 * step,
  });
  pool.run({
    blocks: Math.ceil(count / perBlock),
    turns: { total: count, perBlock },
    calls: [call(transA, transB, m, n, k, 1, at(a), a.leading, at(b), b.leading, beta, at(c), c.leading)],
  });
  return true;
}

function checkBatch(name: string, x: Batch, count: number, rows: number, columns: number): void {
  const op = 'gemmBatch';
  checkInteger(op, `${name}.step`, x.step, 0);
  checkInteger(op, `${name}.offset`, x.offset, 0);
  checkMatrix(op, name, x.array, x.offset + (count - 1) * x.step, rows, columns, x.leading);
}
