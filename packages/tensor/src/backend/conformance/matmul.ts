/** Matrix products: every layout of both operands, batches, bias, edges. */
import type { DType } from '../../dtype.js';
import { ValueError } from '../../errors.js';
import type { Backend, View } from '../backend.js';
import { expectElements, expectOnlyViewWritten, expectThrows } from './check.js';
import {
  type ConformanceCase,
  define,
  defineFor,
  expanded,
  FLOATS,
  flat,
  fresh,
  INTEGERS,
  indicesOf,
  inside,
  LAYOUTS,
  type Operand,
  operand,
  random,
} from './harness.js';

/** The product from its definition, with sums in float64. */
function product(a: Operand, b: Operand, bias: Operand | null): { shape: number[]; data: number[] } {
  const shape = [...a.shape.slice(0, -1), b.shape[b.shape.length - 1]];
  const terms = a.shape[a.shape.length - 1];
  const data = Array.from(indicesOf(shape), (index) => {
    const batch = index.slice(0, -2);
    const [row, column] = index.slice(-2);
    let sum = bias === null ? 0 : bias.data[column];
    for (let k = 0; k < terms; k++)
      sum += a.data[flat(a.shape, [...batch, row, k])] * b.data[flat(b.shape, [...batch, k, column])];
    return sum;
  });
  return { shape, data };
}

function check(backend: Backend, a: Operand, b: Operand, bias: Operand | null = null, out?: View): void {
  const expected = product(a, b, bias);
  const dtype: DType = a.view.dtype;
  const result = out ?? fresh(backend, dtype, expected.shape);
  backend.matmul(a.view, b.view, bias?.view ?? null, result);
  // float32 sums of many terms: the error grows with the terms, not with the sum
  const atol = dtype === 'float32' ? 2e-6 * Math.max(1, a.shape[a.shape.length - 1]) : 1e-12;
  expectElements(backend, result, expected.data, { rtol: dtype === 'float32' ? 1e-5 : 1e-12, atol });
}

const SIZES = [
  [2, 3, 4],
  [1, 5, 3],
  [4, 1, 3],
  [3, 5, 1],
  [1, 1, 1],
  [17, 19, 23],
] as const;

export const matmulCases: readonly ConformanceCase[] = [
  ...defineFor([...FLOATS, ...INTEGERS], 'matmul on all pairs of layouts', (backend, dtype) => {
    for (const [n, k, m] of SIZES) {
      for (const first of LAYOUTS) {
        for (const second of LAYOUTS) {
          const [a, b] = [random(backend, dtype, [n, k], first, 1), random(backend, dtype, [k, m], second, 2)];
          if (dtype !== 'uint8') check(backend, a, b);
          else
            check(
              backend,
              operand(
                backend,
                dtype,
                [n, k],
                a.data.map((v) => v % 2),
                first,
              ),
              b,
            );
        }
      }
    }
  }),
  ...defineFor(FLOATS, 'matmul adds a bias to each row', (backend, dtype) => {
    for (const layout of LAYOUTS) {
      const [a, b] = [random(backend, dtype, [3, 4], layout, 3), random(backend, dtype, [4, 5], 'transposed', 4)];
      check(backend, a, b, random(backend, dtype, [5], layout, 5));
      check(backend, a, b, expanded(random(backend, dtype, [1], layout, 6), [5]));
      const batch = [random(backend, dtype, [2, 3, 4], layout, 7), random(backend, dtype, [2, 4, 5], layout, 8)];
      check(backend, batch[0], batch[1], random(backend, dtype, [5], layout, 9));
    }
  }),
  ...defineFor([...FLOATS, 'int64'], 'matmul on batches', (backend, dtype) => {
    for (const first of LAYOUTS) {
      for (const second of LAYOUTS) {
        check(backend, random(backend, dtype, [3, 2, 4], first, 1), random(backend, dtype, [3, 4, 5], second, 2));
      }
      // a batch stride of 0: the same matrix for each batch
      const one = expanded(random(backend, dtype, [1, 2, 4], first, 3), [3, 2, 4]);
      const other = expanded(random(backend, dtype, [4, 5], first, 4), [3, 4, 5]);
      check(backend, one, random(backend, dtype, [3, 4, 5], first, 5));
      check(backend, random(backend, dtype, [3, 2, 4], first, 6), other);
      check(backend, one, other);
    }
  }),
  ...defineFor([...FLOATS, 'int64'], 'matmul on batches of many matrices', (backend, dtype) => {
    const [batch, n, k, m] = [25, 5, 7, 6];
    const bias = random(backend, dtype, [m], 'contiguous', 9);
    for (const first of LAYOUTS) {
      for (const second of LAYOUTS) {
        const a = random(backend, dtype, [batch, n, k], first, 1);
        check(backend, a, random(backend, dtype, [batch, k, m], second, 2), first === second ? bias : null);
      }
      const one = expanded(random(backend, dtype, [1, n, k], first, 3), [batch, n, k]);
      check(backend, one, random(backend, dtype, [batch, k, m], first, 4));
      const out = inside(backend, dtype, [batch, n, m]);
      const [a, b] = [random(backend, dtype, [batch, n, k], first, 5), random(backend, dtype, [batch, k, m], first, 6)];
      expectOnlyViewWritten(backend, out, () => check(backend, a, b, null, out));
    }
  }),
  define('matmul with rows of each short length', (backend) => {
    for (const m of [1, 3, 4, 5, 7, 8]) {
      for (const layout of ['contiguous', 'transposed'] as const) {
        const [a, b] = [random(backend, 'float32', [3, 4]), random(backend, 'float32', [4, m], layout, 2)];
        check(backend, a, b);
        check(backend, a, b, random(backend, 'float32', [m]), inside(backend, 'float32', [3, m]));
        check(backend, random(backend, 'float32', [1, 4]), b);
        check(backend, random(backend, 'float32', [2, 3, 4]), random(backend, 'float32', [2, 4, m], layout, 3));
      }
    }
  }),
  define('matmul on operands that repeat a row or a column', (backend) => {
    const row = expanded(random(backend, 'float32', [1, 4], 'strided', 1), [3, 4]);
    const column = expanded(random(backend, 'float32', [4, 1], 'offset', 2), [4, 5]);
    const scalar = expanded(random(backend, 'float32', [1, 1], 'contiguous', 3), [4, 4]);
    check(backend, row, column);
    check(backend, row, scalar);
    check(backend, scalar, column);
  }),
  define('matmul of a matrix with its own transpose', (backend) => {
    const a = random(backend, 'float32', [3, 4]);
    const { view } = a;
    const data = Array.from(indicesOf([4, 3]), ([i, j]) => a.data[j * 4 + i]);
    check(backend, a, { view: { ...view, shape: [4, 3], strides: [1, 4] }, shape: [4, 3], data });
  }),
  ...defineFor(FLOATS, 'matmul with more than a thousand terms', (backend, dtype) => {
    check(
      backend,
      random(backend, dtype, [3, 2500], 'contiguous', 1),
      random(backend, dtype, [2500, 2], 'transposed', 2),
    );
    check(backend, random(backend, dtype, [1100, 3], 'contiguous', 3), random(backend, dtype, [3, 5], 'contiguous', 4));
  }),
  ...defineFor([...FLOATS, 'int64'], 'matmul of empty operands', (backend, dtype) => {
    const bias = random(backend, dtype, [4], 'strided');
    for (const [n, k, m] of [
      [0, 3, 4],
      [2, 0, 4],
      [2, 3, 0],
      [0, 0, 0],
    ]) {
      check(backend, random(backend, dtype, [n, k]), random(backend, dtype, [k, m]));
      check(backend, random(backend, dtype, [2, n, k]), random(backend, dtype, [2, k, m]));
      if (m === 4) check(backend, random(backend, dtype, [n, k]), random(backend, dtype, [k, m]), bias);
    }
    check(backend, random(backend, dtype, [0, 2, 3]), random(backend, dtype, [0, 3, 4]), bias);
  }),
  define('matmul overwrites its result and nothing beside it', (backend) => {
    const [a, b] = [random(backend, 'float32', [3, 4]), random(backend, 'float32', [4, 5], 'transposed')];
    for (const bias of [null, random(backend, 'float32', [5])]) {
      for (const terms of [4, 0]) {
        const cut = (x: Operand, shape: number[]): Operand => (terms === 4 ? x : random(backend, 'float32', shape));
        const [p, q] = [cut(a, [3, 0]), cut(b, [0, 5])];
        const out = inside(backend, 'float32', [3, 5]);
        expectOnlyViewWritten(backend, out, () => check(backend, p, q, bias, out));
      }
    }
  }),
  define('matmul propagates NaN and infinities', (backend) => {
    const [inf, nan] = [Infinity, Number.NaN];
    const a = operand(backend, 'float32', [4, 2], [nan, 1, inf, 1, 0, 1, inf, -inf]);
    const b = operand(backend, 'float32', [2, 4], [1, 0, inf, nan, 1, 2, 3, 4]);
    check(backend, a, b);
    check(backend, a, b, operand(backend, 'float32', [4], [nan, 0, -inf, inf]));
  }),
  define('matmul of a single row or column that any stride leads to', (backend) => {
    const view = (shape: number[], strides: number[], data: number[]): View => ({
      ...operand(backend, 'float32', [data.length], data).view,
      shape,
      strides,
    });
    const out = fresh(backend, 'float32', [1, 1]);
    backend.matmul(view([1, 3], [2 ** 31, 1], [1, 2, 3]), view([3, 1], [1, 2 ** 40], [4, 5, 6]), null, out);
    expectElements(backend, out, [32]);
  }),
  define('matmul of int32 wraps around exactly', (backend) => {
    const large = operand(backend, 'int32', [1, 2], [2147483647, 123456789]);
    const other = operand(backend, 'int32', [2, 1], [2147483647, 987654321]);
    const out = fresh(backend, 'int32', [1, 1]);
    backend.matmul(large.view, other.view, null, out);
    expectElements(backend, out, [Number(BigInt.asIntN(32, 2147483647n ** 2n + 123456789n * 987654321n))]);
  }),
  define('matmul of int64 beyond the safe integers is an error', (backend) => {
    const a = operand(backend, 'int64', [1, 2], [2 ** 52, 2 ** 52]);
    const b = operand(backend, 'int64', [2, 1], [1, 1]);
    expectThrows(() => backend.matmul(a.view, b.view, null, fresh(backend, 'int64', [1, 1])), ValueError, /2\^53/);
  }),
];
