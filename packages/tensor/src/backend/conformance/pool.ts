/** Maximum and average pooling and their gradients. */
import type { DType } from '../../dtype.js';
import { numelOf, type Shape } from '../../shape.js';
import type { AvgPool2dParams, Backend, Pool2dParams } from '../backend.js';
import { expectElements, expectOnlyViewWritten } from './check.js';
import {
  type ConformanceCase,
  define,
  defineFor,
  FLOATS,
  flat,
  fresh,
  indicesOf,
  inside,
  LAYOUTS,
  type Operand,
  operand,
  random,
} from './harness.js';

interface Config extends Pool2dParams {
  readonly name: string;
  readonly x: Shape;
  readonly out: readonly [number, number];
}

type Pair = readonly [number, number];

function config(name: string, x: Shape, out: Pair, kernel: Pair, rest: Partial<Pool2dParams> = {}): Config {
  return { name, x, out, kernel_size: kernel, stride: kernel, padding: [0, 0], dilation: [1, 1], ...rest };
}

const CONFIGS: readonly Config[] = [
  config('2x2', [2, 3, 4, 6], [2, 3], [2, 2]),
  config('2x2, rows and columns left over', [2, 3, 5, 7], [2, 3], [2, 2]),
  config('2x2 on widths that no vector divides', [2, 2, 14, 14], [7, 7], [2, 2]),
  config('2x2 on wide rows', [1, 2, 6, 70], [3, 35], [2, 2]),
  config('overlapping windows', [2, 2, 5, 6], [3, 4], [3, 3], { stride: [1, 1] }),
  config('gaps between windows', [1, 2, 7, 8], [2, 3], [2, 2], { stride: [4, 3] }),
  config('padding', [2, 2, 5, 6], [3, 3], [3, 3], { stride: [2, 2], padding: [1, 1] }),
  config('padding on one axis', [1, 2, 4, 4], [4, 2], [3, 2], { stride: [1, 2], padding: [1, 0] }),
  config('ceil_mode: the last window hangs over', [1, 2, 5, 7], [3, 4], [2, 2]),
  config('ceil_mode with padding', [1, 2, 6, 6], [4, 4], [3, 3], { stride: [2, 2], padding: [1, 1] }),
  config('the whole image', [2, 3, 3, 4], [1, 1], [3, 4]),
  config('1x1', [1, 2, 3, 3], [3, 3], [1, 1]),
  config('no images', [0, 2, 4, 4], [2, 2], [2, 2]),
  config('no channels', [2, 0, 4, 4], [2, 2], [2, 2]),
];

const DILATED: readonly Config[] = [
  config('dilation', [2, 2, 7, 8], [3, 4], [3, 3], { stride: [1, 1], dilation: [2, 2] }),
  config('dilation and padding', [1, 2, 6, 7], [2, 3], [3, 2], { stride: [2, 2], padding: [1, 1], dilation: [2, 3] }),
];

const outShape = (c: Config): Shape => [c.x[0], c.x[1], ...c.out];

/** Rows or columns of a window, those outside of the image included. */
const span = (c: Config, axis: 0 | 1, o: number): number[] =>
  Array.from({ length: c.kernel_size[axis] }, (_, k) => o * c.stride[axis] - c.padding[axis] + k * c.dilation[axis]);

/** Positions in the plane that a window sees, in row-major order. */
function windowOf(c: Config, oy: number, ox: number): number[] {
  const inImage = (axis: 0 | 1, o: number): number[] => span(c, axis, o).filter((i) => i >= 0 && i < c.x[2 + axis]);
  return inImage(0, oy).flatMap((iy) => inImage(1, ox).map((ix) => iy * c.x[3] + ix));
}

/** Place of the maximum: the first of equals, but the last NaN, as PyTorch has it. */
function maximum(x: Operand, plane: number, places: readonly number[]): number {
  const read = (p: number): number => x.data[plane + p];
  const nans = places.filter((p) => Number.isNaN(read(p)));
  if (nans.length > 0) return nans[nans.length - 1];
  return places.reduce((best, p) => (read(p) > read(best) ? p : best), places[0]);
}

function checkMaxPool(backend: Backend, dtype: DType, c: Config, x: Operand): void {
  const shape = outShape(c);
  const area = c.x[2] * c.x[3];
  const windows = Array.from(indicesOf(shape), ([n, ch, oy, ox]) => {
    const plane = (n * c.x[1] + ch) * area;
    return { plane, best: maximum(x, plane, windowOf(c, oy, ox)) };
  });
  const [out, indices] = [fresh(backend, dtype, shape), fresh(backend, 'int32', shape)];
  backend.maxPool2d(x.view, c, out, indices);
  expectElements(
    backend,
    out,
    windows.map(({ plane, best }) => x.data[plane + best]),
  );
  expectElements(
    backend,
    indices,
    windows.map(({ best }) => best),
  );

  const grad = random(backend, dtype, shape, 'strided', 8);
  const expected = new Array<number>(numelOf(c.x)).fill(0);
  windows.forEach(({ plane, best }, i) => {
    expected[plane + best] += grad.data[i];
  });
  for (const dx of [fresh(backend, dtype, c.x), inside(backend, dtype, c.x)]) {
    expectOnlyViewWritten(backend, dx, () => backend.maxPool2dBackward(grad.view, indices, c, dx));
    expectElements(backend, dx, expected);
  }
}

/** What a window's sum is divided by: padding may count, but not what hangs over the padded edge. */
function divisor(c: Config, p: AvgPool2dParams, oy: number, ox: number): number {
  if (p.divisor_override !== null) return p.divisor_override;
  const margin = (axis: 0 | 1): number => (p.count_include_pad ? c.padding[axis] : 0);
  const counted = (axis: 0 | 1, o: number): number =>
    span(c, axis, o).filter((i) => i >= -margin(axis) && i < c.x[2 + axis] + margin(axis)).length;
  return counted(0, oy) * counted(1, ox);
}

function checkAvgPool(backend: Backend, dtype: DType, c: Config, p: AvgPool2dParams, x: Operand): void {
  const shape = outShape(c);
  const area = c.x[2] * c.x[3];
  const grad = random(backend, dtype, shape, 'transposed', 9);
  const expectedGrad = new Array<number>(numelOf(c.x)).fill(0);
  const expected = Array.from(indicesOf(shape), (index) => {
    const [n, ch, oy, ox] = index;
    const plane = (n * c.x[1] + ch) * area;
    const by = divisor(c, p, oy, ox);
    let sum = 0;
    for (const place of windowOf(c, oy, ox)) {
      sum += x.data[plane + place];
      expectedGrad[plane + place] += grad.data[flat(shape, index)] / by;
    }
    return sum / by;
  });
  for (const make of [fresh, inside]) {
    const [out, dx] = [make(backend, dtype, shape), make(backend, dtype, c.x)];
    expectOnlyViewWritten(backend, out, () => backend.avgPool2d(x.view, p, out));
    expectElements(backend, out, expected);
    expectOnlyViewWritten(backend, dx, () => backend.avgPool2dBackward(grad.view, p, dx));
    expectElements(backend, dx, expectedGrad);
  }
}

const AVERAGES = [
  { count_include_pad: true, divisor_override: null },
  { count_include_pad: false, divisor_override: null },
  { count_include_pad: true, divisor_override: 3 },
] as const;

export const poolCases: readonly ConformanceCase[] = [
  ...[...CONFIGS, ...DILATED].flatMap((c) =>
    defineFor(FLOATS, `max pooling, ${c.name}`, (backend, dtype) => {
      for (const layout of LAYOUTS) checkMaxPool(backend, dtype, c, random(backend, dtype, c.x, layout, 2));
    }),
  ),
  ...defineFor(FLOATS, 'max pooling takes the first of equal maxima', (backend, dtype) => {
    for (const c of [...CONFIGS, ...DILATED]) {
      const coarse = random(backend, dtype, c.x, 'contiguous', 3).data.map((v) => Math.round(v));
      checkMaxPool(backend, dtype, c, operand(backend, dtype, c.x, coarse));
      checkMaxPool(backend, dtype, c, operand(backend, dtype, c.x, coarse.fill(0)));
    }
  }),
  define('max pooling of NaN and infinities', (backend) => {
    const [inf, nan] = [Infinity, Number.NaN];
    for (const c of [...CONFIGS, ...DILATED]) {
      const data = random(backend, 'float32', c.x, 'contiguous', 4).data;
      const special = data.map((v, i) => [nan, v, v, -inf, v, inf, nan, nan, v][(i * 5 + Math.floor(i / 7)) % 9]);
      checkMaxPool(backend, 'float32', c, operand(backend, 'float32', c.x, special));
      checkMaxPool(
        backend,
        'float32',
        c,
        operand(
          backend,
          'float32',
          c.x,
          data.map(() => -inf),
        ),
      );
    }
  }),
  ...CONFIGS.flatMap((c) =>
    defineFor(FLOATS, `average pooling, ${c.name}`, (backend, dtype) => {
      for (const layout of LAYOUTS) {
        for (const average of AVERAGES) {
          checkAvgPool(backend, dtype, c, { ...c, ...average }, random(backend, dtype, c.x, layout, 5));
        }
      }
    }),
  ),
  define('average pooling propagates NaN and infinities', (backend) => {
    const c = CONFIGS[0];
    const data = random(backend, 'float32', c.x, 'contiguous', 6).data.slice();
    [data[0], data[9], data[20], data[21]] = [Number.NaN, Infinity, Infinity, -Infinity];
    checkAvgPool(backend, 'float32', c, { ...c, ...AVERAGES[0] }, operand(backend, 'float32', c.x, data));
  }),
];
