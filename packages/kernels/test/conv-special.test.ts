/** Infinities, NaN and huge numbers in convolutions: each result is the sum over the elements it sees, whatever way finds it. */
import * as fc from 'fast-check';
import { afterAll, afterEach, describe, it, vi } from 'vitest';
import { depthwiseLimits } from '../src/conv/depthwise-plan.js';
import { limits } from '../src/conv/shape.js';
import { winogradLimits } from '../src/conv/winograd-plan.js';
import { blasProvider, type GemmProvider, referenceProvider, wasmProvider } from '../src/gemm/provider.js';
import {
  type Conv2dShape,
  conv2dForward,
  conv2dInputGrad,
  conv2dWeightGrad,
  type FloatArray,
  setNumThreads,
} from '../src/index.js';
import { type WasmKernels, wasmKernels } from '../src/wasm/instance.js';
import { startThreads } from './parallel-support.js';
import { convShape, eachProduct, numbers, residentCopy } from './support.js';

let chosen: GemmProvider | null = null;
vi.mock(import('../src/gemm/provider.js'), async (original) => {
  const real = await original();
  return { ...real, provider: () => chosen ?? real.provider() };
});
const usual = { ...limits };
const usualDepthwise = { ...depthwiseLimits };
const usualWinograd = { ...winogradLimits };
afterEach(() => {
  chosen = null;
  Object.assign(limits, usual);
  Object.assign(depthwiseLimits, usualDepthwise);
  Object.assign(winogradLimits, usualWinograd);
});
afterAll(() => void setNumThreads(1));

interface Data {
  readonly x: FloatArray;
  readonly weight: FloatArray;
  readonly bias: FloatArray;
  readonly grad: FloatArray;
}
type Make = (values: ArrayLike<number>) => FloatArray;
type Place = readonly [which: keyof Data, at: number, value: number];

function dataOf(s: Conv2dShape, seed: number, places: readonly Place[], make: Make): Data {
  const taps = (s.inChannels / s.groups) * s.kernelHeight * s.kernelWidth;
  const data = {
    x: numbers(s.batch * s.inChannels * s.height * s.width, seed),
    weight: numbers(s.outChannels * taps, seed + 1),
    bias: numbers(s.outChannels, seed + 2),
    grad: numbers(s.batch * s.outChannels * s.outHeight * s.outWidth, seed + 3),
  };
  for (const [which, at, value] of places) data[which][at % data[which].length] = value;
  return { x: make(data.x), weight: make(data.weight), bias: make(data.bias), grad: make(data.grad) };
}

/** The sum in double precision, and that of the magnitudes of all finite terms. */
interface Sums {
  readonly exact: Float64Array;
  readonly magnitude: Float64Array;
}

function definition(s: Conv2dShape, { x, weight, bias, grad }: Data): Sums[] {
  const results = [grad, x, weight, bias].map(({ length }) => ({
    exact: new Float64Array(length),
    magnitude: new Float64Array(length),
  }));
  const [out, gradX, gradW, gradB] = results;
  const add = (to: Sums, at: number, term: number): void => {
    to.exact[at] += term;
    if (Number.isFinite(term)) to.magnitude[at] += Math.abs(term);
  };
  for (let i = 0; i < grad.length; i++) {
    const channel = Math.floor(i / (s.outHeight * s.outWidth)) % s.outChannels;
    add(out, i, bias[channel]);
    add(gradB, channel, grad[i]);
  }
  eachProduct(s, (xi, wi, oi) => {
    add(out, oi, x[xi] * weight[wi]);
    add(gradX, xi, grad[oi] * weight[wi]);
    add(gradW, wi, grad[oi] * x[xi]);
  });
  return results;
}

/** Finite terms above this may overflow in one order and not in another. */
const LARGEST = 1e38;

function expectSums(name: string, got: FloatArray, { exact, magnitude }: Sums): void {
  for (let i = 0; i < got.length; i++) {
    if (magnitude[i] > LARGEST) continue;
    const right = Number.isFinite(exact[i])
      ? Math.abs(got[i] - exact[i]) <= 1e-5 * (magnitude[i] + 1)
      : Object.is(got[i], exact[i]);
    if (!right) throw new Error(`${name}[${i}] is ${got[i]}, expected ${exact[i]}`);
  }
}

function check(s: Conv2dShape, seed: number, places: readonly Place[], make: Make): void {
  const data = dataOf(s, seed, places, make);
  const { x, weight, bias, grad } = data;
  const [out, gradX, gradW, gradB] = [grad, x, weight, bias].map((like) => make(like).fill(Number.NaN));
  conv2dForward(s, x, 0, weight, 0, bias, 0, out, 0);
  conv2dInputGrad(s, grad, 0, weight, 0, gradX, 0);
  conv2dWeightGrad(s, x, 0, grad, 0, gradW, 0, gradB, 0);
  const wanted = definition(s, data);
  [out, gradX, gradW, gradB].forEach((got, i) => {
    expectSums(['out', 'gradX', 'gradW', 'gradB'][i], got, wanted[i]);
  });
}

const small = (min: number, max: number) => fc.integer({ min, max });
const batches = { batch: small(1, 3) };
const images = { height: small(1, 14), width: small(1, 14) };
const paddings = { padTop: small(0, 4), padLeft: small(0, 4), padBottom: small(0, 4), padRight: small(0, 4) };
const steps = {
  kernelHeight: small(1, 4),
  kernelWidth: small(1, 4),
  strideHeight: small(1, 3),
  strideWidth: small(1, 3),
  dilationHeight: small(1, 3),
  dilationWidth: small(1, 3),
};
const isPossible = (s: Conv2dShape): boolean => s.outHeight > 0 && s.outWidth > 0;
const inGroups = fc
  .record({
    ...batches,
    ...images,
    ...paddings,
    ...steps,
    groups: small(1, 3),
    inGroup: small(1, 3),
    outGroup: small(1, 5),
  })
  .map(({ inGroup, outGroup, ...fields }) =>
    convShape({ ...fields, inChannels: inGroup * fields.groups, outChannels: outGroup * fields.groups }),
  )
  .filter(isPossible);
const depthwise = fc
  .record({ ...batches, ...images, ...paddings, ...steps, groups: small(2, 4), multiplier: small(1, 3) })
  .map(({ multiplier, ...fields }) =>
    convShape({ ...fields, inChannels: fields.groups, outChannels: multiplier * fields.groups }),
  )
  .filter(isPossible);
const threeByThree = fc
  .record({ ...batches, ...images, ...paddings, inChannels: small(1, 6), outChannels: small(1, 6) })
  .map((fields) => convShape(fields))
  .filter(isPossible);

const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38, -3e38];
const which = fc.constantFrom<keyof Data>('x', 'weight', 'bias', 'grad');
const somewhere = (...values: number[]) =>
  fc.array(fc.tuple(which, fc.nat(), fc.constantFrom(...values)), { minLength: 1, maxLength: 4 });
const anySpecial = somewhere(...special);
const anyLarge = somewhere(...special, 1e25);

const float32 = (values: ArrayLike<number>): FloatArray => Float32Array.from(values);
const float64 = (values: ArrayLike<number>): FloatArray => Float64Array.from(values);
const wasm = wasmProvider(wasmKernels() as WasmKernels);
const onColumns = (): void => void (depthwiseLimits.leastGroups = Number.POSITIVE_INFINITY);
const inTiles = (): void =>
  void Object.assign(winogradLimits, {
    ...{ leastChannels: 1, leastChannelsWide: 1, leastTiles: 1, leastWork: 1 },
    ...{ stripElements: 1 << 11, leastColumns: 1 },
  });
const byRows = (): void => {
  Object.assign(limits, { minPositions: 1, leastBand: 1, leastWideBand: 1 });
  onColumns();
};
const inStrips = (): void => {
  Object.assign(limits, {
    minPositions: 1,
    leastBand: 1,
    leastWideBand: 1,
    mostTurned: 0,
    stripElements: 100,
    minColumns: 1,
  });
  onColumns();
};
const always = (): void =>
  void Object.assign(depthwiseLimits, {
    ...{ mostMultiplier: { blas: 3, wasm: 3 }, leastTaps: { blas: 0, wasm: 0 }, leastGradTaps: 0 },
    ...{ mostShortRows: 99, mostUnseen: 9999 },
    ...{ bandElements: 300, leastBand: 2 },
  });

describe.each<[string, GemmProvider | null]>([
  ['BLAS', blasProvider()],
  ['WebAssembly', wasm],
  ['plain loops', referenceProvider],
])('with products by %s, what is infinite, no number or huge', (_, provider) => {
  describe.each([1, 2])('on %d threads', (threads) => {
    it.skipIf(provider === null).each([
      ['columns', inGroups, onColumns, anyLarge],
      ['columns, rows of the kernel in turns', inGroups, byRows, anyLarge],
      ['columns, in strips', inGroups, inStrips, anyLarge],
      ['columns of single channels', depthwise, onColumns, anyLarge],
      ['single channels, directly', depthwise, always, anyLarge],
      // rounding errors are relative to the largest number of a tile
      ['tiles', threeByThree, inTiles, anySpecial],
    ])('stays with the results that see it: %s', (_, shapes, change, places) => {
      if (threads === 1) setNumThreads(1);
      else startThreads(threads);
      chosen = provider;
      change();
      fc.assert(fc.property(shapes, fc.nat(1000), places, fc.constantFrom(float32, residentCopy, float64), check), {
        numRuns: 150,
      });
    });
  });
});
