/** Convolution and its gradients. The gradients' expected values come from the forward's loop, run backwards. */
import type { DType } from '../../dtype.js';
import { numelOf, type Shape } from '../../shape.js';
import type { Backend, Conv2dParams } from '../backend.js';
import { expectElements, expectOnlyViewWritten, type Tolerance } from './check.js';
import {
  type ConformanceCase,
  define,
  defineFor,
  FLOATS,
  flat,
  fresh,
  inside,
  LAYOUTS,
  type Layout,
  type Operand,
  operand,
  random,
} from './harness.js';

interface Config extends Partial<Conv2dParams> {
  readonly name: string;
  readonly x: Shape;
  readonly weight: Shape;
  /** Rows and columns of the output. */
  readonly out: readonly [number, number];
}

const CONFIGS: readonly Config[] = [
  { name: '3x3', x: [2, 3, 5, 6], weight: [4, 3, 3, 3], out: [3, 4] },
  { name: 'padding', x: [2, 3, 5, 6], weight: [4, 3, 3, 3], padding: [1, 1], out: [5, 6] },
  {
    name: 'padding wider than the kernel reaches',
    x: [1, 2, 3, 3],
    weight: [2, 2, 2, 2],
    padding: [3, 2],
    out: [8, 6],
  },
  { name: 'a stride that leaves rows over', x: [2, 2, 6, 7], weight: [3, 2, 3, 2], stride: [2, 3], out: [2, 2] },
  { name: 'stride and padding', x: [2, 2, 7, 7], weight: [3, 2, 3, 3], stride: [2, 2], padding: [1, 1], out: [4, 4] },
  { name: 'dilation', x: [1, 2, 7, 9], weight: [3, 2, 3, 3], dilation: [2, 3], out: [3, 3] },
  {
    name: 'stride, padding and dilation, all different',
    x: [2, 2, 9, 8],
    weight: [3, 2, 3, 2],
    stride: [3, 2],
    padding: [2, 1],
    dilation: [2, 3],
    out: [3, 4],
  },
  {
    name: "'same' padding of an even kernel: one row more below",
    x: [2, 2, 5, 6],
    weight: [3, 2, 4, 2],
    padding: [1, 0],
    out: [5, 6],
  },
  {
    name: "'same' padding with dilation",
    x: [1, 2, 6, 5],
    weight: [2, 2, 2, 4],
    padding: [1, 3],
    dilation: [3, 2],
    out: [6, 5],
  },
  { name: 'groups', x: [2, 4, 5, 5], weight: [6, 2, 3, 3], padding: [1, 1], groups: 2, out: [5, 5] },
  { name: 'depthwise', x: [2, 3, 5, 5], weight: [3, 1, 3, 3], padding: [1, 1], groups: 3, out: [5, 5] },
  {
    name: 'depthwise with a multiplier and a stride',
    x: [2, 3, 5, 6],
    weight: [6, 1, 3, 2],
    stride: [2, 2],
    groups: 3,
    out: [2, 3],
  },
  { name: '1x1', x: [2, 3, 4, 5], weight: [4, 3, 1, 1], out: [4, 5] },
  { name: '1x1 with a stride', x: [2, 3, 5, 5], weight: [4, 3, 1, 1], stride: [2, 2], out: [3, 3] },
  { name: '1x1 with padding', x: [1, 2, 2, 2], weight: [3, 2, 1, 1], padding: [1, 1], out: [4, 4] },
  { name: '1x1 with groups', x: [2, 4, 3, 3], weight: [4, 2, 1, 1], groups: 2, out: [3, 3] },
  { name: 'a kernel as large as the image', x: [2, 3, 4, 5], weight: [3, 3, 4, 5], out: [1, 1] },
  { name: 'more than a thousand products', x: [2, 120, 4, 4], weight: [3, 120, 3, 3], padding: [1, 1], out: [4, 4] },
  { name: 'more than a thousand places', x: [1, 1, 36, 35], weight: [2, 1, 3, 3], padding: [1, 1], out: [36, 35] },
  { name: 'many images', x: [40, 3, 8, 9], weight: [5, 3, 3, 2], padding: [1, 0], out: [8, 8] },
  {
    name: 'many images in groups, with strides',
    x: [51, 4, 9, 11],
    weight: [6, 2, 2, 3],
    stride: [2, 2],
    padding: [1, 1],
    groups: 2,
    out: [5, 6],
  },
  {
    name: 'a wide kernel',
    x: [1, 2, 2, 30],
    weight: [2, 2, 1, 18],
    padding: [0, 3],
    out: [2, 19],
  },
  {
    name: 'a wide kernel with a stride and a dilation',
    x: [1, 1, 2, 45],
    weight: [2, 1, 2, 19],
    stride: [1, 2],
    dilation: [1, 2],
    padding: [1, 2],
    out: [3, 7],
  },
  { name: 'no images', x: [0, 2, 4, 4], weight: [3, 2, 3, 3], out: [2, 2] },
];

function paramsOf({ stride = [1, 1], padding = [0, 0], dilation = [1, 1], groups = 1 }: Config): Conv2dParams {
  return { stride, padding, dilation, groups };
}

const outShape = (c: Config): Shape => [c.x[0], c.weight[0], ...c.out];

type Visit = (out: number[], x: number[], weight: number[]) => void;

/** Every product of the convolution, by the three positions that take part. */
function forEachProduct(c: Config, visit: Visit): void {
  const { stride, padding, dilation, groups } = paramsOf(c);
  const [outChannels, channels, kH, kW] = c.weight;
  for (let n = 0; n < c.x[0]; n++)
    for (let o = 0; o < outChannels; o++)
      for (let oy = 0; oy < c.out[0]; oy++)
        for (let ox = 0; ox < c.out[1]; ox++)
          for (let ch = 0; ch < channels; ch++)
            for (let ky = 0; ky < kH; ky++)
              for (let kx = 0; kx < kW; kx++) {
                const iy = oy * stride[0] - padding[0] + ky * dilation[0];
                const ix = ox * stride[1] - padding[1] + kx * dilation[1];
                if (iy < 0 || iy >= c.x[2] || ix < 0 || ix >= c.x[3]) continue;
                const group = Math.floor(o / (outChannels / groups));
                visit([n, o, oy, ox], [n, group * channels + ch, iy, ix], [o, ch, ky, kx]);
              }
}

/** Sums in float64, and what rounding them one after the other in the dtype may cost. */
interface Sums {
  readonly data: number[];
  readonly tolerance: Tolerance;
}

function sums(dtype: DType, shape: Shape, run: (add: (index: number[], value: number) => void) => void): Sums {
  const data = new Array<number>(numelOf(shape)).fill(0);
  let magnitude = 0;
  const total = data.slice();
  run((index, value) => {
    const at = flat(shape, index);
    data[at] += value;
    total[at] += Math.abs(value);
    magnitude = Math.max(magnitude, total[at]);
  });
  const epsilon = dtype === 'float64' ? 1e-14 : 2e-6;
  return { data, tolerance: { rtol: 5 * epsilon, atol: epsilon * Math.max(1, magnitude) } };
}

function checkForward(backend: Backend, dtype: DType, c: Config, layout: Layout, hasBias: boolean): void {
  const [x, w] = [random(backend, dtype, c.x, layout, 1), random(backend, dtype, c.weight, layout, 2)];
  const bias = hasBias ? random(backend, dtype, [c.weight[0]], layout, 3) : null;
  const shape = outShape(c);
  const expected = sums(dtype, shape, (add) =>
    forEachProduct(c, (o, i, k) => add(o, x.data[flat(c.x, i)] * w.data[flat(c.weight, k)])),
  );
  const data = expected.data.map((v, i) => v + (bias?.data[Math.floor(i / (c.out[0] * c.out[1])) % c.weight[0]] ?? 0));
  for (const out of [fresh(backend, dtype, shape), inside(backend, dtype, shape)]) {
    expectOnlyViewWritten(backend, out, () => backend.conv2d(x.view, w.view, bias?.view ?? null, paramsOf(c), out));
    expectElements(backend, out, data, expected.tolerance);
  }
}

function checkInputGrad(backend: Backend, dtype: DType, c: Config, layout: Layout): void {
  const [g, w] = [random(backend, dtype, outShape(c), layout, 4), random(backend, dtype, c.weight, layout, 2)];
  const expected = sums(dtype, c.x, (add) =>
    forEachProduct(c, (o, i, k) => add(i, g.data[flat(g.shape, o)] * w.data[flat(c.weight, k)])),
  );
  for (const out of [fresh(backend, dtype, c.x), inside(backend, dtype, c.x)]) {
    expectOnlyViewWritten(backend, out, () => backend.conv2dInputGrad(g.view, w.view, paramsOf(c), out));
    expectElements(backend, out, expected.data, expected.tolerance);
  }
}

function checkWeightGrad(backend: Backend, dtype: DType, c: Config, layout: Layout, hasBias: boolean): void {
  const [g, x] = [random(backend, dtype, outShape(c), layout, 4), random(backend, dtype, c.x, layout, 1)];
  const expected = sums(dtype, c.weight, (add) =>
    forEachProduct(c, (o, i, k) => add(k, g.data[flat(g.shape, o)] * x.data[flat(c.x, i)])),
  );
  const expectedBias = sums(dtype, [c.weight[0]], (add) => {
    g.data.forEach((v, i) => {
      add([Math.floor(i / (c.out[0] * c.out[1])) % c.weight[0]], v);
    });
  });
  for (const make of [fresh, inside]) {
    const out = make(backend, dtype, c.weight);
    const outBias = hasBias ? make(backend, dtype, [c.weight[0]]) : null;
    const run = (): void => backend.conv2dWeightGrad(g.view, x.view, paramsOf(c), out, outBias);
    expectOnlyViewWritten(backend, out, run);
    expectElements(backend, out, expected.data, expected.tolerance);
    if (outBias === null) continue;
    expectOnlyViewWritten(backend, outBias, run);
    expectElements(backend, outBias, expectedBias.data, expectedBias.tolerance);
  }
}

const perConfig = CONFIGS.flatMap((c) =>
  defineFor(FLOATS, `conv2d ${c.name}`, (backend, dtype) => {
    for (const hasBias of [false, true]) {
      checkForward(backend, dtype, c, 'contiguous', hasBias);
      checkWeightGrad(backend, dtype, c, 'contiguous', hasBias);
    }
    checkInputGrad(backend, dtype, c, 'contiguous');
  }),
);

const numbers = (backend: Backend, shape: Shape, data: readonly number[]): Operand =>
  operand(backend, 'float32', shape, data);

/** Numbers of outputs in a row, and of filters, each with the strides that are tested. */
const LENGTHS: readonly (readonly [number, readonly number[]])[] = [
  [1, [1]],
  [3, [1, 2]],
  [4, [1]],
  [5, [1, 2, 4]],
  [7, [1]],
  [8, [1, 4]],
];

export const convCases: readonly ConformanceCase[] = [
  ...perConfig,
  define('conv2d with rows and filters of each short number', (backend) => {
    for (const [length, strides] of LENGTHS) {
      for (const stride of strides) {
        const columns = (length - 1) * stride + 2;
        const c: Config = {
          name: '',
          x: [2, 2, 2, columns],
          weight: [length, 2, 2, 3],
          stride: [1, stride],
          padding: [0, 1],
          out: [1, Math.floor((columns - 1) / stride) + 1],
        };
        checkForward(backend, 'float32', c, 'contiguous', stride === 1);
        checkForward(backend, 'float32', { ...c, x: [1, 1, 2, columns], weight: [1, 1, 2, 3] }, 'contiguous', true);
        checkInputGrad(backend, 'float32', c, 'contiguous');
        checkWeightGrad(backend, 'float32', c, 'contiguous', false);
      }
    }
  }),
  ...defineFor(FLOATS, 'conv2d in all layouts', (backend, dtype) => {
    for (const layout of LAYOUTS) {
      for (const c of CONFIGS.filter(({ name }) => name === 'padding' || name === 'groups')) {
        checkForward(backend, dtype, c, layout, true);
        checkInputGrad(backend, dtype, c, layout);
        checkWeightGrad(backend, dtype, c, layout, true);
      }
    }
  }),
  define('conv2d propagates NaN and infinities to the outputs that see them', (backend) => {
    const params = paramsOf(CONFIGS[0]);
    const x = numbers(backend, [1, 1, 1, 6], [Number.NaN, 1, 2, 3, Infinity, 1]);
    const weight = numbers(backend, [1, 1, 1, 2], [1, 0]);
    const out = fresh(backend, 'float32', [1, 1, 1, 5]);
    backend.conv2d(x.view, weight.view, null, params, out);
    expectElements(backend, out, [Number.NaN, 1, 2, Number.NaN, Infinity]);
    const grad = numbers(backend, [1, 1, 1, 5], [1, 1, -Infinity, 1, 1]);
    const dx = fresh(backend, 'float32', [1, 1, 1, 6]);
    backend.conv2dInputGrad(grad.view, weight.view, params, dx);
    expectElements(backend, dx, [1, 1, -Infinity, Number.NaN, 1, 0]);
  }),
  define('conv2d input gradient: an infinite weight counts for the pixels that were seen through it', (backend) => {
    for (const [stride, places, expected] of [
      [1, 9, [1, 2, Infinity, Infinity, Infinity, Infinity, Infinity, Infinity, Infinity, Infinity, Infinity]],
      [2, 5, [1, 1, Infinity, 1, Infinity, 1, Infinity, 1, Infinity, 1, Infinity]],
    ] as const) {
      const params = paramsOf({ ...CONFIGS[0], stride: [1, stride] });
      const grad = numbers(backend, [1, 1, 1, places], new Array<number>(places).fill(1));
      const weight = numbers(backend, [1, 1, 1, 3], [1, 1, Infinity]);
      const dx = fresh(backend, 'float32', [1, 1, 1, 11]);
      backend.conv2dInputGrad(grad.view, weight.view, params, dx);
      expectElements(backend, dx, expected);
    }
  }),
  define('conv2d: what lies outside of an image has no products with what is infinite', (backend) => {
    // as PyTorch's kernels do for all but small images
    const params = paramsOf({ ...CONFIGS[0], padding: [1, 1] });
    const ones = (length: number, first: number): number[] => [first, ...new Array<number>(length - 1).fill(1)];
    const [x, grad] = [numbers(backend, [1, 2, 3, 3], ones(18, 1)), numbers(backend, [1, 2, 3, 3], ones(18, Infinity))];
    const [dw, out] = [fresh(backend, 'float32', [2, 2, 3, 3]), fresh(backend, 'float32', [1, 2, 3, 3])];
    backend.conv2dWeightGrad(grad.view, x.view, params, dw, null);
    const [seen, finite] = [
      [4, 6, 4, 6, Infinity, Infinity, 4, Infinity, Infinity],
      [4, 6, 4, 6, 9, 6, 4, 6, 4],
    ];
    expectElements(backend, dw, [seen, seen, finite, finite].flat());
    const weight = numbers(backend, [2, 2, 3, 3], ones(36, Infinity));
    backend.conv2d(x.view, weight.view, null, params, out);
    expectElements(backend, out, [
      8,
      12,
      8,
      12,
      Infinity,
      Infinity,
      8,
      Infinity,
      Infinity,
      ...finite.map((y) => 2 * y),
    ]);
  }),
  define('conv2d weight gradient of no images is zero', (backend) => {
    const [out, outBias] = [inside(backend, 'float32', [3, 2, 3, 3]), inside(backend, 'float32', [3])];
    const [grad, x] = [random(backend, 'float32', [0, 3, 2, 2]), random(backend, 'float32', [0, 2, 4, 4])];
    backend.conv2dWeightGrad(grad.view, x.view, paramsOf(CONFIGS[0]), out, outBias);
    expectElements(backend, out, new Array<number>(54).fill(0));
    expectElements(backend, outBias, [0, 0, 0]);
  }),
];
