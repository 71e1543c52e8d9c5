/** The suite finds what is broken: each method, left out or slightly wrong, fails a case that names it. */
import { expect, it } from 'vitest';
import type { AttentionKernels, Backend, NllLossKernels, View } from '../src/backend/backend.js';
import { conformanceCases } from '../src/backend/conformance.js';
import { cpuBackend } from '../src/backend/cpu/cpu-backend.js';
import { ELEMENTWISE, type ElementwiseName } from '../src/backend/elementwise.js';
import type { DType } from '../src/dtype.js';
import { contiguousStrides } from '../src/shape.js';
import { Storage } from '../src/storage.js';

/** The first case that the backend fails, among those whose name fits. */
function firstFailure(backend: Backend, names: RegExp): string | null {
  for (const { name, run } of conformanceCases) {
    if (!names.test(name)) continue;
    try {
      run(backend);
    } catch {
      return name;
    }
  }
  return null;
}

const nothing = (): void => {};

const LEFT_OUT: readonly (readonly [keyof Backend, RegExp])[] = [
  ['fill', /^fill/],
  ['copy', /^copy/],
  ['accumulate', /^accumulate/],
  ['reduce', /^reduce/],
  ['argReduce', /^argReduce/],
  ['scan', /^scan/],
  ['sort', /^sort/],
  ['softmax', /^softmax/],
  ['gather', /^gather/],
  ['scatterAdd', /^scatterAdd/],
  ['scatter', /^scatter\b/],
  ['matmul', /^matmul/],
  ['conv2d', /^conv2d/],
  ['conv2dInputGrad', /^conv2d/],
  ['conv2dWeightGrad', /^conv2d/],
  ['maxPool2d', /^max pooling/],
  ['maxPool2dBackward', /^max pooling/],
  ['avgPool2d', /^average pooling/],
  ['avgPool2dBackward', /^average pooling/],
];

it.each(LEFT_OUT)('a %s that does nothing', (method, names) => {
  expect(firstFailure(cpuBackend, names)).toBeNull();
  expect(firstFailure({ ...cpuBackend, [method]: nothing }, names)).not.toBeNull();
});

it.each(['forward', 'backward'] as const)('an attention whose %s pass does nothing', (method) => {
  expect(firstFailure(cpuBackend, /^attention/)).toBeNull();
  const attention = { ...(cpuBackend.attention as AttentionKernels), [method]: nothing };
  expect(firstFailure({ ...cpuBackend, attention }, /^attention/)).not.toBeNull();
});

it.each(['forward', 'backward'] as const)('an nll loss whose %s pass does nothing', (method) => {
  expect(firstFailure(cpuBackend, /^nll loss/)).toBeNull();
  const nllLoss = { ...(cpuBackend.nllLoss as NllLossKernels), [method]: nothing };
  expect(firstFailure({ ...cpuBackend, nllLoss }, /^nll loss/)).not.toBeNull();
});

it.each(Object.keys(ELEMENTWISE) as ElementwiseName[])('an elementwise %s that computes something else', (name) => {
  const wrong: Backend = {
    ...cpuBackend,
    elementwise(which, inputs, out) {
      cpuBackend.elementwise(which, inputs, out);
      if (which === name) cpuBackend.elementwise('add', [out, 1], out);
    },
  };
  expect(firstFailure(wrong, new RegExp(`^elementwise ${name}\\b`))).not.toBeNull();
});

it('an elementwiseFew that takes any layout', () => {
  const elementwiseFew: Backend['elementwiseFew'] = (name, x, y, out) =>
    cpuBackend.elementwiseFew(name, inOrder(x), y === null ? null : inOrder(y), inOrder(out));
  expect(firstFailure({ ...cpuBackend, elementwiseFew }, /^elementwise/)).not.toBeNull();
});

it('an elementwiseFew that does nothing and says that it has', () => {
  expect(firstFailure({ ...cpuBackend, elementwiseFew: () => true }, /^elementwise/)).not.toBeNull();
});

it('an elementwiseFew that computes and says that it has not', () => {
  const elementwiseFew: Backend['elementwiseFew'] = (...args) => cpuBackend.elementwiseFew(...args) && false;
  expect(firstFailure({ ...cpuBackend, elementwiseFew }, /^elementwise/)).not.toBeNull();
});

const inOrder = (x: View): View => ({ ...x, strides: contiguousStrides(x.shape) });
const offset = (x: View): View => ({ ...x, offset: 0 });
const unstrided = (x: View): View => ({ ...x, strides: x.strides.map((s) => (s === 0 ? 1 : s)) });

const SUBTLE: readonly (readonly [string, Partial<Backend>, RegExp])[] = [
  ['a matmul without its bias', { matmul: (a, b, _, out) => cpuBackend.matmul(a, b, null, out) }, /^matmul/],
  ['a matmul that ignores offsets', { matmul: (a, b, c, out) => cpuBackend.matmul(offset(a), b, c, out) }, /^matmul/],
  [
    'a matmul that ignores strides of 0',
    { matmul: (a, b, c, out) => cpuBackend.matmul(a, unstrided(b), c, out) },
    /^matmul/,
  ],
  [
    'a conv2d without dilation',
    { conv2d: (x, w, b, p, o) => cpuBackend.conv2d(x, w, b, { ...p, dilation: [1, 1] }, o) },
    /^conv2d/,
  ],
  [
    'a conv2d that swaps the strides',
    { conv2d: (x, w, b, p, o) => cpuBackend.conv2d(x, w, b, { ...p, stride: [p.stride[1], p.stride[0]] }, o) },
    /^conv2d/,
  ],
  [
    'a conv2d that shifts the padding',
    { conv2d: (x, w, b, p, o) => cpuBackend.conv2d(x, w, b, { ...p, padding: [p.padding[1], p.padding[0]] }, o) },
    /^conv2d/,
  ],
  [
    'a weight gradient without the bias',
    { conv2dWeightGrad: (g, x, p, o) => cpuBackend.conv2dWeightGrad(g, x, p, o, null) },
    /^conv2d/,
  ],
  ['a softmax that is never a logarithm', { softmax: (x, d, _, o) => cpuBackend.softmax(x, d, false, o) }, /^softmax/],
  ['a descending sort that ascends', { sort: (x, d, _, o, i) => cpuBackend.sort(x, d, false, o, i) }, /^sort/],
  ['a minimum that is a maximum', { argReduce: (_, x, d, o) => cpuBackend.argReduce('max', x, d, o) }, /^argReduce/],
  [
    'averages that always count the padding',
    { avgPool2d: (x, p, o) => cpuBackend.avgPool2d(x, { ...p, count_include_pad: true }, o) },
    /^average/,
  ],
  [
    'averages without an own divisor',
    { avgPool2d: (x, p, o) => cpuBackend.avgPool2d(x, { ...p, divisor_override: null }, o) },
    /^average/,
  ],
  [
    'an allocation that is not zeroed',
    { allocate: (n, d) => cpuBackend.fromHost(new Float32Array(n).fill(3), d) },
    /^allocate/,
  ],
  [
    'a storage that is not zeroed',
    { storage: (n, d) => new Storage('cpu', d, n, cpuBackend.fromHost(new Float32Array(n).fill(3), d)) },
    /^allocate/,
  ],
  ['one storage for all', { storage: (n, d) => sameStorage(n, d) }, /^storages/],
];

const shared = new Map<string, Storage>();

/** The storage that was given for the like before. */
function sameStorage(numel: number, dtype: DType): Storage {
  const key = `${dtype} ${numel}`;
  const storage = shared.get(key) ?? cpuBackend.storage(numel, dtype, true);
  shared.set(key, storage);
  return storage;
}

it.each(SUBTLE)('%s', (_, change, names) => {
  expect(firstFailure({ ...cpuBackend, ...change }, names)).not.toBeNull();
});
