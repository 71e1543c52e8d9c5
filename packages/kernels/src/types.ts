/** The arrays on which every kernel runs fast; both element types run through the same code. */
export type FloatArray = Float32Array | Float64Array;

/** Anything the reference loops accept. Integer arrays wrap around as their element type does. */
export type NumericArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array;

/**
 * General matrix product on row-major arrays: `C = alpha * op(A) * op(B) + beta * C`, where `op` transposes if its flag
 * is set, `op(A)` is `m x k`, `op(B)` is `k x n` and `C` is `m x n`. Offsets and leading dimensions count elements.
 * With `beta` 0 the old content of `C` is never read; with `alpha` 0 or `k` 0 neither are `A` and `B`.
 */
export type Gemm<T> = (
  transA: boolean,
  transB: boolean,
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: T,
  aOffset: number,
  lda: number,
  b: T,
  bOffset: number,
  ldb: number,
  beta: number,
  c: T,
  cOffset: number,
  ldc: number,
) => void;
