/** Convolution by Winograd's method against its reference, the definition and the direct convolution. */
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { winogradForward, winogradInputGrad, winogradWeightGrad } from '../src/conv/winograd.js';
import { suits, winogradLimits } from '../src/conv/winograd-plan.js';
import { F2, F4, type Filter, referenceForward, referenceWeightGrad } from '../src/conv/winograd-reference.js';
import { blasProvider, type GemmProvider, wasmProvider } from '../src/gemm/provider.js';
import { type Conv2dShape, conv2dForward, conv2dInputGrad, conv2dWeightGrad } from '../src/index.js';
import { type WasmKernels, wasmKernels } from '../src/wasm/instance.js';
import { convShape, eachProduct, numbers, residentCopy, worstError } from './support.js';

let chosen: GemmProvider | null = null;
vi.mock(import('../src/gemm/provider.js'), async (original) => {
  const real = await original();
  return { ...real, provider: () => chosen ?? real.provider() };
});
const usual = { ...winogradLimits };
afterEach(() => {
  chosen = null;
  Object.assign(winogradLimits, usual);
});

/** The limit of channels without AVX-512, whatever there is. */
const from = (channels: number): void =>
  void Object.assign(winogradLimits, { leastChannels: channels, leastChannelsWide: channels });

/** Makes everything that can be found by Winograd's method be found by it, in strips of few rows. */
function always(): void {
  from(1);
  Object.assign(winogradLimits, {
    leastTiles: 1,
    leastWork: 1,
    stripElements: 1 << 11,
    leastColumns: 1,
  });
}

interface Data<T> {
  readonly x: T;
  readonly weight: T;
  readonly bias: T;
  readonly grad: T;
}

function dataOf<T>(s: Conv2dShape, seed: number, make: (values: number[]) => T): Data<T> {
  return {
    x: make(numbers(s.batch * s.inChannels * s.height * s.width, seed)),
    weight: make(numbers(9 * s.inChannels * s.outChannels, seed + 1)),
    bias: make(numbers(s.outChannels, seed + 2)),
    grad: make(numbers(s.batch * s.outChannels * s.outHeight * s.outWidth, seed + 3)),
  };
}

type Floats = Float32Array | Float64Array;

/** Output and gradients of input, weight and bias through the public functions. */
function run<T extends Floats>(s: Conv2dShape, { x, weight, bias, grad }: Data<T>, make: (like: T) => T): T[] {
  // what was in the results before must not matter
  const [out, gradX, gradW, gradB] = [grad, x, weight, bias].map((like) => make(like).fill(Number.NaN) as T);
  conv2dForward<Floats>(s, x, 0, weight, 0, bias, 0, out, 0);
  conv2dInputGrad<Floats>(s, grad, 0, weight, 0, gradX, 0);
  conv2dWeightGrad<Floats>(s, x, 0, grad, 0, gradW, 0, gradB, 0);
  return [out, gradX, gradW, gradB];
}

const float64 = (values: ArrayLike<number>): Float64Array => Float64Array.from(values);

/** Whether all three functions do it, and nobody leaves it to the direct convolution. */
function usesWinograd(s: Conv2dShape, { x, weight, bias, grad }: Data<Float32Array>): boolean {
  const [out, gradX, gradW, gradB] = [grad, x, weight, bias].map((like) => residentCopy(like));
  return (
    winogradForward(s, x, 0, weight, 0, bias, 0, out, 0) &&
    winogradInputGrad(s, grad, 0, weight, 0, gradX, 0) &&
    winogradWeightGrad(s, x, 0, grad, 0, gradW, 0, gradB, 0)
  );
}

const small = (min: number, max: number) => fc.integer({ min, max });
const shapes = fc
  .record({
    batch: small(1, 4),
    inChannels: small(1, 9),
    outChannels: small(1, 9),
    height: small(1, 23),
    width: small(1, 23),
    padTop: small(0, 4),
    padLeft: small(0, 4),
    padBottom: small(0, 4),
    padRight: small(0, 4),
  })
  .map((fields) => convShape(fields))
  .filter((s) => s.outHeight > 0 && s.outWidth > 0);

const providers: [string, GemmProvider | null][] = [
  ['BLAS', blasProvider()],
  ['WebAssembly', wasmProvider(wasmKernels() as WasmKernels)],
];

describe.each(providers)('convolution of 3×3 with products by %s', (_, provider) => {
  it.skipIf(provider === null)('is, in tiles, what it is in float64, whatever its size and padding', () => {
    chosen = provider;
    always();
    fc.assert(
      fc.property(shapes, fc.nat(1000), fc.boolean(), fc.boolean(), (s, seed, inMemory, kept) => {
        winogradLimits.leastParts = kept ? Number.POSITIVE_INFINITY : 0;
        const copy = (values: ArrayLike<number>): Float32Array =>
          inMemory ? residentCopy(values) : Float32Array.from(values);
        const data = dataOf(s, seed, copy);
        expect(usesWinograd(s, data)).toBe(true);
        const got = run(s, data, copy);
        const want = run(
          s,
          dataOf(s, seed, (values) => float64(copy(values))),
          float64,
        );
        got.forEach((values, i) => {
          expect(worstError(values, want[i], i < 2 ? 1 : 10)).toBeLessThan(1e-5);
        });
      }),
      { numRuns: 150 },
    );
  });

  it.skipIf(provider === null)('keeps to its part of the arrays', () => {
    chosen = provider;
    always();
    const s = convShape({ batch: 3, inChannels: 5, outChannels: 6, height: 9, width: 7, padTop: 1, padLeft: 2 });
    const { x, weight, bias, grad } = dataOf(s, 3, residentCopy);
    const inside = (like: Float32Array): Float32Array => residentCopy(new Float32Array(like.length + 8)).fill(7);
    const [out, gradX, gradW, gradB] = [inside(grad), inside(x), inside(weight), inside(bias)];
    expect(winogradForward(s, x, 0, weight, 0, bias, 0, out, 4)).toBe(true);
    expect(winogradInputGrad(s, grad, 0, weight, 0, gradX, 4)).toBe(true);
    expect(winogradWeightGrad(s, x, 0, grad, 0, gradW, 4, gradB, 4)).toBe(true);
    for (const result of [out, gradX, gradW, gradB]) {
      expect([...result.subarray(0, 4), ...result.subarray(-4)]).toEqual(new Array(8).fill(7));
    }
    const want = run(
      s,
      dataOf(s, 3, (values) => float64(Float32Array.from(values))),
      float64,
    );
    [out, gradX, gradW, gradB].forEach((result, i) => {
      expect(worstError(result.subarray(4, -4), want[i], 10)).toBeLessThan(1e-6);
    });
  });
});

describe('what must not spread', () => {
  beforeEach(() => from(16));
  const s = convShape({ batch: 2, inChannels: 16, outChannels: 17, height: 18, width: 21, padTop: 1, padLeft: 1 });
  const direct = (data: Data<Float32Array>): Float32Array[] => {
    from(Number.POSITIVE_INFINITY);
    const results = run(s, data, residentCopy);
    from(16);
    return results;
  };

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38])('%d anywhere', (value) => {
    // the results into which it goes: of the output and of the gradients of input and weight
    for (const [place, results] of [
      ['x', [0, 2]],
      ['weight', [0, 1]],
      ['grad', [1, 2]],
    ] as const) {
      const data = dataOf(s, 5, residentCopy);
      // neither in the first strip nor in the last
      data[place][Math.floor(data[place].length / 2)] = value;
      expect(usesWinograd(s, data)).toBe(false);
      const [got, want] = [run(s, data, residentCopy), direct(data)];
      for (const i of results) expect(got[i]).toEqual(want[i]);
    }
  });

  it('an overflow of what is in between', () => {
    const data = dataOf(s, 5, residentCopy);
    for (let i = 0; i < data.x.length; i++) data.x[i] *= 1e34;
    const [got, want] = [run(s, data, residentCopy), direct(data)];
    for (const i of [0, 2]) expect(got[i]).toEqual(want[i]);
  });

  it('does not stand in the way of ordinary numbers', () => {
    for (const factor of [1, 1e-20, 1e12]) {
      const data = dataOf(s, 5, residentCopy);
      for (let i = 0; i < data.x.length; i++) data.x[i] *= factor;
      expect(usesWinograd(s, data)).toBe(true);
      const [got, want] = [run(s, data, residentCopy), direct(data)];
      expect(worstError(got[0], want[0], 10 * Math.max(1, factor))).toBeLessThan(1e-5);
      expect(worstError(got[2], want[2], 10 * Math.max(1, factor))).toBeLessThan(1e-5);
    }
  });
});

describe('which convolutions are found in tiles', () => {
  const narrow = wasmProvider(wasmKernels() as WasmKernels);
  const s = convShape({ batch: 8, inChannels: 16, outChannels: 16, height: 8, width: 8, padTop: 1, padLeft: 1 });

  it.each<[string, Partial<Conv2dShape>, boolean]>([
    ['enough channels and tiles', {}, true],
    ['few input channels', { inChannels: 15 }, false],
    ['few output channels', { outChannels: 15 }, false],
    ['few tiles', { batch: 1, inChannels: 512, outChannels: 512 }, false],
    ['little work', { batch: 7 }, false],
    ['a kernel of another height', { kernelHeight: 2 }, false],
    ['a kernel of another width', { kernelWidth: 5 }, false],
    ['a stride', { strideHeight: 2 }, false],
    ['another stride', { strideWidth: 2 }, false],
    ['dilation', { dilationHeight: 2 }, false],
    ['other dilation', { dilationWidth: 2 }, false],
    ['groups', { groups: 16 }, false],
    ['no images', { batch: 0 }, false],
    ['no outputs', { outWidth: 0 }, false],
  ])('%s', (_, change, expected) => {
    chosen = narrow;
    expect(suits({ ...s, ...change })).toBe(expected);
  });

  it('takes twice the channels where products are done with AVX-512', () => {
    chosen = { ...narrow, wide: true };
    expect(suits(s)).toBe(false);
    expect(suits({ ...s, inChannels: 32 })).toBe(false);
    expect(suits({ ...s, inChannels: 32, outChannels: 32 })).toBe(true);
  });

  it('leaves float64 and what is too large for memory to others', () => {
    const { x, weight, grad } = dataOf(s, 1, float64);
    expect(winogradForward(s, x, 0, weight, 0, null, 0, grad, 0)).toBe(false);
    expect(winogradInputGrad(s, grad, 0, weight, 0, x, 0)).toBe(false);
    expect(winogradWeightGrad(s, x, 0, grad, 0, weight, 0, null, 0)).toBe(false);
    const wide = convShape({ inChannels: 16, outChannels: 16, height: 1, width: 150_000, padTop: 1, padLeft: 1 });
    const { x: row, weight: taps, grad: out } = dataOf(wide, 1, residentCopy);
    from(16);
    expect(suits(wide)).toBe(true);
    expect(winogradForward(wide, row, 0, taps, 0, null, 0, out, 0)).toBe(false);
  });
});

describe.each<[string, Filter]>([
  ['F(2×2, 3×3)', F2],
  ['F(4×4, 3×3)', F4],
])('the reference of %s', (_, f) => {
  it('is the convolution and its gradient by their definition', () => {
    const s = convShape({ batch: 2, inChannels: 3, outChannels: 2, height: 7, width: 9, padTop: 1, padLeft: 2 });
    const { x, weight, grad } = dataOf(s, 1, float64);
    const wantOut = new Float64Array(grad.length);
    const wantW = new Float64Array(weight.length);
    eachProduct(s, (xi, wi, oi) => {
      wantOut[oi] += x[xi] * weight[wi];
      wantW[wi] += x[xi] * grad[oi];
    });
    const exact = (value: number): number => value;
    expect(worstError(referenceForward(f, s, x, weight, exact), wantOut)).toBeLessThan(1e-13);
    expect(worstError(referenceWeightGrad(f, s, x, grad, exact), wantW)).toBeLessThan(1e-13);
  });
});
