/**
 * What winograd.ts computes, in plain loops and for tiles of any size: the reference for its kernels, and the measure of what each size
 * costs in accuracy.
 */
import type { Conv2dShape } from './shape.js';

export type Matrix = readonly (readonly number[])[];

/** F(m×m, 3×3): outputs are Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A, with Aᵀ `[m, m + 2]`, G `[m + 2, 3]` and Bᵀ `[m + 2, m + 2]`. */
export interface Filter {
  readonly a: Matrix;
  readonly b: Matrix;
  readonly g: Matrix;
}

/** The one that winograd.ts uses. */
export const F2: Filter = {
  a: [
    [1, 1, 1, 0],
    [0, 1, -1, -1],
  ],
  b: [
    [1, 0, -1, 0],
    [0, 1, 1, 0],
    [0, -1, 1, 0],
    [0, 1, 0, -1],
  ],
  g: [
    [1, 0, 0],
    [0.5, 0.5, 0.5],
    [0.5, -0.5, 0.5],
    [0, 0, 1],
  ],
};

/** Four times fewer multiplications than the direct sum, and less accurate. */
export const F4: Filter = {
  a: [
    [1, 1, 1, 1, 1, 0],
    [0, 1, -1, 2, -2, 0],
    [0, 1, 1, 4, 4, 0],
    [0, 1, -1, 8, -8, 1],
  ],
  b: [
    [4, 0, -5, 0, 1, 0],
    [0, -4, -4, 1, 1, 0],
    [0, 4, -4, -1, 1, 0],
    [0, -2, -1, 2, 1, 0],
    [0, 2, -1, -2, 1, 0],
    [0, 4, 0, -5, 0, 1],
  ],
  g: [
    [1 / 4, 0, 0],
    [-1 / 6, -1 / 6, -1 / 6],
    [-1 / 6, 1 / 6, -1 / 6],
    [1 / 24, 1 / 12, 1 / 6],
    [1 / 24, -1 / 12, 1 / 6],
    [0, 0, 1],
  ],
};

/** `Math.fround` for the results of float32, or the identity. */
export type Rounding = (value: number) => number;

export const transpose = (m: Matrix): Matrix => m[0].map((_, column) => m.map((row) => row[column]));

function multiply(x: Matrix, y: Matrix, round: Rounding): Matrix {
  return x.map((row) => y[0].map((_, j) => row.reduce((sum, value, k) => round(sum + round(value * y[k][j])), 0)));
}

/** m x mᵀ. */
export const sandwich = (m: Matrix, x: Matrix, round: Rounding = (value) => value): Matrix =>
  multiply(multiply(m, x, round), transpose(m), round);

/** A square of a plane `[height, width]`, 0 outside it. */
export function patch(
  plane: ArrayLike<number>,
  height: number,
  width: number,
  top: number,
  left: number,
  size: number,
): Matrix {
  return Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (_, j) => {
      const [row, column] = [top + i, left + j];
      return row < 0 || column < 0 || row >= height || column >= width ? 0 : plane[row * width + column];
    }),
  );
}

type Visit = (image: number, top: number, left: number) => void;

function forEachTile(s: Conv2dShape, size: number, visit: Visit): void {
  for (let image = 0; image < s.batch; image++) {
    for (let top = 0; top < s.outHeight; top += size) {
      for (let left = 0; left < s.outWidth; left += size) visit(image, top, left);
    }
  }
}

/** Bᵀ d B of the inputs under one tile, for each channel. */
function inputsUnder(
  f: Filter,
  s: Conv2dShape,
  x: Float64Array,
  image: number,
  top: number,
  left: number,
  round: Rounding,
): Matrix[] {
  const plane = s.height * s.width;
  return Array.from({ length: s.inChannels }, (_, c) => {
    const at = (image * s.inChannels + c) * plane;
    const d = patch(x.subarray(at, at + plane), s.height, s.width, top - s.padTop, left - s.padLeft, f.b.length);
    return sandwich(f.b, d, round);
  });
}

/** The convolution without bias; `s` must be one of 3×3 in steps of one without groups. */
export function referenceForward(
  f: Filter,
  s: Conv2dShape,
  x: Float64Array,
  weight: Float64Array,
  round: Rounding,
): Float64Array {
  const out = new Float64Array(s.batch * s.outChannels * s.outHeight * s.outWidth);
  const size = f.a.length;
  const kernels = Array.from({ length: s.outChannels * s.inChannels }, (_, i) =>
    sandwich(f.g, patch(weight.subarray(9 * i, 9 * i + 9), 3, 3, 0, 0, 3), round),
  );
  forEachTile(s, size, (image, top, left) => {
    const inputs = inputsUnder(f, s, x, image, top, left, round);
    for (let o = 0; o < s.outChannels; o++) {
      const sums = f.b.map((row, i) =>
        row.map((_, j) =>
          inputs.reduce((sum, d, c) => round(sum + round(d[i][j] * kernels[o * s.inChannels + c][i][j])), 0),
        ),
      );
      const plane = (image * s.outChannels + o) * s.outHeight;
      sandwich(f.a, sums, round).forEach((values, i) => {
        values.forEach((value, j) => {
          if (top + i < s.outHeight && left + j < s.outWidth) out[(plane + top + i) * s.outWidth + left + j] = value;
        });
      });
    }
  });
  return out;
}

/** The gradient of the weight: the steps of {@link referenceForward}, each transposed. */
export function referenceWeightGrad(
  f: Filter,
  s: Conv2dShape,
  x: Float64Array,
  gradOut: Float64Array,
  round: Rounding,
): Float64Array {
  const size = f.a.length;
  const positions = s.outHeight * s.outWidth;
  const sums = Array.from({ length: s.outChannels * s.inChannels }, () => f.b.map((row) => row.map(() => 0)));
  forEachTile(s, size, (image, top, left) => {
    const inputs = inputsUnder(f, s, x, image, top, left, round);
    for (let o = 0; o < s.outChannels; o++) {
      const at = (image * s.outChannels + o) * positions;
      const y = patch(gradOut.subarray(at, at + positions), s.outHeight, s.outWidth, top, left, size);
      const grads = sandwich(transpose(f.a), y, round);
      inputs.forEach((d, c) => {
        const sum = sums[o * s.inChannels + c];
        d.forEach((row, i) => {
          row.forEach((value, j) => {
            sum[i][j] = round(sum[i][j] + round(value * grads[i][j]));
          });
        });
      });
    }
  });
  return Float64Array.from(sums.flatMap((sum) => sandwich(transpose(f.g), sum, round).flat()));
}
