/** gather and scatterAdd. */
import { ValueError } from '../../errors.js';
import { numelOf, type Shape } from '../../shape.js';
import type { Backend } from '../backend.js';
import { expectElements, expectOnlyViewWritten, expectThrows } from './check.js';
import {
  ALL,
  type ConformanceCase,
  define,
  defineFor,
  expanded,
  FLOATS,
  flat,
  fresh,
  indicesOf,
  inside,
  LAYOUTS,
  type Layout,
  type Operand,
  operand,
  random,
  randomNumbers,
} from './harness.js';

/** An index tensor with values below `size`, some of them equal. */
function randomIndex(backend: Backend, shape: Shape, size: number, layout: Layout, seed: number): Operand {
  const draw = randomNumbers(seed);
  const data = Array.from({ length: numelOf(shape) }, () => Math.floor(draw.next().value * size));
  return operand(backend, 'int64', shape, data, layout);
}

/** Where an element of the index tensor points, as a position in row-major data of `shape`. */
function target(shape: Shape, dim: number, index: Operand, at: readonly number[]): number {
  const to = at.slice();
  if (shape.length > 0) to[dim] = index.data[flat(index.shape, at)];
  return shape.reduce((sum, size, d) => sum * size + to[d], 0);
}

function checkGather(backend: Backend, x: Operand, dim: number, index: Operand): void {
  const expected = Array.from(indicesOf(index.shape), (at) => x.data[target(x.shape, dim, index, at)]);
  const out = fresh(backend, x.view.dtype, index.shape);
  backend.gather(x.view, dim, index.view, out);
  expectElements(backend, out, expected);
  const within = inside(backend, x.view.dtype, index.shape);
  expectOnlyViewWritten(backend, within, () => backend.gather(x.view, dim, index.view, within));
  expectElements(backend, within, expected);
}

function checkScatterAdd(backend: Backend, out: Operand, dim: number, index: Operand, src: Operand): void {
  const expected = out.data.slice();
  for (const at of indicesOf(index.shape)) expected[target(out.shape, dim, index, at)] += src.data[flat(src.shape, at)];
  expectOnlyViewWritten(backend, out.view, () => backend.scatterAdd(out.view, dim, index.view, src.view));
  expectElements(backend, out.view, expected);
}

function checkScatter(backend: Backend, out: Operand, dim: number, index: Operand, src: Operand): void {
  const expected = out.data.slice();
  for (const at of indicesOf(index.shape)) expected[target(out.shape, dim, index, at)] = src.data[flat(src.shape, at)];
  expectOnlyViewWritten(backend, out.view, () => backend.scatter(out.view, dim, index.view, src.view));
  expectElements(backend, out.view, expected);
}

export const indexCases: readonly ConformanceCase[] = [
  ...defineFor(ALL, 'gather along every dimension', (backend, dtype) => {
    for (const layout of LAYOUTS) {
      const x = random(backend, dtype, [3, 4, 5], layout, 1);
      for (const dim of [0, 1, 2]) {
        checkGather(backend, x, dim, randomIndex(backend, [3, 4, 5], x.shape[dim], layout, 2));
        // smaller than x elsewhere, longer along dim
        const shape = [2, 3, 4].map((size, d) => (d === dim ? 7 : size));
        checkGather(backend, x, dim, randomIndex(backend, shape, x.shape[dim], 'strided', 3));
      }
    }
  }),
  define('gather of rows: one index for a whole row', (backend) => {
    for (const layout of LAYOUTS) {
      for (const width of [1, 3, 4]) {
        const index = expanded(randomIndex(backend, [6, 1], 5, layout, 4), [6, width]);
        checkGather(backend, random(backend, 'float32', [5, 4], layout, 5), 0, index);
      }
    }
    const columns = expanded(randomIndex(backend, [1, 6], 4, 'offset', 6), [5, 6]);
    checkGather(backend, random(backend, 'float32', [5, 4], 'transposed', 7), 1, columns);
  }),
  define('many rows, of which some come twice: gather, scatter, scatterAdd', (backend) => {
    for (const layout of LAYOUTS) {
      for (const width of [1, 13, 16, 70]) {
        const index = expanded(randomIndex(backend, [60, 1], 40, layout, width), [60, width]);
        const table = (seed: number): Operand => random(backend, 'float32', [40, width], layout, seed);
        const packed = random(backend, 'float32', [60, width], layout, 2);
        checkGather(backend, table(1), 0, index);
        checkScatter(backend, table(3), 0, index, packed);
        const sums = random(backend, 'float32', [40, width], layout === 'offset' ? 'offset' : 'contiguous', 4);
        checkScatterAdd(backend, sums, 0, index, packed);
      }
    }
  }),
  define('gather of scalars and of nothing', (backend) => {
    const zero = operand(backend, 'int64', [], [0], 'offset');
    checkGather(backend, random(backend, 'float32', [], 'offset'), 0, zero);
    checkGather(backend, random(backend, 'float32', [3, 4]), 0, randomIndex(backend, [0, 4], 3, 'contiguous', 1));
    checkGather(backend, random(backend, 'float32', [0, 4]), 1, randomIndex(backend, [0, 2], 4, 'contiguous', 1));
    checkGather(
      backend,
      random(backend, 'float32', [0, 4]),
      0,
      expanded(randomIndex(backend, [0, 1], 3, 'contiguous', 1), [0, 4]),
    );
  }),
  ...defineFor(
    [...FLOATS, 'int64', 'int32'],
    'scatterAdd along every dimension, onto what is there',
    (backend, dtype) => {
      for (const layout of LAYOUTS) {
        for (const dim of [0, 1, 2]) {
          for (const where of ['contiguous', 'offset'] as const) {
            const out = random(backend, dtype, [3, 4, 5], where, 1);
            const shape = [2, 3, 4].map((size, d) => (d === dim ? 6 : size));
            const index = randomIndex(backend, shape, out.shape[dim], layout, 2);
            checkScatterAdd(backend, out, dim, index, random(backend, dtype, shape, layout, 3));
          }
        }
      }
    },
  ),
  define('scatterAdd of rows: one index for a whole row', (backend) => {
    for (const layout of LAYOUTS) {
      const index = expanded(randomIndex(backend, [6, 1], 5, layout, 4), [6, 4]);
      const src = random(backend, 'float32', [6, 4], layout, 5);
      checkScatterAdd(backend, random(backend, 'float32', [5, 4], 'offset', 6), 0, index, src);
      const one = expanded(random(backend, 'float32', [6, 1], layout, 7), [6, 4]);
      checkScatterAdd(backend, random(backend, 'float32', [5, 4], 'contiguous', 8), 0, index, one);
    }
  }),
  define('scatterAdd of scalars, of nothing, of NaN', (backend) => {
    const zero = operand(backend, 'int64', [], [0]);
    checkScatterAdd(backend, operand(backend, 'float32', [], [2]), 0, zero, operand(backend, 'float32', [], [3]));
    const none = randomIndex(backend, [0, 4], 3, 'contiguous', 1);
    checkScatterAdd(backend, random(backend, 'float32', [3, 4]), 0, none, random(backend, 'float32', [0, 4]));
    const index = operand(backend, 'int64', [3], [1, 1, 0]);
    const src = operand(backend, 'float32', [3], [Infinity, -Infinity, 1]);
    checkScatterAdd(backend, operand(backend, 'float32', [3], [Number.NaN, 1, 2]), 0, index, src);
  }),
  ...defineFor(ALL, 'scatter along every dimension, the last one wins', (backend, dtype) => {
    for (const layout of LAYOUTS) {
      for (const dim of [0, 1, 2]) {
        for (const where of LAYOUTS) {
          const out = random(backend, dtype, [3, 4, 5], where, 1);
          const shape = [2, 3, 4].map((size, d) => (d === dim ? 6 : size));
          const index = randomIndex(backend, shape, out.shape[dim], layout, 2);
          checkScatter(backend, out, dim, index, random(backend, dtype, shape, layout, 3));
        }
      }
    }
  }),
  define('scatter of scalars and of nothing', (backend) => {
    const zero = operand(backend, 'int64', [], [0]);
    checkScatter(backend, operand(backend, 'float32', [], [2]), 0, zero, operand(backend, 'float32', [], [Number.NaN]));
    const none = randomIndex(backend, [0, 4], 3, 'contiguous', 1);
    checkScatter(backend, random(backend, 'float32', [3, 4]), 0, none, random(backend, 'float32', [0, 4]));
  }),
  define('scatterAdd beyond the safe integers is an error', (backend) => {
    const out = operand(backend, 'int64', [2], [2 ** 53 - 1, 0]);
    const index = operand(backend, 'int64', [2], [1, 0]);
    const src = operand(backend, 'int64', [2], [1, 1]);
    expectThrows(() => backend.scatterAdd(out.view, 0, index.view, src.view), ValueError, /2\^53/);
    const rows = { ...out.view, shape: [2, 1], strides: [1, 1] };
    const [rowIndex, rowSource] = [index, src].map(({ view }) => ({ ...view, shape: [2, 1], strides: [1, 0] }));
    const wide = { ...rowSource, strides: [1, 1] };
    expectThrows(() => backend.scatterAdd(rows, 0, rowIndex, wide), ValueError, /2\^53/);
  }),
];
