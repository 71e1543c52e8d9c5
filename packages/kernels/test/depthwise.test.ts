/** Depthwise convolution, found directly, against the definition and against columns. */
import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { depthwiseForward, depthwiseInputGrad, depthwiseWeightGrad } from '../src/conv/depthwise.js';
import { depthwiseLimits, isDepthwise, isSeldomSeen, lying } from '../src/conv/depthwise-plan.js';
import { provider } from '../src/gemm/provider.js';
import { type Conv2dShape, conv2dForward, conv2dInputGrad, conv2dWeightGrad } from '../src/index.js';
import { convShape, eachProduct, numbers, residentCopy, worstError } from './support.js';

const usual = { ...depthwiseLimits };
afterEach(() => void Object.assign(depthwiseLimits, usual));

interface Data {
  readonly x: Float32Array;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly grad: Float32Array;
}
type Make = (values: ArrayLike<number>) => Float32Array;

function dataOf(s: Conv2dShape, seed: number, make: Make): Data {
  return {
    x: make(numbers(s.batch * s.inChannels * s.height * s.width, seed)),
    weight: make(numbers(s.outChannels * s.kernelHeight * s.kernelWidth, seed + 1)),
    bias: make(numbers(s.outChannels, seed + 2)),
    grad: make(numbers(s.batch * s.outChannels * s.outHeight * s.outWidth, seed + 3)),
  };
}

interface Results<T> {
  readonly out: T;
  readonly gradX: T;
  readonly gradW: T;
  readonly gradB: T;
}

/** The definition, in double precision. */
function definition(s: Conv2dShape, { x, weight, bias, grad }: Data): Results<Float64Array> {
  const [out, gradX, gradW, gradB] = [grad, x, weight, bias].map(({ length }) => new Float64Array(length));
  const plane = s.outHeight * s.outWidth;
  for (let i = 0; i < out.length; i++) {
    const channel = Math.floor(i / plane) % s.outChannels;
    out[i] = bias[channel];
    gradB[channel] += grad[i];
  }
  eachProduct(s, (xi, wi, oi) => {
    out[oi] += x[xi] * weight[wi];
    gradX[xi] += grad[oi] * weight[wi];
    gradW[wi] += grad[oi] * x[xi];
  });
  return { out, gradX, gradW, gradB };
}

/** The three passes, each of which has to apply. */
function direct(s: Conv2dShape, { x, weight, bias, grad }: Data, make: Make): Results<Float32Array> {
  // what was in the results before must not matter
  const [out, gradX, gradW, gradB] = [grad, x, weight, bias].map((like) => make(like).fill(Number.NaN));
  expect(depthwiseForward(s, x, 0, weight, 0, bias, 0, out, 0)).toBe(true);
  expect(depthwiseInputGrad(s, grad, 0, weight, 0, gradX, 0)).toBe(true);
  expect(depthwiseWeightGrad(s, x, 0, grad, 0, gradW, 0, gradB, 0)).toBe(true);
  return { out, gradX, gradW, gradB };
}

function expectClose(got: Results<Float32Array>, want: Results<Float64Array>): void {
  expect(worstError(got.out, want.out)).toBeLessThan(1e-5);
  expect(worstError(got.gradX, want.gradX)).toBeLessThan(1e-5);
  expect(worstError(got.gradW, want.gradW, 10)).toBeLessThan(1e-5);
  expect(worstError(got.gradB, want.gradB, 10)).toBeLessThan(1e-5);
}

const small = (min: number, max: number) => fc.integer({ min, max });
const sizes = { batch: small(1, 4), groups: small(2, 4), multiplier: small(1, 3) };
const paddings = { padTop: small(0, 5), padLeft: small(0, 5), padBottom: small(0, 5), padRight: small(0, 5) };
const steps = {
  strideHeight: small(1, 4),
  strideWidth: small(1, 4),
  dilationHeight: small(1, 3),
  dilationWidth: small(1, 3),
};
const image = { height: small(1, 24), width: small(1, 24) };
type Fields = Partial<Conv2dShape> & { groups: number; multiplier: number };
const shapeOf = ({ multiplier, ...fields }: Fields): Conv2dShape =>
  convShape({ ...fields, inChannels: fields.groups, outChannels: multiplier * fields.groups });
const possible = (s: Conv2dShape): boolean => s.outHeight > 0 && s.outWidth > 0;

const anyShape = fc
  .record({ ...sizes, ...image, ...paddings, ...steps, kernelHeight: small(1, 5), kernelWidth: small(1, 5) })
  .map(shapeOf)
  .filter(possible);
/** The kernels that have loops of their own. */
const shapes3x3 = fc
  .record({ ...sizes, ...image, ...paddings })
  .map(shapeOf)
  .filter(possible);
const limits = fc.record({
  bandElements: small(1, 2000),
  leastBand: small(1, 9),
  leastUnits: small(1, 16),
  mostMultiplier: fc.constant({ blas: 3, wasm: 3 }),
  leastTaps: fc.constant({ blas: 0, wasm: 0 }),
  leastGradTaps: fc.constant(0),
  mostShortRows: fc.constant(99),
  mostUnseen: fc.constant(9999),
});

/** Columns, which are laid on their side. */
const uprightShape = fc
  .record({
    ...sizes,
    ...steps,
    height: small(1, 99),
    padTop: small(0, 5),
    padBottom: small(0, 5),
    kernelHeight: small(1, 9),
  })
  .map((fields) => shapeOf({ ...fields, width: 1, kernelWidth: 1 }))
  .filter(possible);

describe.each([
  ['of any kind', anyShape],
  ['of a single column', uprightShape],
  ['of 3×3 in steps of one', shapes3x3],
])('depthwise convolution %s', (_, shapes) => {
  it('is what its definition says, in bands of any number of rows', () => {
    fc.assert(
      fc.property(shapes, limits, fc.nat(1000), fc.boolean(), (s, cut, seed, inMemory) => {
        Object.assign(depthwiseLimits, cut);
        const make: Make = (values) => (inMemory ? residentCopy(values) : Float32Array.from(values));
        const data = dataOf(s, seed, make);
        expectClose(direct(s, data, make), definition(s, data));
      }),
      { numRuns: 300 },
    );
  });

  it('keeps what is no number to the results that see it', () => {
    const special = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
    fc.assert(
      fc.property(shapes, limits, fc.nat(1000), special, fc.nat(), (s, cut, seed, value, place) => {
        Object.assign(depthwiseLimits, cut);
        const data = dataOf(s, seed, residentCopy);
        const inX = { ...data, x: residentCopy(data.x) };
        inX.x[place % data.x.length] = value;
        const { out, gradW } = direct(s, inX, residentCopy);
        const wanted = definition(s, inX);
        expect(worstError(out, wanted.out)).toBeLessThan(1e-5);
        expect(worstError(gradW, wanted.gradW, 10)).toBeLessThan(1e-5);
        const inGrad = { ...data, grad: residentCopy(data.grad) };
        inGrad.grad[place % data.grad.length] = value;
        const { gradX, gradB } = direct(s, inGrad, residentCopy);
        const wantedThen = definition(s, inGrad);
        expect(worstError(gradX, wantedThen.gradX)).toBeLessThan(1e-5);
        expect(worstError(gradB, wantedThen.gradB, 10)).toBeLessThan(1e-5);
      }),
      { numRuns: 200 },
    );
  });
});

const plain = shapeOf({ batch: 3, groups: 5, multiplier: 1, height: 9, width: 7, padTop: 1, padLeft: 1 });

describe('depthwise convolution', () => {
  it.each([
    ['3×3', plain],
    ['with strides', { ...plain, strideHeight: 2, strideWidth: 2, outHeight: 5, outWidth: 4 }],
  ])('keeps to its part of the arrays: %s', (_, s) => {
    const { x, weight, bias, grad } = dataOf(s, 3, residentCopy);
    const inside = (like: Float32Array): Float32Array => residentCopy(new Float32Array(like.length + 8)).fill(7);
    const [out, gradX, gradW, gradB] = [grad, x, weight, bias].map(inside);
    depthwiseForward(s, x, 0, weight, 0, bias, 0, out, 4);
    depthwiseInputGrad(s, grad, 0, weight, 0, gradX, 4);
    depthwiseWeightGrad(s, x, 0, grad, 0, gradW, 4, gradB, 4);
    for (const result of [out, gradX, gradW, gradB]) {
      expect([...result.subarray(0, 4), ...result.subarray(-4)]).toEqual(new Array(8).fill(7));
    }
    const part = (array: Float32Array): Float32Array => array.subarray(4, -4);
    expectClose(
      { out: part(out), gradX: part(gradX), gradW: part(gradW), gradB: part(gradB) },
      definition(s, { x, weight, bias, grad }),
    );
  });

  it('needs neither a bias nor its gradient', () => {
    const { x, weight, grad } = dataOf(plain, 5, residentCopy);
    const [out, gradW] = [residentCopy(grad), residentCopy(weight)];
    expect(depthwiseForward(plain, x, 0, weight, 0, null, 0, out, 0)).toBe(true);
    expect(depthwiseWeightGrad(plain, x, 0, grad, 0, gradW, 0, null, 0)).toBe(true);
    const want = definition(plain, { x, weight, bias: new Float32Array(5), grad });
    expect(worstError(out, want.out)).toBeLessThan(1e-5);
    expect(worstError(gradW, want.gradW, 10)).toBeLessThan(1e-5);
  });

  it('leaves infinite weights, which would meet the zeros around the images, to the columns', () => {
    for (const value of [Number.POSITIVE_INFINITY, Number.NaN]) {
      const data = dataOf(plain, 7, residentCopy);
      data.weight[4] = value;
      const gradX = residentCopy(data.x).fill(7);
      expect(depthwiseInputGrad(plain, data.grad, 0, data.weight, 0, gradX, 0)).toBe(false);
      conv2dInputGrad(plain, data.grad, 0, data.weight, 0, gradX, 0);
      expect(worstError(gradX, definition(plain, data).gradX)).toBeLessThan(1e-5);
    }
  });

  it('is what columns give', () => {
    const data = dataOf(plain, 9, residentCopy);
    const run = (): Float32Array[] => {
      const [out, gradX, gradW, gradB] = [data.grad, data.x, data.weight, data.bias].map(residentCopy);
      conv2dForward(plain, data.x, 0, data.weight, 0, data.bias, 0, out, 0);
      conv2dInputGrad(plain, data.grad, 0, data.weight, 0, gradX, 0);
      conv2dWeightGrad(plain, data.x, 0, data.grad, 0, gradW, 0, gradB, 0);
      return [out, gradX, gradW, gradB];
    };
    const got = run();
    depthwiseLimits.leastGroups = Number.POSITIVE_INFINITY;
    const columns = run();
    got.forEach((values, i) => {
      expect(worstError(values, columns[i])).toBeLessThan(1e-5);
    });
  });

  it('leaves many short rows, and the gradient of what few outputs see, to the columns', () => {
    const tall = shapeOf({ batch: 1, groups: 2, multiplier: 1, height: 35, width: 5 });
    expect(isDepthwise({ ...tall, height: 34, outHeight: 32 })).toBe(true);
    const once = shapeOf({
      batch: 1,
      groups: 2,
      multiplier: 1,
      height: 22,
      width: 9,
      kernelHeight: 22,
      kernelWidth: 1,
    });
    for (const [s, inputGradOnly] of [
      [tall, false],
      [once, true],
    ] as const) {
      const data = dataOf(s, 11, residentCopy);
      const [out, gradX] = [residentCopy(data.grad), residentCopy(data.x)];
      expect(depthwiseForward(s, data.x, 0, data.weight, 0, null, 0, out, 0)).toBe(inputGradOnly);
      expect(depthwiseInputGrad(s, data.grad, 0, data.weight, 0, gradX, 0)).toBe(false);
      conv2dInputGrad(s, data.grad, 0, data.weight, 0, gradX, 0);
      expect(worstError(gradX, definition(s, data).gradX)).toBeLessThan(1e-5);
    }
  });

  it('leaves strides that pass more elements than the kernel has taps to the columns', () => {
    const far = {
      ...plain,
      kernelHeight: 1,
      kernelWidth: 2,
      strideHeight: 2,
      strideWidth: 2,
      outHeight: 6,
      outWidth: 4,
    };
    expect(isDepthwise(far)).toBe(provider().name !== 'blas');
    expect(isDepthwise({ ...far, strideWidth: 1 })).toBe(true);
    expect(isSeldomSeen({ ...far, strideWidth: 1 })).toBe(true);
    expect(isSeldomSeen({ ...far, kernelHeight: 3 })).toBe(false);
    expect(isSeldomSeen({ ...plain, kernelHeight: 1, kernelWidth: 1 })).toBe(false);
  });

  it('has a single column for a row, where nothing lies beside it', () => {
    const upright = shapeOf({
      batch: 2,
      groups: 3,
      multiplier: 1,
      height: 9,
      width: 1,
      kernelHeight: 4,
      kernelWidth: 1,
    });
    const { height, width, kernelHeight, kernelWidth, outHeight, outWidth } = lying(upright);
    expect([height, width, kernelHeight, kernelWidth, outHeight, outWidth]).toEqual([1, 9, 1, 4, 1, 6]);
    const padded = { ...upright, padLeft: 1, outWidth: 2 };
    for (const s of [plain, padded]) expect(lying(s)).toBe(s);
  });

  it('is for several groups of one input channel and few output channels, in float32', () => {
    expect(isDepthwise(plain)).toBe(true);
    expect(isDepthwise({ ...plain, outChannels: 10 })).toBe(true);
    expect(isDepthwise({ ...plain, inChannels: 10, outChannels: 10 })).toBe(false);
    expect(isDepthwise({ ...plain, inChannels: 1, outChannels: 5, groups: 1 })).toBe(false);
    const { blas, wasm } = depthwiseLimits.mostMultiplier;
    const most = provider().name === 'blas' ? blas : wasm;
    expect([most, most + 1].map((multiplier) => isDepthwise({ ...plain, outChannels: 5 * multiplier }))).toEqual([
      true,
      false,
    ]);
    const x = new Float64Array(plain.batch * 5 * 63);
    const weight = new Float64Array(45);
    expect(depthwiseForward(plain, x, 0, weight, 0, null, 0, x, 0)).toBe(false);
    expect(depthwiseInputGrad(plain, x, 0, weight, 0, x, 0)).toBe(false);
    expect(depthwiseWeightGrad(plain, x, 0, x, 0, weight, 0, null, 0)).toBe(false);
  });
});
