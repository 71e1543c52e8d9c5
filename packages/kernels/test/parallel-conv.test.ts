/** Bit for bit the same convolutions, pools, attention and matrix products on 1, 2 and 3 threads. */
import { afterAll, describe, expect, it } from 'vitest';
import { winogradWeightGrad } from '../src/conv/winograd.js';
import { winogradLimits } from '../src/conv/winograd-plan.js';
import { blasProvider, wasmProvider } from '../src/gemm/provider.js';
import {
  attentionBackward,
  attentionForward,
  avgPool2dBackward,
  avgPool2dForward,
  type Conv2dShape,
  conv2dForward,
  conv2dInputGrad,
  conv2dWeightGrad,
  info,
  maxPool2dBackward,
  maxPool2dForward,
  reduceColumns,
  setNumThreads,
} from '../src/index.js';
import { bits, expectSame, kernels, onThreads, resident } from './parallel-support.js';
import { convShape, naiveGemm, poolShape, residentCopy, worstError } from './support.js';

afterAll(() => void setNumThreads(1));

const shapes: Record<string, Conv2dShape> = {
  'whole images': convShape({
    batch: 37,
    inChannels: 3,
    outChannels: 8,
    height: 20,
    width: 19,
    padTop: 1,
    padLeft: 1,
  }),
  'several small images a block': convShape({
    batch: 301,
    inChannels: 12,
    outChannels: 10,
    height: 6,
    width: 7,
    padTop: 1,
    padLeft: 1,
  }),
  'rows of the kernel in turns': convShape({
    batch: 21,
    inChannels: 12,
    outChannels: 10,
    height: 15,
    width: 18,
    padTop: 1,
    padLeft: 2,
  }),
  'tiles by Winograd': convShape({
    batch: 11,
    inChannels: 33,
    outChannels: 35,
    height: 21,
    width: 18,
    padTop: 1,
    padLeft: 1,
  }),
  groups: convShape({ batch: 20, inChannels: 12, outChannels: 24, groups: 6, height: 17, width: 16, strideWidth: 2 }),
  'groups of small images': convShape({
    batch: 150,
    inChannels: 6,
    outChannels: 12,
    groups: 3,
    height: 8,
    width: 8,
    padTop: 1,
    dilationWidth: 2,
  }),
  depthwise: convShape({
    batch: 9,
    inChannels: 20,
    outChannels: 20,
    groups: 20,
    height: 23,
    width: 22,
    padTop: 1,
    padLeft: 1,
  }),
  'depthwise with few channels and strides': convShape({
    batch: 33,
    inChannels: 3,
    outChannels: 6,
    groups: 3,
    height: 41,
    width: 38,
    kernelHeight: 5,
    kernelWidth: 4,
    padTop: 2,
    padLeft: 1,
    strideHeight: 2,
    strideWidth: 2,
  }),
  '1×1': convShape({
    batch: 11,
    inChannels: 32,
    outChannels: 16,
    kernelHeight: 1,
    kernelWidth: 1,
    height: 24,
    width: 24,
  }),
  '1×1 of small images': convShape({
    batch: 300,
    inChannels: 8,
    outChannels: 16,
    kernelHeight: 1,
    kernelWidth: 1,
    height: 7,
    width: 7,
  }),
};

describe.each(Object.entries(shapes))('convolution, %s', (_, s) => {
  const x = resident(s.batch * s.inChannels * s.height * s.width, 1);
  const weight = resident((s.outChannels * s.inChannels * s.kernelHeight * s.kernelWidth) / s.groups, 2);
  const bias = resident(s.outChannels, 3);
  const grad = resident(s.batch * s.outChannels * s.outHeight * s.outWidth, 4);
  const out = residentCopy(grad);
  const [gradX, gradW, gradB] = [x, weight, bias].map((array) => residentCopy(array));

  it.each([bias, null])('forward', (b) => {
    expectSame(() => {
      out.fill(7);
      conv2dForward(s, x, 0, weight, 0, b, 0, out, 0);
      return [bits(out)];
    });
  });

  it('gradient of the input', () => {
    expectSame(() => {
      gradX.fill(7);
      conv2dInputGrad(s, grad, 0, weight, 0, gradX, 0);
      return [bits(gradX)];
    });
  });

  it('gradients of weight and bias', () => {
    expectSame(() => {
      for (const g of [gradW, gradB]) g.fill(7);
      conv2dWeightGrad(s, x, 0, grad, 0, gradW, 0, gradB, 0);
      return [bits(gradW), bits(gradB)];
    });
  });
});

it('gradient of the weight by Winograd, when the products are shared and not the batch', () => {
  const s = shapes['tiles by Winograd'];
  const x = resident(s.batch * s.inChannels * s.height * s.width, 1);
  const grad = resident(s.batch * s.outChannels * s.outHeight * s.outWidth, 4);
  const [gradW, gradB] = [resident(9 * s.inChannels * s.outChannels, 2), resident(s.outChannels, 3)];
  const { leastParts } = winogradLimits;
  winogradLimits.leastParts = Number.POSITIVE_INFINITY;
  try {
    expectSame(() => {
      for (const g of [gradW, gradB]) g.fill(7);
      expect(winogradWeightGrad(s, x, 0, grad, 0, gradW, 0, gradB, 0)).toBe(true);
      return [bits(gradW), bits(gradB)];
    });
  } finally {
    winogradLimits.leastParts = leastParts;
  }
});

describe('pooling', () => {
  const s = poolShape({ planes: 97, height: 31, width: 30 });
  const x = resident(97 * 31 * 30, 1);
  const out = resident(97 * 15 * 15, 2);
  const grad = residentCopy(out);
  const gradX = residentCopy(x);
  const indices = kernels.memory.residents.allocate(Int32Array, out.length) as Int32Array;

  it('maximum', () => {
    expectSame(() => {
      out.fill(0);
      indices.fill(0);
      maxPool2dForward(s, x, 0, out, 0, indices);
      return [bits(out), bits(indices)];
    });
    expectSame(() => {
      gradX.fill(7);
      maxPool2dBackward(s, grad, 0, indices, gradX, 0);
      return [bits(gradX)];
    });
  });

  it('mean', () => {
    expectSame(() => {
      out.fill(0);
      avgPool2dForward(s, true, null, x, 0, out, 0);
      return [bits(out)];
    });
    expectSame(() => {
      gradX.fill(7);
      avgPool2dBackward(s, true, null, grad, 0, gradX, 0);
      return [bits(gradX)];
    });
  });
});

describe('attention', () => {
  const sizes = { batch: 2, heads: 7, queries: 90, keys: 101, width: 24, valueWidth: 20, scale: 0.2 };
  const heads = (array: Float32Array, rows: number, columns: number) => ({
    array,
    offset: 0,
    batchStride: 7 * rows * columns,
    headStride: rows * columns,
    rowStride: columns,
  });
  const [q, k] = [heads(resident(14 * 90 * 24, 1), 90, 24), heads(resident(14 * 101 * 24, 2), 101, 24)];
  const [v, mask] = [heads(resident(14 * 101 * 20, 3), 101, 20), heads(resident(14 * 90 * 101, 4), 90, 101)];
  const [weights, out] = [heads(residentCopy(mask.array), 90, 101), heads(resident(14 * 90 * 20, 5), 90, 20)];
  const [gradQ, gradK, gradV] = [q, k, v].map((h) => ({ ...h, array: residentCopy(h.array) }));

  // one head is one product on one thread, also the library's
  it.each([
    ['causal', true, null],
    ['masked', false, mask],
  ] as const)('%s', (_, causal, added) => {
    const s = { ...sizes, causal };
    expectSame(() => {
      for (const { array } of [weights, out, gradQ, gradK, gradV]) array.fill(7);
      attentionForward(s, q, k, v, added, null, out);
      const alone = bits(out.array);
      attentionForward(s, q, k, v, added, weights, out);
      attentionBackward(s, q, k, v, weights, out, gradQ, gradK, gradV);
      return [alone, ...[weights, out, gradQ, gradK, gradV].map(({ array }) => bits(array))];
    });
  });
});

it.each(['sum', 'max', 'min'] as const)('the %s of columns', (name) => {
  for (const [blocks, rows, columns] of [
    [1, 300, 1003],
    [70, 41, 33],
    [9, 1200, 7],
  ]) {
    const x = resident(blocks * rows * columns, 1);
    const out = resident(blocks * columns, 2);
    expectSame(() => {
      out.fill(0);
      expect(reduceColumns(name, x, 0, blocks, rows, columns, out, 0)).toBe(true);
      return [bits(out)];
    });
  }
});

describe.each([
  [false, false],
  [true, false],
  [false, true],
  [true, true],
])('matrix products, transposed: %s, %s', (transA, transB) => {
  it.each([
    [131, 277, 515],
    [410, 97, 130],
  ])('%i × %i × %i in WebAssembly', (m, n, k) => {
    const { sgemm } = wasmProvider(kernels);
    const [a, b, c] = [resident(m * k + 5, 1), resident(n * k + 5, 2), resident(m * n, 3)];
    const [lda, ldb] = [transA ? m : k, transB ? k : n];
    const start = Float32Array.from(c);
    expectSame(() => {
      c.set(start);
      sgemm(transA, transB, m, n, k, 0.5, a, 5, lda, b, 5, ldb, 1.5, c, 0, n);
      return [bits(c)];
    });
    const want = naiveGemm(transA, transB, m, n, k, 0.5, a, 5, lda, b, 5, ldb, 1.5, start, 0, n);
    expect(worstError(c, want, 100)).toBeLessThan(1e-5);
  });

  it.skipIf(info().gemm !== 'blas')('by the library, which may round in another order', () => {
    const [m, n, k] = [250, 330, 128];
    const provider = blasProvider();
    const [a, b, c] = [resident(m * k, 1), resident(n * k, 2), resident(m * n, 3)];
    const [lda, ldb] = [transA ? m : k, transB ? k : n];
    const want = naiveGemm(transA, transB, m, n, k, 1, a, 0, lda, b, 0, ldb, 0, c, 0, n);
    const { results } = onThreads(() => {
      c.fill(Number.NaN);
      provider?.sgemm(transA, transB, m, n, k, 1, a, 0, lda, b, 0, ldb, 0, c, 0, n);
      return worstError(c, want, 100);
    });
    for (const error of results) expect(error).toBeLessThan(1e-5);
  });
});
