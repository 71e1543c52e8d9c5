import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { limits } from '../src/conv/shape.js';
import { conv2dForward, conv2dInputGrad, conv2dWeightGrad } from '../src/index.js';
import { convShape, numbers, residentCopy, worstError } from './support.js';

const small = (min: number, max: number) => fc.integer({ min, max });

/** Any convolution whose kernel fits into the padded image. */
const shapes = fc
  .record({
    batch: small(1, 5),
    groups: small(1, 3),
    inGroup: small(1, 3),
    outGroup: small(1, 6),
    height: small(1, 12),
    width: small(1, 12),
    kernelHeight: small(1, 4),
    kernelWidth: small(1, 4),
    strideHeight: small(1, 3),
    strideWidth: small(1, 3),
    padTop: small(0, 5),
    padLeft: small(0, 5),
    padBottom: small(0, 5),
    padRight: small(0, 5),
    dilationHeight: small(1, 3),
    dilationWidth: small(1, 3),
  })
  .map(({ inGroup, outGroup, ...fields }) =>
    convShape({ ...fields, inChannels: inGroup * fields.groups, outChannels: outGroup * fields.groups }),
  )
  .filter((s) => s.outHeight > 0 && s.outWidth > 0);

const usual = { ...limits };
afterEach(() => void Object.assign(limits, usual));

describe('conv2d of any shape', () => {
  it.each([
    ['as ever', {}],
    ['each image by itself, rows of the kernel in turns', { minPositions: 1, leastBand: 1, leastWideBand: 1 }],
    ['the same with gradients as they are', { minPositions: 1, leastBand: 1, leastWideBand: 1, mostTurned: 0 }],
    ['in strips', { minPositions: 1, stripElements: 1, minColumns: 1 }],
    [
      'in strips of some rows, kernels in turns',
      { minPositions: 1, leastBand: 1, leastWideBand: 1, mostTurned: 0, stripElements: 200, minColumns: 9 },
    ],
  ])('%s: gives in float32, mostly in WebAssembly, what it gives in float64 on the heap', (_, changed) => {
    Object.assign(limits, changed);
    fc.assert(
      fc.property(shapes, fc.nat(1000), fc.boolean(), (s, seed, resident) => {
        const make = (values: ArrayLike<number>): Float32Array =>
          resident ? residentCopy(values) : Float32Array.from(values);
        const x = make(numbers(s.batch * s.inChannels * s.height * s.width, seed));
        const taps = (s.inChannels / s.groups) * s.kernelHeight * s.kernelWidth;
        const w = make(numbers(s.outChannels * taps, seed + 1));
        const bias = make(numbers(s.outChannels, seed + 2));
        const grad = make(numbers(s.batch * s.outChannels * s.outHeight * s.outWidth, seed + 3));
        // what was in the results before must not matter
        const [out, gradX, gradW, gradB] = [grad, x, w, bias].map((array) => make(array).fill(Number.NaN));
        conv2dForward(s, x, 0, w, 0, bias, 0, out, 0);
        conv2dInputGrad(s, grad, 0, w, 0, gradX, 0);
        conv2dWeightGrad(s, x, 0, grad, 0, gradW, 0, gradB, 0);
        const [x64, w64, bias64, grad64] = [x, w, bias, grad].map((array) => Float64Array.from(array));
        const [wantOut, wantX, wantW, wantB] = [grad64, x64, w64, bias64].map((a) => new Float64Array(a.length));
        conv2dForward(s, x64, 0, w64, 0, bias64, 0, wantOut, 0);
        conv2dInputGrad(s, grad64, 0, w64, 0, wantX, 0);
        conv2dWeightGrad(s, x64, 0, grad64, 0, wantW, 0, wantB, 0);
        expect(worstError(out, wantOut)).toBeLessThan(1e-5);
        expect(worstError(gradX, wantX)).toBeLessThan(1e-5);
        expect(worstError(gradW, wantW, 10)).toBeLessThan(1e-5);
        expect(worstError(gradB, wantB, 10)).toBeLessThan(1e-5);
      }),
      { numRuns: 300 },
    );
  });
});
