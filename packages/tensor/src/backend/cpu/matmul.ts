/** Matrix products: transposed operands go to gemm as they are, anything that gemm cannot address is packed. */
import { gemm, type VectorLoop, vectorLoop } from '@torchlet/kernels';
import type { TypedArray } from '../../dtype.js';
import { checkSafe } from '../../dtype.js';
import type { Shape } from '../../shape.js';
import type { View } from '../backend.js';
import { copy, packedCopy } from './strided.js';

/** A matrix as gemm takes it: rows of `ld` elements, or columns when transposed. */
interface Operand {
  readonly array: TypedArray;
  readonly offset: number;
  readonly transposed: boolean;
  readonly ld: number;
}

function operand(
  x: View,
  rows: number,
  columns: number,
  rowStride: number,
  columnStride: number,
  offset: number,
): Operand {
  const array = x.storage.buffer as TypedArray;
  if ((columnStride === 1 || columns <= 1) && (rowStride >= columns || rows <= 1)) {
    return { array, offset, transposed: false, ld: rows <= 1 ? Math.max(1, columns) : Math.max(1, rowStride) };
  }
  if ((rowStride === 1 || rows <= 1) && (columnStride >= rows || columns <= 1)) {
    return { array, offset, transposed: true, ld: columns <= 1 ? Math.max(1, rows) : Math.max(1, columnStride) };
  }
  const view = {
    storage: x.storage,
    dtype: x.dtype,
    offset,
    shape: [rows, columns],
    strides: [rowStride, columnStride],
  };
  return { array: packedCopy(view), offset: 0, transposed: false, ld: Math.max(1, columns) };
}

/** Below this gemm is as good. */
const LEAST_DOT = 256;

let products: VectorLoop | null | undefined;

/** A row times a column, for which gemm packs both: false where the elements do not lie side by side in float32. */
function dot(a: View, b: View, k: number, out: View): boolean {
  if (k < LEAST_DOT || a.dtype !== 'float32' || a.strides.at(-1) !== 1 || b.strides.at(-2) !== 1) return false;
  products ??= vectorLoop({
    arrays: ['x', 'y'].map((name) => ({ name, read: true, write: false })),
    scalars: [],
    constants: {},
    body: '',
    result: { reduce: 'sum', of: 'x * y' },
  });
  if (products === null) return false;
  const arrays = [a, b].map((v) => v.storage.buffer as Float32Array);
  (out.storage.buffer as Float32Array)[out.offset] = products(k, arrays, [a.offset, b.offset], []);
  return true;
}

/** See `Backend.matmul`; `out` is contiguous. */
export function matmul(a: View, b: View, bias: View | null, out: View): void {
  const r = a.shape.length;
  const batch = r === 3 ? a.shape[0] : 1;
  const [n, k] = [a.shape[r - 2], a.shape[r - 1]];
  const m = b.shape[r - 1];
  const result = out.storage.buffer as TypedArray;
  if (n === 1 && m === 1 && batch === 1 && bias === null && dot(a, b, k, out)) return;
  if (bias !== null) copy(repeated(bias, out.shape), out);
  for (let i = 0; i < batch; i++) {
    const at = out.offset + i * n * m;
    const x = operand(a, n, k, a.strides[r - 2], a.strides[r - 1], a.offset + (r === 3 ? i * a.strides[0] : 0));
    const y = operand(b, k, m, b.strides[r - 2], b.strides[r - 1], b.offset + (r === 3 ? i * b.strides[0] : 0));
    const beta = bias === null ? 0 : 1;
    gemm(
      x.transposed,
      y.transposed,
      n,
      m,
      k,
      1,
      x.array,
      x.offset,
      x.ld,
      y.array,
      y.offset,
      y.ld,
      beta,
      result,
      at,
      Math.max(1, m),
    );
  }
  if (out.dtype === 'int64') for (let i = 0; i < batch * n * m; i++) checkSafe(result[out.offset + i]);
}

/** The bias as every row of the result. */
const repeated = (bias: View, shape: Shape): View => ({
  storage: bias.storage,
  dtype: bias.dtype,
  offset: bias.offset,
  shape,
  strides: shape.map((_, d) => (d === shape.length - 1 ? bias.strides[0] : 0)),
});
