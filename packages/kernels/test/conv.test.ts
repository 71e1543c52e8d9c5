import { describe, expect, it } from 'vitest';
import { blocksOf, isPointwise, limits, needsRowBlocks } from '../src/conv/shape.js';
import { HeapStage } from '../src/conv/stage.js';
import { writeGeometry } from '../src/conv/work.js';
import {
  type Conv2dShape,
  col2im,
  conv2dForward,
  conv2dInputGrad,
  conv2dWeightGrad,
  type FloatArray,
  im2col,
} from '../src/index.js';
import { instantiate } from '../src/wasm/instance.js';
import { convShape, eachProduct, floatTypes, numbers, worstError } from './support.js';

const cases: [string, Conv2dShape][] = [
  ['plain', convShape({ batch: 2, inChannels: 3, outChannels: 4 })],
  [
    'same, several blocks',
    convShape({ batch: 19, inChannels: 2, outChannels: 5, height: 14, width: 9, padTop: 1, padLeft: 1 }),
  ],
  ['wide padding', convShape({ batch: 2, inChannels: 2, outChannels: 3, padTop: 4, padLeft: 6 })],
  [
    'stride',
    convShape({
      batch: 3,
      inChannels: 2,
      outChannels: 3,
      height: 9,
      width: 8,
      strideHeight: 2,
      strideWidth: 3,
      padTop: 1,
    }),
  ],
  [
    'dilation',
    convShape({
      batch: 2,
      inChannels: 2,
      outChannels: 2,
      height: 9,
      width: 10,
      dilationHeight: 2,
      dilationWidth: 3,
      padLeft: 3,
    }),
  ],
  [
    'dilated same',
    convShape({
      batch: 2,
      inChannels: 2,
      outChannels: 2,
      height: 6,
      width: 7,
      dilationHeight: 2,
      dilationWidth: 2,
      padTop: 2,
      padLeft: 2,
    }),
  ],
  ['groups', convShape({ batch: 4, inChannels: 6, outChannels: 4, groups: 2, padTop: 1, padLeft: 1 })],
  ['depthwise', convShape({ batch: 2, inChannels: 5, outChannels: 10, groups: 5, padTop: 1, padLeft: 1 })],
  [
    'asymmetric same',
    convShape({
      batch: 2,
      inChannels: 2,
      outChannels: 3,
      kernelHeight: 2,
      kernelWidth: 4,
      padBottom: 1,
      padLeft: 1,
      padRight: 2,
    }),
  ],
  [
    'uneven kernel',
    convShape({
      batch: 2,
      inChannels: 2,
      outChannels: 3,
      height: 4,
      width: 11,
      kernelHeight: 1,
      kernelWidth: 5,
      padLeft: 2,
    }),
  ],
  ['pointwise', convShape({ batch: 3, inChannels: 4, outChannels: 5, kernelHeight: 1, kernelWidth: 1 })],
  [
    'pointwise groups',
    convShape({ batch: 3, inChannels: 4, outChannels: 6, groups: 2, kernelHeight: 1, kernelWidth: 1 }),
  ],
  [
    '1x1 with stride',
    convShape({
      batch: 3,
      inChannels: 4,
      outChannels: 5,
      kernelHeight: 1,
      kernelWidth: 1,
      strideHeight: 2,
      strideWidth: 2,
    }),
  ],
  [
    'kernel as large as the image',
    convShape({ batch: 2, inChannels: 3, outChannels: 2, kernelHeight: 5, kernelWidth: 5 }),
  ],
  [
    'pixels in rows of one',
    convShape({ batch: 2, inChannels: 2, outChannels: 2, height: 7, width: 1, padTop: 1, padLeft: 1 }),
  ],
];

function sizes(s: Conv2dShape): { x: number; w: number; out: number } {
  return {
    x: s.batch * s.inChannels * s.height * s.width,
    w: s.outChannels * (s.inChannels / s.groups) * s.kernelHeight * s.kernelWidth,
    out: s.batch * s.outChannels * s.outHeight * s.outWidth,
  };
}

/** Runs the three functions on random data and compares them with the definition. */
function compare(s: Conv2dShape, make: (values: ArrayLike<number>) => FloatArray, tolerance: number): void {
  const { x: xLength, w: wLength, out: outLength } = sizes(s);
  // offsets: the kernels must keep to their part of the arrays
  const x = make(numbers(xLength + 3, 1));
  const w = make(numbers(wLength + 2, 2));
  const bias = make(numbers(s.outChannels + 1, 3));
  const grad = make(numbers(outLength + 5, 4));
  const out = make(new Array(outLength + 4).fill(Number.NaN));
  const gradX = make(new Array(xLength + 3).fill(Number.NaN));
  const gradW = make(new Array(wLength + 2).fill(Number.NaN));
  const gradB = make(new Array(s.outChannels + 1).fill(Number.NaN));
  const wantOut = new Float64Array(outLength + 4).fill(Number.NaN, 0, 4);
  const wantX = new Float64Array(xLength + 3).fill(Number.NaN, 0, 3);
  const wantW = new Float64Array(wLength + 2).fill(Number.NaN, 0, 2);
  const wantB = new Float64Array(s.outChannels + 1).fill(Number.NaN, 0, 1);
  const plane = s.outHeight * s.outWidth;
  for (let i = 0; i < outLength; i++) {
    const channel = Math.floor(i / plane) % s.outChannels;
    wantOut[4 + i] = bias[1 + channel];
    wantB[1 + channel] += grad[5 + i];
  }
  eachProduct(s, (xi, wi, oi) => {
    wantOut[4 + oi] += x[3 + xi] * w[2 + wi];
    wantX[3 + xi] += grad[5 + oi] * w[2 + wi];
    wantW[2 + wi] += grad[5 + oi] * x[3 + xi];
  });
  conv2dForward<FloatArray>(s, x, 3, w, 2, bias, 1, out, 4);
  conv2dInputGrad<FloatArray>(s, grad, 5, w, 2, gradX, 3);
  conv2dWeightGrad<FloatArray>(s, x, 3, grad, 5, gradW, 2, gradB, 1);
  expect(worstError(out, wantOut)).toBeLessThan(tolerance * 2);
  expect(worstError(gradX, wantX)).toBeLessThan(tolerance * 2);
  expect(worstError(gradW, wantW, Math.sqrt(plane * s.batch))).toBeLessThan(tolerance * 2);
  expect(worstError(gradB, wantB, Math.sqrt(plane * s.batch))).toBeLessThan(tolerance);
}

for (const [type, make, tolerance] of floatTypes) {
  describe(`conv2d ${type}`, () => {
    it.each(cases)('%s: forward and both gradients equal the definition', (_, s) => {
      compare(s, make, tolerance);
    });

    it.each(cases)('%s: the same with blocks of few rows', (_, s) => {
      const before = limits.maxBlockElements;
      limits.maxBlockElements = 100;
      try {
        compare(s, make, tolerance);
      } finally {
        limits.maxBlockElements = before;
      }
    });

    it('works without bias and keeps NaN in its place', () => {
      const s = convShape({ padTop: 1, padLeft: 1 });
      const x = make([Number.NaN, ...numbers(24, 1)]);
      const w = make(numbers(9, 2));
      const out = make(new Array(25).fill(0));
      conv2dForward<FloatArray>(s, x, 0, w, 0, null, 0, out, 0);
      expect([...out].map(Number.isNaN)).toEqual(Array.from({ length: 25 }, (_, i) => [0, 1, 5, 6].includes(i)));
    });

    it('clears the gradients when nothing contributes', () => {
      const s = { ...convShape({ batch: 0 }) };
      const w = make(new Array(9).fill(5));
      const b = make([7]);
      conv2dWeightGrad<FloatArray>(s, make([]), 0, make([]), 0, w, 0, b, 0);
      expect([...w, ...b]).toEqual(new Array(10).fill(0));
      const gradX = make(new Array(25).fill(5));
      const empty = { ...convShape({}), outHeight: 0, outWidth: 0 };
      conv2dInputGrad<FloatArray>(empty, make([]), 0, make(numbers(9, 1)), 0, gradX, 0);
      expect([...gradX]).toEqual(new Array(25).fill(0));
    });

    it('im2col lays taps in rows and positions in columns; col2im adds them back', () => {
      for (const [, s] of cases) {
        const channels = s.inChannels / s.groups;
        const n = s.batch * s.outHeight * s.outWidth;
        const depth = channels * s.kernelHeight * s.kernelWidth;
        const group = s.groups - 1;
        const x = make(numbers(s.batch * s.inChannels * s.height * s.width, 1));
        const want = new Float64Array(depth * n);
        const counts = new Float64Array(x.length);
        // the taps of one output channel of the group, read off the definition of the convolution
        const one = { ...s, outChannels: s.groups };
        eachProduct(one, (xi, wi, oi) => {
          const plane = s.outHeight * s.outWidth;
          const [image, channel] = [Math.floor(oi / plane / s.groups), Math.floor(oi / plane) % s.groups];
          if (channel !== group) return;
          want[(wi - group * depth) * n + image * plane + (oi % plane)] = x[xi];
          counts[xi]++;
        });
        const col = make(new Array(depth * n).fill(Number.NaN));
        im2col<FloatArray>(s, x, 0, col, 0, s.batch, group);
        expect(worstError(col, want)).toBe(0);
        const back = make(new Array(x.length).fill(1));
        col2im<FloatArray>(s, make(new Array(depth * n).fill(1)), 0, back, 0, s.batch, group);
        expect([...back]).toEqual([...counts].map((count) => count + 1));
      }
    });
  });
}

describe('conv2d stages', () => {
  for (const build of ['simd', 'relaxed'] as const) {
    const kernels = instantiate(build);
    it.skipIf(kernels === null).each(cases)(`WebAssembly (${build}) unfolds and folds as loops do: %s`, (_, s) => {
      const { memory, exports } = kernels as NonNullable<typeof kernels>;
      const n = s.batch * s.outHeight * s.outWidth;
      const length = ((s.inChannels * s.kernelHeight * s.kernelWidth) / s.groups) * n;
      const image = s.inChannels * s.height * s.width;
      const [xAt, colAt] = memory.reserve([s.batch * image, length]);
      const part = (at: number, count: number): Float32Array => memory.floats.subarray(at / 4, at / 4 + count);
      const x = Float32Array.from(numbers(s.batch * image, 1));
      const col = new Float32Array(length);
      const back = new Float32Array(x.length);
      writeGeometry(memory.ints, memory.geometry / 4, s);
      for (let g = 0; g < s.groups; g++) {
        const first = xAt + (4 * g * image) / s.groups;
        part(xAt, x.length).set(x);
        im2col(s, x, 0, col, 0, s.batch, g);
        exports.unfold(memory.geometry, s.batch, 0, s.outHeight, first, colAt, n);
        expect(part(colAt, length)).toEqual(col);
        part(xAt, x.length).fill(0);
        back.fill(0);
        col2im(s, col, 0, back, 0, s.batch, g);
        exports.fold(memory.geometry, s.batch, 0, s.outHeight, colAt, n, first, 0);
        expect(worstError(part(xAt, x.length), back)).toBeLessThan(1e-6);
      }
    });
  }

  it('cuts a huge image into rows that cover it once', () => {
    const s = convShape({ batch: 2, inChannels: 64, outChannels: 1, height: 400, width: 500, padTop: 1, padLeft: 1 });
    expect(needsRowBlocks(s)).toBe(true);
    const rows = blocksOf(s).flatMap((b) => Array.from({ length: b.rows }, (_, i) => b.image * 400 + b.row + i));
    expect(rows).toEqual(Array.from({ length: 800 }, (_, i) => i));
  });

  it('computes an image in blocks of rows as it does whole', () => {
    const s = convShape({ inChannels: 2, outChannels: 3, height: 11, width: 7, padTop: 1, strideHeight: 2 });
    const x = Float64Array.from(numbers(154, 1));
    const n = s.outHeight * s.outWidth;
    const whole = new Float64Array(18 * n);
    im2col(s, x, 0, whole, 0);
    const stage = new HeapStage(x);
    const back = new Float64Array(x.length);
    const wantBack = new Float64Array(x.length);
    col2im(s, whole, 0, wantBack, 0);
    for (const [row, rows] of [
      [0, 2],
      [2, 4],
    ]) {
      const block = { image: 0, images: 1, row, rows };
      const col = { array: new Float64Array(18 * rows * s.outWidth), offset: 0 };
      stage.unfold(s, block, 0, { array: x, offset: 0 }, col);
      const want = Array.from({ length: 18 }, (_, tap) => [
        ...whole.subarray(tap * n + row * s.outWidth, tap * n + (row + rows) * s.outWidth),
      ]).flat();
      expect([...col.array]).toEqual(want);
      stage.fold(s, block, 0, col, { array: back, offset: 0 });
    }
    expect(worstError(back, wantBack)).toBeLessThan(1e-15);
  });

  it('recognises what needs no columns', () => {
    expect(isPointwise(convShape({ kernelHeight: 1, kernelWidth: 1 }))).toBe(true);
    expect(isPointwise(convShape({ kernelHeight: 1, kernelWidth: 1, strideWidth: 2 }))).toBe(false);
    expect(isPointwise(convShape({ kernelHeight: 1, kernelWidth: 1, padTop: 1 }))).toBe(false);
    expect(isPointwise(convShape({ kernelHeight: 1, kernelWidth: 1, padBottom: 1 }))).toBe(false);
  });

  it('says which argument is wrong', () => {
    const s = convShape({});
    const x = new Float32Array(25);
    const w = new Float32Array(9);
    const out = new Float32Array(9);
    const b = new Float32Array(1);
    expect(() => conv2dForward(s, x, 1, w, 0, b, 0, out, 0)).toThrow(
      "conv2dForward: argument 'x' needs 25 elements from offset 1, but the array has 25",
    );
    expect(() => conv2dForward(s, x, 0, w, 0, b, 1, out, 0)).toThrow("argument 'bias' needs 1 elements from offset 1");
    expect(() => conv2dInputGrad(s, out, 0, w, 5, x, 0)).toThrow("conv2dInputGrad: argument 'weight' needs 9 elements");
    expect(() => conv2dWeightGrad(s, x, 0, out, 2, w, 0, b, 0)).toThrow("conv2dWeightGrad: argument 'gradOut' needs 9");
    expect(() => im2col(s, x, 0, new Float32Array(80), 0)).toThrow("im2col: argument 'col' needs 81 elements");
    expect(() => conv2dForward({ ...s, strideWidth: 0 }, x, 0, w, 0, b, 0, out, 0)).toThrow(
      "argument 'strideWidth' must be an integer of at least 1, but it is 0",
    );
    expect(() => conv2dForward({ ...s, groups: 2 }, x, 0, w, 0, b, 0, out, 0)).toThrow(
      'conv2dForward: 1 input and 1 output channels must divide by 2 groups',
    );
  });
});
