/** Bit for bit the same results on 1, 2 and 3 threads, of every kernel that shares its work. */
import { afterAll, describe, expect, it } from 'vitest';
import {
  allocateArray32,
  copyArray,
  type LoopDefinition,
  type RowsDefinition,
  repeatArray,
  setNumThreads,
  vectorLoop,
  vectorRows,
} from '../src/index.js';
import { bits, expectSame, kernels, onThreads, resident } from './parallel-support.js';
import { residentCopy } from './support.js';

afterAll(() => void setNumThreads(1));

const read = (name: string) => ({ name, read: true, write: false });
const write = (name: string) => ({ name, read: false, write: true });
const plain = { scalars: [], constants: {} };

/** 2^18 elements and a few, so that blocks and vectors have a rest. */
const N = (1 << 18) + 37;

describe('elementwise loops', () => {
  const bodies: Record<string, Pick<LoopDefinition, 'arrays' | 'scalars' | 'body'>> = {
    sum: { arrays: [read('x'), read('y'), write('out')], scalars: [], body: 'out = x + y;' },
    exponential: { arrays: [read('x'), write('out')], scalars: [], body: 'out = Math.exp(x) * Math.tanh(x);' },
    update: {
      arrays: [{ name: 'out', read: true, write: true }, read('x'), { name: 'm', read: true, write: true }],
      scalars: ['lr', 'beta'],
      body: 'm = beta * m + x; out = out - lr * m / (Math.sqrt(m * m) + 1e-3);',
    },
  };
  it.each(Object.keys(bodies))('%s', (name) => {
    const definition = bodies[name];
    const loop = vectorLoop({ constants: {}, ...definition });
    if (loop === null) throw new Error('no vector form');
    const inputs = definition.arrays.map((_, i) => resident(N, i));
    const arrays = inputs.map((input) => residentCopy(input));
    const offsets = definition.arrays.map(() => 3);
    expectSame(() => {
      inputs.forEach((input, i) => {
        arrays[i].set(input);
      });
      loop(N - 3, arrays, offsets, definition.scalars.length > 0 ? [0.1, 0.9] : []);
      return arrays.map(bits);
    });
  });

  it.each([Number.NaN, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('take the scalar %s', (scalar) => {
    const loop = vectorLoop({ ...plain, arrays: [write('out')], scalars: ['s'], body: 'out = s;' });
    const out = resident(N, 1);
    const { results } = onThreads(() => {
      loop?.(N, [out.fill(7)], [0], [scalar]);
      return out.every((value) => Object.is(value, scalar));
    });
    expect(results).toEqual([true, true, true]);
  });
});

describe('reductions', () => {
  it.each(['sum', 'max'] as const)('%s', (reduce) => {
    const loop = vectorLoop({ arrays: [read('x')], ...plain, body: '', result: { reduce, of: 'x * 1.1' } });
    const x = resident(N, 5);
    expectSame(() => [loop?.(N, [x], [0], []) as number]);
    expect(Math.abs(loop?.(N, [x], [0], []) as number)).toBeGreaterThan(1);
  });

  it('keep a NaN of any block', () => {
    const loop = vectorLoop({ arrays: [read('x')], ...plain, body: '', result: { reduce: 'max', of: 'x' } });
    const x = resident(N, 5);
    x[N - 2] = Number.NaN;
    expectSame(() => [loop?.(N, [x], [0], []) as number]);
    expect(loop?.(N, [x], [0], [])).toBeNaN();
  });
});

describe('passes over rows', () => {
  const [rows, columns] = [601, 333];
  const softmax: RowsDefinition = {
    arrays: [read('x'), { name: 'y', read: true, write: true }],
    rowInputs: ['scale'],
    rowOutputs: ['largest'],
    ...plain,
    passes: [
      { body: '', results: { largest: { reduce: 'max', of: 'x' } } },
      { body: 'y = Math.exp(x - largest);', results: { total: { reduce: 'sum', of: 'y' } } },
      { body: 'y = scale * y / total;' },
    ],
  };
  it('softmax, with numbers for each row', () => {
    const run = vectorRows(softmax);
    const x = resident(rows * columns, 2);
    const y = resident(rows * columns, 3);
    const scale = Float32Array.from({ length: rows }, (_, i) => i + 1);
    const largest = new Float32Array(rows);
    const whole = (array: Float32Array, step: number) => ({ array, offset: 0, step });
    expectSame(() => {
      y.fill(0);
      largest.fill(0);
      run?.(rows, columns, [whole(x, columns), whole(y, columns)], [whole(scale, 1), whole(largest, 1)], []);
      return [bits(y), bits(largest)];
    });
  });

  it('several results of one walk', () => {
    const run = vectorRows({
      arrays: [read('x'), read('y')],
      rowInputs: [],
      rowOutputs: ['xy', 'top', 'xx'],
      ...plain,
      passes: [
        {
          body: '',
          results: {
            xy: { reduce: 'sum', of: 'x * y' },
            top: { reduce: 'max', of: 'x + y' },
            xx: { reduce: 'sum', of: 'x * x' },
          },
        },
      ],
    });
    const matrices = [2, 3].map((seed) => ({ array: resident(rows * columns, seed), offset: 0, step: columns }));
    const found = new Float32Array(3 * rows);
    const numbers = [0, 1, 2].map((i) => ({ array: found, offset: i * rows, step: 1 }));
    expectSame(() => {
      found.fill(0);
      run?.(rows, columns, matrices, numbers, []);
      return [bits(found)];
    });
  });

  it('a few long rows, with a number for each', () => {
    const run = vectorRows({
      arrays: [read('x'), write('y')],
      rowInputs: ['shift'],
      rowOutputs: [],
      ...plain,
      passes: [{ body: 'y = x * x + shift;' }],
    });
    const [x, y] = [resident(3 * 70_001, 2), resident(3 * 70_001, 3)];
    const whole = (array: Float32Array, step: number) => ({ array, offset: 0, step });
    expectSame(() => {
      y.fill(0);
      run?.(3, 70_001, [whole(x, 70_001), whole(y, 70_001)], [whole(Float32Array.of(1, 2, 3), 1)], []);
      return [bits(y)];
    });
    for (const i of [0, 70_000, 70_001, 210_002]) {
      const want = Math.fround(x[i] * x[i]) + 1 + Math.floor(i / 70_001);
      expect(y[i]).toBeCloseTo(want, 5);
    }
  });

  it('whose elements depend on their number are not cut', () => {
    const run = vectorRows({
      arrays: [read('x'), write('y')],
      rowInputs: [],
      rowOutputs: [],
      ...plain,
      passes: [{ body: 'y = x + n;' }],
    });
    const [x, y] = [resident(N, 2), resident(N, 3)];
    const { results } = onThreads(() => {
      const matrices = [x, y].map((array) => ({ array, offset: 0, step: N }));
      run?.(1, N, matrices, [], []);
      return bits(y);
    });
    expect(new Set(results).size).toBe(1);
    expect(y[N - 1]).toBe(Math.fround(x[N - 1] + N));
  });

  it('that write into one row are not shared', () => {
    const run = vectorRows({
      arrays: [read('x'), { name: 'y', read: true, write: true }],
      rowInputs: [],
      rowOutputs: [],
      ...plain,
      passes: [{ body: 'y = y + x;' }],
    });
    const x = resident(rows * columns, 2);
    const y = resident(columns, 3);
    const { results, shared } = onThreads(() => {
      y.fill(0);
      const matrices = [
        { array: x, offset: 0, step: columns },
        { array: y, offset: 0, step: 0 },
      ];
      run?.(rows, columns, matrices, [], []);
      return bits(y);
    });
    expect(results[1]).toEqual(results[0]);
    expect(shared).toBe(0);
    const total = Array.from({ length: rows }, (_, i) => x[i * columns]).reduce((a, b) => Math.fround(a + b));
    expect(y[0]).toBeCloseTo(total, 2);
  });
});

describe('copies', () => {
  it('and zeros', () => {
    const from = resident(N, 4);
    expectSame(() => {
      const to = allocateArray32(Float32Array, N, true);
      const zeros = bits(to);
      copyArray(from, 5, to, 2, N - 5);
      return [zeros, bits(to)];
    });
  });

  it('of one row to every row', () => {
    const from = resident(1001, 4);
    expectSame(() => {
      const to = resident(N, 5);
      repeatArray(from, 3, 900, to, 2, Math.floor(N / 900) - 1);
      return [bits(to)];
    });
  });

  it('of overlapping places are moved in one piece', () => {
    const { results, shared } = onThreads(() => {
      const array = resident(N, 4);
      copyArray(array, 0, array, 1, N - 1);
      return bits(array.subarray(1)) === bits(resident(N, 4).subarray(0, N - 1));
    });
    expect(results).toEqual([true, true, true]);
    expect(shared).toBe(0);
  });
});

it('small work is not shared', () => {
  const loop = vectorLoop({ arrays: [read('x'), write('out')], ...plain, body: 'out = x + 1;' });
  const [x, out] = [resident(60_000, 1), resident(60_000, 2)];
  const before = kernels.pool.blocksRun[0];
  setNumThreads(3);
  loop?.(60_000, [x, out], [0, 0], []);
  expect(kernels.pool.blocksRun[0]).toBe(before);
  expect(out[59_999]).toBe(Math.fround(x[59_999] + 1));
});
