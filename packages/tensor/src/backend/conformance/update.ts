/** Fused updates: every layout and mixture of layouts, constants and variants, several outputs in one pass. */
import { tinyOf, type UpdateKernel } from '../update-kernel.js';
import { expectElements, expectOnlyViewWritten } from './check.js';
import { type ConformanceCase, define, defineFor, FLOATS, fresh, LAYOUTS, operand, random } from './harness.js';

const KERNEL: UpdateKernel = {
  name: 'momentum',
  writes: ['param', 'buffer'],
  reads: ['grad'],
  values: ['lr', 'decay', 'keep'],
  each: `
    let g = grad;
    if (decay !== 0) g += decay * param;
    if (keep) buffer += g;
    param -= lr * (keep ? buffer : g);
  `,
};

/** Names as other texts may make them of each other. */
const NAMES: UpdateKernel = {
  name: 'names',
  writes: ['first'],
  reads: ['g', 'h'],
  values: ['b1', 'b2'],
  each: `
    const b = g * b1;
    const x = h * b2;
    first += b + x;
  `,
};

/** Numbers below the smallest normal one count as zero; the factor makes the others visible. */
const FLUSH: UpdateKernel = {
  name: 'flush',
  writes: ['average'],
  reads: [],
  values: ['factor'],
  each: 'average = factor * (Math.abs(average) < tiny ? 0 : average);',
};

// longer than one turn of an unrolled loop, and no multiple of it
const SHAPE = [3, 7];

/** What {@link KERNEL} makes of one element: the parameter, then the buffer. */
function expected(param: number, buffer: number, grad: number, lr: number, decay: number, keep: boolean): number[] {
  const g = grad + decay * param;
  return keep ? [param - lr * (buffer + g), buffer + g] : [param - lr * g, buffer];
}

export const updateCases: readonly ConformanceCase[] = [
  ...defineFor(FLOATS, 'an update changes what it writes, in every mixture of layouts', (backend, dtype) => {
    for (const layout of LAYOUTS) {
      for (const other of LAYOUTS) {
        const param = random(backend, dtype, SHAPE, layout, 1);
        const buffer = random(backend, dtype, SHAPE, other, 2);
        const grad = random(backend, dtype, SHAPE, layout, 3);
        const run = (): void => backend.update(KERNEL, [param.view, buffer.view], [grad.view], [0.5, 0.25, true]);
        expectOnlyViewWritten(backend, param.view, () => expectOnlyViewWritten(backend, buffer.view, run));
        const results = param.data.map((p, i) => expected(p, buffer.data[i], grad.data[i], 0.5, 0.25, true));
        expectElements(
          backend,
          param.view,
          results.map(([p]) => p),
        );
        expectElements(
          backend,
          buffer.view,
          results.map(([, b]) => b),
        );
        expectElements(backend, grad.view, grad.data);
      }
    }
  }),
  ...defineFor(FLOATS, 'an update again with other values: zeros, booleans, an absent tensor', (backend, dtype) => {
    for (const [lr, decay, keep, shape] of [
      [0.5, 0, true, SHAPE],
      [0, 0.25, true, SHAPE],
      [0.25, 0.25, false, SHAPE],
      [0.125, 0.5, false, SHAPE],
      [-1, -1, true, SHAPE],
      [0.5, 0.25, true, [5, 4]],
    ] as const) {
      const [param, buffer, grad] = [1, 2, 3].map((seed) => random(backend, dtype, shape, 'contiguous', seed));
      const written = keep ? buffer.view : null;
      backend.update(KERNEL, [param.view, written], [grad.view], [lr, decay, keep]);
      const results = param.data.map((p, i) => expected(p, buffer.data[i], grad.data[i], lr, decay, keep));
      expectElements(
        backend,
        param.view,
        results.map(([p]) => p),
      );
      expectElements(
        backend,
        buffer.view,
        results.map(([, b]) => b),
      );
    }
  }),
  ...defineFor(FLOATS, 'an update of a scalar and of nothing', (backend, dtype) => {
    const [param, grad] = [random(backend, dtype, [], 'offset', 1), random(backend, dtype, [], 'contiguous', 2)];
    backend.update(KERNEL, [param.view, null], [grad.view], [1, 0, false]);
    expectElements(backend, param.view, [param.data[0] - grad.data[0]]);
    const empty = fresh(backend, dtype, [0, 3]);
    backend.update(KERNEL, [empty, null], [fresh(backend, dtype, [0, 3])], [1, 0, false]);
    expectElements(backend, empty, []);
  }),
  define('an update with other values under any names', (backend) => {
    const [first, g, h] = [1, 2, 3].map((seed) => random(backend, 'float32', [4, 5], 'contiguous', seed));
    backend.update(NAMES, [first.view], [g.view, h.view], [3, 5]);
    expectElements(
      backend,
      first.view,
      first.data.map((x, at) => x + 3 * g.data[at] + 5 * h.data[at]),
    );
  }),
  ...defineFor(FLOATS, 'an update that knows the smallest normal number', (backend, dtype) => {
    const tiny = tinyOf(dtype);
    const some = [tiny, tiny / 2, -1.5 * tiny, 0, -tiny / 4, 3 * tiny, tiny * 2 ** -20];
    for (const size of [1, 7, 602]) {
      const average = operand(
        backend,
        dtype,
        [size],
        Array.from({ length: size }, (_, i) => some[i % some.length]),
      );
      backend.update(FLUSH, [average.view], [], [1 / tiny]);
      expectElements(
        backend,
        average.view,
        average.data.map((_, i) => [1, 0, -1.5, 0, 0, 3, 0][i % some.length]),
      );
    }
  }),
  define('an update in which the parameter is its own gradient', (backend) => {
    const x = random(backend, 'float32', SHAPE, 'transposed');
    backend.update(KERNEL, [x.view, null], [x.view], [0.5, 0, false]);
    expectElements(
      backend,
      x.view,
      x.data.map((v) => v / 2),
    );
  }),
];
