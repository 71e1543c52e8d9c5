/** Nested arrays, typed arrays and tensors as the elements of a new tensor. */
import {
  allocateArray,
  castNumber,
  checkSafe,
  type DType,
  dtypeOfArray,
  promote_types,
  type TypedArray,
  type TypedArrayInput,
} from './dtype.js';
import { ShapeError, ValueError } from './errors.js';
import { fromHost } from './ops/kernel.js';
import { numelOf, type Shape } from './shape.js';
import type { Device } from './storage.js';
import { Tensor } from './tensor.js';

/** What `tensor` takes: numbers, booleans, typed arrays, tensors, and arrays of them as deep as you like. */
export type TensorData = number | boolean | bigint | TypedArrayInput | Tensor | readonly TensorData[];

const isTypedArray = (x: unknown): x is TypedArrayInput =>
  x instanceof Float32Array ||
  x instanceof Float64Array ||
  x instanceof Int32Array ||
  x instanceof Uint8Array ||
  x instanceof BigInt64Array;

/** The shape of nested data, from its first elements. */
export function shapeOf(data: TensorData): number[] {
  const shape: number[] = [];
  let x: TensorData = data;
  for (;;) {
    if (x instanceof Tensor) return [...shape, ...x.shape];
    if (isTypedArray(x)) return [...shape, x.length];
    if (!Array.isArray(x)) return shape;
    shape.push(x.length);
    if (x.length === 0) return shape;
    x = x[0];
  }
}

/** The dtype of nested data: float32 for numbers, bool for booleans, int64 for bigints, a typed array's own. */
function dtypeOf(data: TensorData): DType | null {
  if (data instanceof Tensor) return data.dtype;
  if (isTypedArray(data)) return dtypeOfArray(data);
  if (typeof data === 'number') return 'float32';
  if (typeof data === 'bigint') return 'int64';
  if (typeof data === 'boolean') return 'bool';
  let dtype: DType | null = null;
  for (const x of data) {
    const d = dtypeOf(x);
    if (d !== null) dtype = dtype === null ? d : promote_types(dtype, d);
  }
  return dtype;
}

/** Writes nested data in row-major order. @throws ShapeError for ragged arrays, ValueError for what is no number. */
function fillFrom(data: TensorData, shape: Shape, depth: number, out: TypedArray, at: number, dtype: DType): number {
  if (depth === shape.length) {
    if (typeof data === 'bigint') out[at] = castNumber(checkSafe(Number(data)), dtype);
    else if (typeof data === 'number' || typeof data === 'boolean') out[at] = castNumber(Number(data), dtype);
    else if (data instanceof Tensor && data.ndim === 0) out[at] = castNumber(Number(data.item()), dtype);
    else throw ragged(depth, data);
    return at + 1;
  }
  const list: ArrayLike<TensorData> | null =
    data instanceof Tensor
      ? (data.tolist() as TensorData[])
      : isTypedArray(data)
        ? Array.from<number | bigint>(data)
        : Array.isArray(data)
          ? data
          : null;
  if (list === null || list.length !== shape[depth]) {
    throw new ShapeError(
      `tensor(): expected sequence of length ${shape[depth]} at dim ${depth} (got ${list === null ? describe(data) : list.length})`,
    );
  }
  let next = at;
  for (let i = 0; i < list.length; i++) next = fillFrom(list[i], shape, depth + 1, out, next, dtype);
  return next;
}

const describe = (x: unknown): string => (x === null || x === undefined ? String(x) : `a ${typeof x}`);

const ragged = (depth: number, data: unknown): Error =>
  Array.isArray(data) || isTypedArray(data) || data instanceof Tensor
    ? new ShapeError(`tensor(): expected a number at dim ${depth} (got a sequence): the nested arrays are ragged`)
    : new ValueError(
        `tensor(): could not infer dtype of ${describe(data)}: expected numbers, booleans, typed arrays or Tensors`,
      );

/** @throws ValueError for what can be no element and no list of elements. */
export function checkData(data: unknown): void {
  const ok =
    ['number', 'boolean', 'bigint'].includes(typeof data) ||
    Array.isArray(data) ||
    isTypedArray(data) ||
    data instanceof Tensor;
  if (!ok)
    throw new ValueError(
      `tensor(): could not infer dtype of ${describe(data)}: expected numbers, booleans, typed arrays or Tensors`,
    );
}

/** dtypeOf, with an error of ours for what it cannot look into. */
export function scanDType(data: TensorData): DType | null {
  if (Array.isArray(data)) for (const x of data) checkData(x);
  return dtypeOf(data);
}

export function build(data: TensorData, dtype: DType, device: Device): Tensor {
  if (data instanceof Tensor) return data.detach().to({ dtype, device, copy: true });
  if (isTypedArray(data) && !(data instanceof BigInt64Array) && dtypeOfArray(data) === dtype) {
    return fromHost(data.slice(), [data.length], dtype, device);
  }
  const shape = shapeOf(data);
  const out = allocateArray(dtype, numelOf(shape));
  fillFrom(data, shape, 0, out, 0, dtype);
  return fromHost(out, shape, dtype, device);
}
