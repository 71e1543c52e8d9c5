import { describe, expect, it } from 'vitest';
import {
  avgPool2dBackward,
  avgPool2dForward,
  type FloatArray,
  isResident,
  maxPool2dBackward,
  maxPool2dForward,
  type Pool2dShape,
} from '../src/index.js';
import { wasmKernels } from '../src/wasm/instance.js';
import { floatTypes, numbers, poolShape, worstError } from './support.js';

const NaNs = Number.NaN;
const lowest = Number.NEGATIVE_INFINITY;

/** The plane with its padding, cell by cell: what a window sees at (row, column), or null beyond the padded edge. */
type Cell = { value: number; index: number | null } | null;

function cell(s: Pool2dShape, x: ArrayLike<number>, plane: number, row: number, column: number): Cell {
  if (row < -s.padHeight || column < -s.padWidth) return null;
  if (row >= s.height + s.padHeight || column >= s.width + s.padWidth) return null;
  if (row < 0 || column < 0 || row >= s.height || column >= s.width) return { value: 0, index: null };
  const index = row * s.width + column;
  return { value: x[plane * s.height * s.width + index], index };
}

function windows(s: Pool2dShape, x: ArrayLike<number>): Cell[][] {
  const all: Cell[][] = [];
  for (let plane = 0; plane < s.planes; plane++) {
    for (let oh = 0; oh < s.outHeight; oh++) {
      for (let ow = 0; ow < s.outWidth; ow++) {
        const cells: Cell[] = [];
        for (let kh = 0; kh < s.kernelHeight; kh++) {
          for (let kw = 0; kw < s.kernelWidth; kw++) {
            const row = oh * s.strideHeight - s.padHeight + kh * s.dilationHeight;
            const column = ow * s.strideWidth - s.padWidth + kw * s.dilationWidth;
            cells.push(cell(s, x, plane, row, column));
          }
        }
        all.push(cells);
      }
    }
  }
  return all;
}

function naiveMax(s: Pool2dShape, x: ArrayLike<number>): { out: number[]; indices: number[] } {
  const out: number[] = [];
  const indices: number[] = [];
  for (const cells of windows(s, x)) {
    const inside = cells.filter((c) => c !== null && c.index !== null) as { value: number; index: number }[];
    const nan = inside.findLast((c) => Number.isNaN(c.value));
    const top = Math.max(...inside.map((c) => c.value));
    const best = nan ?? inside.find((c) => c.value === top);
    out.push(best?.value ?? lowest);
    indices.push(best?.index ?? -1);
  }
  return { out, indices };
}

/** Indices in the kind of memory in which the values are. */
function indicesFor(out: FloatArray, length: number): Int32Array {
  const resident = isResident(out) ? wasmKernels()?.memory.residents.allocate(Int32Array, length) : null;
  return (resident ?? new Int32Array(length)).fill(-5);
}

const maxCases: [string, Pool2dShape][] = [
  ['2x2', poolShape({})],
  ['2x2 on a width of 14', poolShape({ planes: 40, height: 14, width: 14 })],
  ['2x2 on an odd size', poolShape({ planes: 37, height: 15, width: 29 })],
  ['2x2 on narrow rows', poolShape({ planes: 60, height: 4, width: 5 })],
  ['2x2 with ceil', poolShape({ planes: 20, height: 5, width: 7, outHeight: 3, outWidth: 4 })],
  ['3x3 stride 2 padding 1', poolShape({ kernelHeight: 3, kernelWidth: 3, padHeight: 1, padWidth: 1 })],
  ['overlapping', poolShape({ kernelHeight: 3, kernelWidth: 2, strideHeight: 1, strideWidth: 1 })],
  [
    'dilation',
    poolShape({ kernelHeight: 2, kernelWidth: 3, dilationHeight: 3, dilationWidth: 2, strideHeight: 1, padWidth: 1 }),
  ],
  ['a window beyond the edge', poolShape({ planes: 1, height: 2, width: 2, outHeight: 2 })],
];

for (const [type, make] of floatTypes) {
  describe(`max pooling, ${type}`, () => {
    it.each(maxCases)('%s: values, indices and gradient', (_, s) => {
      const length = s.planes * s.height * s.width;
      // rounded, so that windows have ties
      const x = make(numbers(length + 2, 1).map((value) => Math.round(value * 3)));
      for (let i = 2; i < x.length; i += 11) x[i] = NaNs;
      for (let i = 7; i < x.length; i += 13) x[i] = lowest;
      const outLength = s.planes * s.outHeight * s.outWidth;
      const out = make(new Array(outLength + 1).fill(5));
      const indices = indicesFor(out, outLength);
      const want = naiveMax(s, x.subarray(2));
      maxPool2dForward<FloatArray>(s, x, 2, out, 1, indices);
      expect([...out]).toEqual([5, ...want.out]);
      expect([...indices]).toEqual(want.indices);
      const grad = make(numbers(outLength + 3, 2));
      const gradIn = make(new Array(length + 4).fill(6));
      const wantGrad = new Float64Array(length + 4).fill(6, 0, 4);
      indices.forEach((index, i) => {
        const plane = Math.floor(i / (s.outHeight * s.outWidth));
        if (index >= 0) wantGrad[4 + plane * s.height * s.width + index] += grad[3 + i];
      });
      maxPool2dBackward<FloatArray>(s, grad, 3, indices, gradIn, 4);
      expect(worstError(gradIn, wantGrad)).toBeLessThan(1e-6);
    });

    it('takes the first of equal maxima, the last NaN, and -Infinity where nothing is larger', () => {
      const s = poolShape({ planes: 32, height: 2, width: 8 });
      const row = [1, 1, NaNs, 0, lowest, lowest, 0, 2, 1, 1, NaNs, 3, lowest, lowest, 2, 2];
      const x = make(Array.from({ length: 32 }, () => row).flat());
      const out = make(new Array(128).fill(0));
      const indices = indicesFor(out, 128);
      maxPool2dForward<FloatArray>(s, x, 0, out, 0, indices);
      expect([...out.subarray(124)]).toEqual([1, NaNs, lowest, 2]);
      expect([...indices.subarray(124)]).toEqual([0, 10, 4, 7]);
    });
  });

  describe(`average pooling, ${type}`, () => {
    const cases: [string, Pool2dShape][] = [
      ['2x2', poolShape({})],
      ['padding', poolShape({ kernelHeight: 3, kernelWidth: 3, padHeight: 1, padWidth: 1 })],
      [
        'ceil',
        poolShape({ height: 7, width: 5, kernelHeight: 3, padHeight: 1, padWidth: 1, outHeight: 5, outWidth: 4 }),
      ],
      ['overlapping', poolShape({ kernelHeight: 3, kernelWidth: 2, strideHeight: 1, strideWidth: 1, padHeight: 1 })],
    ];
    for (const countIncludePad of [true, false]) {
      for (const divisor of [null, 3, -2]) {
        it.each(cases)(`%s, count_include_pad ${countIncludePad}, divisor ${divisor}`, (_, s) => {
          const length = s.planes * s.height * s.width;
          const outLength = s.planes * s.outHeight * s.outWidth;
          const x = make(numbers(length + 1, 1));
          const grad = make(numbers(outLength, 2));
          const out = make(new Array(outLength).fill(NaNs));
          const gradIn = make(new Array(length).fill(NaNs));
          const wantGrad = new Float64Array(length);
          const want = windows(s, x.subarray(1)).map((cells, i) => {
            const padded = cells.filter((c) => c !== null) as { value: number; index: number | null }[];
            const inside = padded.filter((c) => c.index !== null);
            if (inside.length === 0) return 0;
            const by = divisor ?? (countIncludePad ? padded : inside).length;
            const plane = Math.floor(i / (s.outHeight * s.outWidth));
            for (const c of inside) wantGrad[plane * s.height * s.width + (c.index ?? 0)] += grad[i] / by;
            return inside.reduce((sum, c) => sum + c.value, 0) / by;
          });
          avgPool2dForward<FloatArray>(s, countIncludePad, divisor, x, 1, out, 0);
          avgPool2dBackward<FloatArray>(s, countIncludePad, divisor, grad, 0, gradIn, 0);
          expect(worstError(out, want)).toBeLessThan(1e-6);
          expect(worstError(gradIn, wantGrad)).toBeLessThan(1e-6);
        });
      }
    }
  });
}

describe('pooling arguments', () => {
  const s = poolShape({ planes: 1 });
  const x = new Float32Array(36);
  const out = new Float32Array(9);

  it('names what does not fit', () => {
    expect(() => maxPool2dForward(s, x, 1, out, 0, new Int32Array(9))).toThrow(
      "maxPool2dForward: argument 'x' needs 36",
    );
    expect(() => maxPool2dForward(s, x, 0, out, 0, new Int32Array(8))).toThrow("argument 'indices' needs 9 elements");
    expect(() => maxPool2dBackward(s, out, 1, new Int32Array(9), x, 0)).toThrow("argument 'gradOut' needs 9 elements");
    expect(() => avgPool2dForward(s, true, null, x, 0, out, 1)).toThrow("avgPool2dForward: argument 'out' needs 9");
    expect(() => avgPool2dBackward(s, true, null, out, 0, x, 1)).toThrow(
      "avgPool2dBackward: argument 'gradIn' needs 36",
    );
    expect(() => maxPool2dForward({ ...s, kernelWidth: 0 }, x, 0, out, 0, new Int32Array(9))).toThrow(
      "argument 'kernelWidth' must be an integer of at least 1, but it is 0",
    );
  });

  it('refuses a divisor of 0 and a dilated average', () => {
    expect(() => avgPool2dForward(s, true, 0, x, 0, out, 0)).toThrow('avgPool2dForward: divisor must be not zero');
    expect(() => avgPool2dBackward({ ...s, dilationWidth: 2 }, true, null, out, 0, x, 0)).toThrow(
      'avgPool2dBackward: average pooling has no dilation, but it is 1x2',
    );
  });
});
