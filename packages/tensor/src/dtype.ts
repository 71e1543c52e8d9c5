import { DTypeError, ValueError } from './errors.js';

/** Element types, written as their PyTorch names without `torch.`: `torch.float32 === 'float32'`. */
export type DType = 'float32' | 'float64' | 'int64' | 'int32' | 'uint8' | 'bool';

/** The typed arrays that hold tensor elements. int64 is held as safe integers in a Float64Array. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** Typed arrays that {@link DType}s can be read from; BigInt64Array is int64. */
export type TypedArrayInput = TypedArray | BigInt64Array;

export const float32 = 'float32' as const;
export const float64 = 'float64' as const;
export const int64 = 'int64' as const;
export const int32 = 'int32' as const;
export const uint8 = 'uint8' as const;
export const bool = 'bool' as const;

interface DTypeInfo {
  readonly array: new (length: number) => TypedArray;
  readonly itemsize: number;
  /** 0 bool, 1 integer, 2 floating: what type promotion compares first. */
  readonly category: 0 | 1 | 2;
  /** Place within the promotion order of the category. */
  readonly rank: number;
  /** The C++ name in PyTorch's messages. */
  readonly cname: string;
}

const INFO: Readonly<Record<DType, DTypeInfo>> = {
  bool: { array: Uint8Array, itemsize: 1, category: 0, rank: 0, cname: 'Bool' },
  uint8: { array: Uint8Array, itemsize: 1, category: 1, rank: 1, cname: 'Byte' },
  int32: { array: Int32Array, itemsize: 4, category: 1, rank: 2, cname: 'Int' },
  int64: { array: Float64Array, itemsize: 8, category: 1, rank: 3, cname: 'Long' },
  float32: { array: Float32Array, itemsize: 4, category: 2, rank: 4, cname: 'Float' },
  float64: { array: Float64Array, itemsize: 8, category: 2, rank: 5, cname: 'Double' },
};

export const DTYPES: readonly DType[] = Object.keys(INFO) as DType[];

export const isDType = (x: unknown): x is DType => typeof x === 'string' && Object.hasOwn(INFO, x);

/** @throws DTypeError for a string that is no dtype. */
export function checkDType(op: string, dtype: unknown): DType {
  if (!isDType(dtype)) {
    throw new DTypeError(`${op}(): unknown dtype ${String(dtype)}, expected one of ${DTYPES.join(', ')}`);
  }
  return dtype;
}

/** Zeroed memory for `length` elements. @throws ValueError, as PyTorch's allocator says it, when there is not as much. */
export function allocateArray(dtype: DType, length: number): TypedArray {
  try {
    return dtype === 'float32' ? new Float32Array(length) : new INFO[dtype].array(length);
  } catch (cause) {
    const bytes = length * itemsize(dtype);
    throw new ValueError(`can't allocate memory: you tried to allocate ${bytes} bytes`, { cause });
  }
}
export const itemsize = (dtype: DType): number => INFO[dtype].itemsize;
/** PyTorch's C++ name of a dtype, as its error messages print it: `Float`, `Long`, … */
export const cName = (dtype: DType): string => INFO[dtype].cname;

export const isFloating = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64';
export const isIntegral = (dtype: DType): boolean => INFO[dtype].category === 1;

/** The dtype of a typed array's elements (int64 for BigInt64Array, float64 for Float64Array). */
export function dtypeOfArray(array: TypedArrayInput): DType {
  if (array instanceof Float32Array) return 'float32';
  if (array instanceof Float64Array) return 'float64';
  if (array instanceof Int32Array) return 'int32';
  if (array instanceof Uint8Array) return 'uint8';
  return 'int64';
}

const infoOf = (op: string, dtype: DType): DTypeInfo => INFO[checkDType(op, dtype)];

/** The smaller dtype that both fit, as `torch.promote_types`. https://pytorch.org/docs/stable/generated/torch.promote_types.html */
export function promote_types(a: DType, b: DType): DType {
  const [x, y] = [infoOf('promote_types', a), infoOf('promote_types', b)];
  return a === b || x.rank > y.rank ? a : b;
}

/** Whether a value of dtype `from` may be stored in a tensor of dtype `to` by an in-place operation: `torch.can_cast`. */
export const can_cast = (from: DType, to: DType): boolean =>
  infoOf('can_cast', from).category <= infoOf('can_cast', to).category;

/** What an operand looks like to type promotion: a JavaScript number or boolean counts by its category only. */
export interface PromotionOperand {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** The dtype that a JavaScript scalar has in promotion: an integer-valued number is an integer scalar. */
export function scalarDType(value: number | boolean): DType {
  if (typeof value === 'boolean') return 'bool';
  return Number.isInteger(value) ? 'int64' : 'float32';
}

/**
 * The dtype of `a ∘ b`, as `torch.result_type`: tensors with dimensions decide first, then 0-dim tensors, then
 * JavaScript scalars; a lower class only counts when its category is higher.
 * https://pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc
 */
export function resultType(a: PromotionOperand | number | boolean, b: PromotionOperand | number | boolean): DType {
  const aIsTensor = typeof a === 'object';
  const bIsTensor = typeof b === 'object';
  if (aIsTensor && bIsTensor) {
    if (a.dtype === b.dtype) return a.dtype;
    const aDim = a.shape.length > 0;
    if (aDim === b.shape.length > 0) return promote_types(a.dtype, b.dtype);
    const [strong, weak] = aDim ? [a.dtype, b.dtype] : [b.dtype, a.dtype];
    return INFO[weak].category > INFO[strong].category ? weak : strong;
  }
  if (aIsTensor) return withScalar(a.dtype, b as number | boolean);
  if (bIsTensor) return withScalar(b.dtype, a as number | boolean);
  return promote_types(scalarDType(a as number), scalarDType(b as number));
}

function withScalar(dtype: DType, scalar: number | boolean): DType {
  const category = typeof scalar === 'boolean' ? 0 : Number.isInteger(scalar) ? 1 : 2;
  if (INFO[dtype].category >= category) return dtype;
  return category === 2 ? 'float32' : 'int64';
}

/** The default result of a floating-point function on integers: float32, as PyTorch's default dtype. */
export const toFloating = (dtype: DType): DType => (isFloating(dtype) ? dtype : 'float32');

/**
 * A number as an element of `dtype`, wrapped or rounded as PyTorch converts it: float to integer truncates,
 * int32 and uint8 wrap, bool is `x != 0`.
 * @throws ValueError for an int64 beyond ±(2^53 − 1), which a JavaScript number cannot hold.
 */
export function castNumber(value: number, dtype: DType): number {
  switch (dtype) {
    case 'float64':
      return value;
    case 'float32':
      return Math.fround(value);
    case 'int64':
      return checkSafe(Math.trunc(value));
    case 'int32':
      return Math.trunc(value) | 0;
    case 'uint8':
      return Math.trunc(value) & 255;
    case 'bool':
      return value !== 0 ? 1 : 0;
    default:
      return dtype satisfies never;
  }
}

const C_TYPES: Readonly<Record<DType, string>> = {
  bool: 'bool',
  uint8: 'uint8_t',
  int32: 'int',
  int64: 'int64_t',
  float32: 'float',
  float64: 'double',
};
const LARGEST: Readonly<Record<DType, number>> = {
  bool: Infinity,
  uint8: 255,
  int32: 2147483647,
  int64: 2 ** 63,
  float32: 3.4028234663852886e38,
  float64: Infinity,
};

/**
 * A user's scalar as an element of `dtype`, as `fill_` takes it: fractions are cut, but what the dtype cannot hold is an
 * error. (A negative number wraps in uint8, so that −1 is 255.)
 * @throws ValueError `value cannot be converted to type uint8_t without overflow`
 */
export function convertScalar(op: string, value: number | boolean, dtype: DType): number {
  if (typeof value !== 'number' && typeof value !== 'boolean' && typeof value !== 'bigint') {
    throw new ValueError(`${op}(): value must be a number, got ${value === null ? 'null' : `a ${typeof value}`}`);
  }
  const x = Number(value);
  const least = dtype === 'int32' ? -2147483648 : -LARGEST[dtype];
  const floating = INFO[dtype].category === 2;
  const fits = floating
    ? !Number.isFinite(x) || Math.abs(x) <= LARGEST[dtype]
    : dtype === 'bool' || (x >= least && x <= LARGEST[dtype]);
  if (!fits) {
    throw new ValueError(`${op}(): value cannot be converted to type ${C_TYPES[dtype]} without overflow: ${x}`);
  }
  return castNumber(x, dtype);
}

/** @throws ValueError when an int64 value is no safe integer. */
export function checkSafe(value: number): number {
  if (!Number.isSafeInteger(value)) {
    throw new ValueError(`int64 value ${value} is beyond ±(2^53 − 1), the integers that torchlet holds exactly`);
  }
  return value === 0 ? 0 : value; // no −0 among integers
}
