import type { Conv2dShape, FloatArray, NumericArray, Pool2dShape } from '../src/index.js';
import { wasmKernels } from '../src/wasm/instance.js';

/** Numbers in -1 … 1, the same ones for the same seed. */
export function numbers(length: number, seed: number): number[] {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** The definition of the matrix product, in double precision, on a copy of `c`. */
export function naiveGemm(
  transA: boolean,
  transB: boolean,
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: NumericArray,
  aOffset: number,
  lda: number,
  b: NumericArray,
  bOffset: number,
  ldb: number,
  beta: number,
  c: NumericArray,
  cOffset: number,
  ldc: number,
): Float64Array {
  const result = Float64Array.from(c);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) {
        sum += a[aOffset + (transA ? l * lda + i : i * lda + l)] * b[bOffset + (transB ? j * ldb + l : l * ldb + j)];
      }
      const at = cOffset + i * ldc + j;
      result[at] = alpha * sum + (beta === 0 ? 0 : beta * result[at]);
    }
  }
  return result;
}

/** Largest |got - want| / (|want| + scale); 0 when both are NaN. */
export function worstError(got: ArrayLike<number>, want: ArrayLike<number>, scale = 1): number {
  if (got.length !== want.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < got.length; i++) {
    if (Object.is(got[i], want[i]) || got[i] === want[i]) continue;
    const error = Math.abs(got[i] - want[i]) / (Math.abs(want[i]) + scale);
    worst = Math.max(worst, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
  }
  return worst;
}

/** A convolution shape from its sizes; everything not given is the simplest value, outputs follow from the padding. */
export function convShape(given: Partial<Conv2dShape> & { padBottom?: number; padRight?: number }): Conv2dShape {
  const { padBottom, padRight, ...fields } = given;
  const s = {
    batch: 1,
    inChannels: 1,
    height: 5,
    width: 5,
    outChannels: 1,
    kernelHeight: 3,
    kernelWidth: 3,
    strideHeight: 1,
    strideWidth: 1,
    padTop: 0,
    padLeft: 0,
    dilationHeight: 1,
    dilationWidth: 1,
    groups: 1,
    ...fields,
  };
  const tall = s.height + s.padTop + (padBottom ?? s.padTop) - s.dilationHeight * (s.kernelHeight - 1) - 1;
  const wide = s.width + s.padLeft + (padRight ?? s.padLeft) - s.dilationWidth * (s.kernelWidth - 1) - 1;
  const outHeight = Math.floor(tall / s.strideHeight) + 1;
  const outWidth = Math.floor(wide / s.strideWidth) + 1;
  return { outHeight, outWidth, ...s };
}

/** Calls `visit` with the element offsets (x, weight, out) of every multiplication of the convolution. */
export function eachProduct(s: Conv2dShape, visit: (x: number, w: number, out: number) => void): void {
  const inGroup = s.inChannels / s.groups;
  const outGroup = s.outChannels / s.groups;
  for (let b = 0; b < s.batch; b++) {
    for (let o = 0; o < s.outChannels; o++) {
      for (let oh = 0; oh < s.outHeight; oh++) {
        for (let ow = 0; ow < s.outWidth; ow++) {
          for (let c = 0; c < inGroup; c++) {
            for (let kh = 0; kh < s.kernelHeight; kh++) {
              for (let kw = 0; kw < s.kernelWidth; kw++) {
                const h = oh * s.strideHeight - s.padTop + kh * s.dilationHeight;
                const w = ow * s.strideWidth - s.padLeft + kw * s.dilationWidth;
                if (h < 0 || w < 0 || h >= s.height || w >= s.width) continue;
                const channel = Math.floor(o / outGroup) * inGroup + c;
                visit(
                  ((b * s.inChannels + channel) * s.height + h) * s.width + w,
                  ((o * inGroup + c) * s.kernelHeight + kh) * s.kernelWidth + kw,
                  ((b * s.outChannels + o) * s.outHeight + oh) * s.outWidth + ow,
                );
              }
            }
          }
        }
      }
    }
  }
}

/** A pooling shape from its sizes; `outHeight` and `outWidth` may be given for windows over the edge. */
export function poolShape(given: Partial<Pool2dShape>): Pool2dShape {
  const s = {
    planes: 2,
    height: 6,
    width: 6,
    kernelHeight: 2,
    kernelWidth: 2,
    strideHeight: 2,
    strideWidth: 2,
    padHeight: 0,
    padWidth: 0,
    dilationHeight: 1,
    dilationWidth: 1,
    ...given,
  };
  const tall = s.height + 2 * s.padHeight - s.dilationHeight * (s.kernelHeight - 1) - 1;
  const wide = s.width + 2 * s.padWidth - s.dilationWidth * (s.kernelWidth - 1) - 1;
  return {
    outHeight: Math.floor(tall / s.strideHeight) + 1,
    outWidth: Math.floor(wide / s.strideWidth) + 1,
    ...s,
  };
}

/** A float32 array in WebAssembly memory, however short; on the heap where there is none. */
export function residentCopy(values: ArrayLike<number>): Float32Array {
  const array =
    wasmKernels()?.memory.residents.allocate(Float32Array, values.length) ?? new Float32Array(values.length);
  array.set(values);
  return array;
}

/** The element types, float32 in both kinds of memory, for tests that run on all. */
export const floatTypes: [string, (values: ArrayLike<number>) => FloatArray, number][] = [
  ['float32', (values) => Float32Array.from(values), 2e-6],
  ['float32 in WebAssembly memory', residentCopy, 2e-6],
  ['float64', (values) => Float64Array.from(values), 1e-13],
];
