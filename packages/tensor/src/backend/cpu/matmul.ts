/** Matrix products: transposed operands go to gemm as they are, anything that gemm cannot address is packed. */
import { type Batch, gemmBatch, repeatArray, type VectorLoop, vectorLoop } from '@torchlet/kernels';
import type { TypedArray } from '../../dtype.js';
import { checkSafe } from '../../dtype.js';
import type { View } from '../backend.js';
import { release } from './memory.js';
import { packedCopy, withPacked } from './strided.js';

/** Matrices as gemm takes them: rows of `leading` elements, or columns when transposed. */
interface Operand extends Batch<TypedArray> {
  readonly transposed: boolean;
}

/** Of a view's last two dimensions, for each element of the one before if there is one. What is packed joins `copies`. */
function operand(x: View, copies: TypedArray[]): Operand {
  const { storage, dtype, offset, shape, strides } = x;
  const d = shape.length - 2;
  const [rows, columns] = [shape[d], shape[d + 1]];
  const [rowStride, columnStride] = [strides[d], strides[d + 1]];
  const array = storage.buffer as TypedArray;
  const step = d === 0 ? 0 : strides[0];
  if ((columnStride === 1 || columns <= 1) && (rowStride >= columns || rows <= 1)) {
    const leading = rows <= 1 ? Math.max(1, columns) : Math.max(1, rowStride);
    return { array, offset, step, leading, transposed: false };
  }
  if ((rowStride === 1 || rows <= 1) && (columnStride >= rows || columns <= 1)) {
    const leading = columns <= 1 ? Math.max(1, rows) : Math.max(1, columnStride);
    return { array, offset, step, leading, transposed: true };
  }
  // one matrix that stands for all is packed once
  const matrices =
    step === 0 ? { storage, dtype, offset, shape: [rows, columns], strides: [rowStride, columnStride] } : x;
  const packed = packedCopy(matrices);
  copies.push(packed);
  return {
    array: packed,
    offset: 0,
    step: step === 0 ? 0 : rows * columns,
    leading: Math.max(1, columns),
    transposed: false,
  };
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
  if (bias !== null) spread(bias, m, batch * n, out);
  const copies: TypedArray[] = [];
  const [x, y] = [operand(a, copies), operand(b, copies)];
  const z = { array: result, offset: out.offset, step: n * m, leading: Math.max(1, m) };
  gemmBatch(batch, x.transposed, y.transposed, n, m, k, x, y, bias === null ? 0 : 1, z);
  copies.forEach(release);
  if (out.dtype === 'int64') for (let i = 0; i < batch * n * m; i++) checkSafe(result[out.offset + i]);
}

/** The bias becomes every row of the result. */
function spread(bias: View, columns: number, rows: number, out: View): void {
  if (rows === 0 || columns === 0) return;
  withPacked([bias], ({ array, offset }) =>
    repeatArray(array, offset, columns, out.storage.buffer as TypedArray, out.offset, rows),
  );
}
