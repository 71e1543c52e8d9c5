/** Memory: allocation, moves to and from the host, fill, copy, accumulate. */
import type { DType } from '../../dtype.js';
import { ValueError } from '../../errors.js';
import { Storage } from '../../storage.js';
import { expectElements, expectOnlyViewWritten, expectThrows } from './check.js';
import {
  ALL,
  type ConformanceCase,
  define,
  defineFor,
  exchanged,
  expanded,
  FLOATS,
  flat,
  fresh,
  INTEGERS,
  indicesOf,
  inside,
  LAYOUTS,
  operand,
  random,
} from './harness.js';

/** A number of dtype `from` converted to `to`, as PyTorch does. */
function converted(value: number, to: DType): number {
  if (to === 'float32') return Math.fround(value);
  if (to === 'float64') return value;
  if (to === 'bool') return value === 0 ? 0 : 1;
  const whole = BigInt(Math.trunc(value));
  if (to === 'uint8') return Number(BigInt.asUintN(8, whole));
  return to === 'int32' ? Number(BigInt.asIntN(32, whole)) : Number(whole);
}

const CONVERTIBLE: Readonly<Record<DType, readonly number[]>> = {
  float32: [0, 1.5, -1.5, 0.25, 200.75, -0.5],
  float64: [0, 1.5, -1.5, 0.1, 1e9 + 0.5, -0.5],
  int64: [0, 1, -1, 255, 256, -300, 2 ** 40 + 7],
  int32: [0, 1, -1, 255, 256, -300],
  uint8: [0, 1, 127, 255],
  bool: [0, 1],
};

const conversions = ALL.flatMap((to) =>
  defineFor(ALL, `copy converts to ${to} from`, (backend, from) => {
    const data = CONVERTIBLE[from].filter((v) => to !== 'float32' || Math.abs(v) < 2 ** 24);
    const x = operand(backend, from, [data.length], data, 'strided');
    const out = fresh(backend, to, x.shape);
    backend.copy(x.view, out);
    expectElements(
      backend,
      out,
      x.data.map((v) => converted(v, to)),
    );
  }).map((c) => (to === 'float64' ? { ...c, skip: { gpu: 'the gpu device has no float64' } } : c)),
);

export const memoryCases: readonly ConformanceCase[] = [
  ...defineFor(ALL, 'allocate and storage give zeros', (backend, dtype) => {
    for (const numel of [0, 1, 6, 100]) {
      const zeros = new Array<number>(numel).fill(0);
      const allocated = new Storage(backend.device, dtype, numel, backend.allocate(numel, dtype, true));
      for (const storage of [allocated, backend.storage(numel, dtype, true)]) {
        expectElements(backend, { storage, dtype, shape: [numel], strides: [1], offset: 0 }, zeros);
      }
    }
  }),
  ...defineFor(ALL, 'storages have no element in common', (backend, dtype) => {
    for (const numel of [1, 2, 7, 64, 65]) {
      const views = Array.from({ length: 20 }, () => fresh(backend, dtype, [numel]));
      views.forEach((view, i) => {
        backend.fill(view, i % 2);
      });
      views.forEach((view, i) => {
        expectElements(backend, view, new Array<number>(numel).fill(i % 2));
      });
    }
  }),
  ...defineFor(ALL, 'toHost gives back what fromHost was given, in every layout', (backend, dtype) => {
    for (const layout of LAYOUTS) {
      const x = random(backend, dtype, [2, 3, 4], layout);
      expectElements(backend, x.view, x.data);
    }
    const wide = expanded(random(backend, dtype, [3, 1]), [2, 3, 4]);
    expectElements(backend, wide.view, wide.data);
    expectElements(backend, random(backend, dtype, [3, 0, 2], 'strided').view, []);
    const scalar = random(backend, dtype, [], 'offset');
    expectElements(backend, scalar.view, scalar.data);
  }),
  ...defineFor(ALL, 'fromHost takes what hostArray gave, of every size', (backend, dtype) => {
    for (const numel of [0, 1, 255, 256, 3000]) {
      const data = Array.from({ length: numel }, (_, i) => (dtype === 'bool' ? i % 2 : i % 100));
      const arrays = [backend.hostArray(numel, dtype), backend.hostArray(numel, dtype)];
      const [first] = arrays.map((array) => {
        array.set(data);
        const storage = new Storage(backend.device, dtype, numel, backend.fromHost(array, dtype));
        return { storage, dtype, shape: [numel], strides: [1], offset: 0 };
      });
      arrays[1].fill(0);
      expectElements(backend, first, data);
    }
  }),
  ...defineFor(ALL, 'fill writes the view and nothing else', (backend, dtype) => {
    for (const layout of LAYOUTS) {
      const { view } = random(backend, dtype, [3, 4], layout);
      expectOnlyViewWritten(backend, view, () => backend.fill(view, 1));
      expectElements(backend, view, new Array<number>(12).fill(1));
    }
    const empty = fresh(backend, dtype, [0]);
    backend.fill(empty, 1);
    expectElements(backend, empty, []);
  }),
  define('fill with NaN and infinities', (backend) => {
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      const out = fresh(backend, 'float32', [2]);
      backend.fill(out, value);
      expectElements(backend, out, [value, value]);
    }
  }),
  ...defineFor(ALL, 'copy between all layouts', (backend, dtype) => {
    for (const from of LAYOUTS) {
      for (const to of LAYOUTS) {
        const x = random(backend, dtype, [2, 3, 2], from, 5);
        const out = random(backend, dtype, [2, 3, 2], to, 6).view;
        expectOnlyViewWritten(backend, out, () => backend.copy(x.view, out));
        expectElements(backend, out, x.data);
      }
    }
    const x = expanded(random(backend, dtype, [3, 1], 'offset'), [3, 4]);
    const out = fresh(backend, dtype, [3, 4]);
    backend.copy(x.view, out);
    expectElements(backend, out, x.data);
  }),
  ...defineFor(ALL, 'copy of a row to every row', (backend, dtype) => {
    for (const [rows, width] of [
      [5, 3],
      [7, 300],
      [300, 250],
    ]) {
      for (const to of ['offset', 'strided', 'transposed'] as const) {
        const x = expanded(random(backend, dtype, [width], 'offset', 5), [rows, width]);
        const out = random(backend, dtype, [rows, width], to, 6).view;
        expectOnlyViewWritten(backend, out, () => backend.copy(x.view, out));
        expectElements(backend, out, x.data);
      }
    }
    // the row is one of those written
    const { view, data } = random(backend, dtype, [4, 6], 'offset', 5);
    backend.copy({ ...view, strides: [0, 1], offset: view.offset + 12 }, view);
    expectElements(
      backend,
      view,
      [0, 1, 2, 3].flatMap(() => data.slice(12, 18)),
    );
  }),
  ...defineFor(ALL, 'copy of large views that lie across', (backend, dtype) => {
    for (const shape of [
      [2, 19, 35],
      [2, 35, 19],
      [300, 2, 2],
    ]) {
      for (const to of LAYOUTS) {
        const x = exchanged(random(backend, dtype, shape, 'offset', 5));
        const out = random(backend, dtype, x.shape, to, 6).view;
        expectOnlyViewWritten(backend, out, () => backend.copy(x.view, out));
        expectElements(backend, out, x.data);
      }
    }
  }),
  define('a copy is independent of its source', (backend) => {
    const x = operand(backend, 'float32', [3], [1, 2, 3]);
    const out = fresh(backend, 'float32', [3]);
    backend.copy(x.view, out);
    backend.fill(x.view, 9);
    expectElements(backend, out, [1, 2, 3]);
    backend.fill(out, 5);
    expectElements(backend, x.view, [9, 9, 9]);
  }),
  define('views of a storage see what is written through one of them', (backend) => {
    const { view } = operand(backend, 'float32', [2, 3], [1, 2, 3, 4, 5, 6]);
    const column = { ...view, shape: [2], strides: [3], offset: 1 };
    backend.fill(column, 0);
    expectElements(backend, view, [1, 0, 3, 4, 0, 6]);
    backend.elementwise('mul', [view, 2], view);
    expectElements(backend, column, [0, 0]);
    expectElements(backend, { ...view, shape: [3, 2], strides: [1, 3] }, [2, 8, 0, 0, 6, 12]);
  }),
  ...conversions,
  define('copy to bool: NaN and fractions are true', (backend) => {
    const out = fresh(backend, 'bool', [4]);
    backend.copy(operand(backend, 'float32', [4], [Number.NaN, 0.25, 0, -Infinity]).view, out);
    expectElements(backend, out, [1, 1, 0, 1]);
  }),
  define('copy to int64 of what is no safe integer is an error, when somebody looks at the latest', (backend) => {
    for (const value of [1e20, -1e20, Infinity, Number.NaN]) {
      const x = operand(backend, 'float32', [2], [1, value]);
      const out = fresh(backend, 'int64', [2]);
      const copyAndLook = (): void => {
        backend.copy(x.view, out);
        backend.toHost(out);
      };
      expectThrows(copyAndLook, ValueError, /2\^53/);
    }
  }),
  ...defineFor([...FLOATS, ...INTEGERS], 'accumulate adds into every layout', (backend, dtype) => {
    for (const layout of LAYOUTS) {
      const [x, y] = [random(backend, dtype, [3, 4], layout, 7), random(backend, dtype, [3, 4], 'transposed', 8)];
      expectOnlyViewWritten(backend, x.view, () => backend.accumulate(x.view, y.view));
      expectElements(
        backend,
        x.view,
        x.data.map((v, i) => converted(v + y.data[i], dtype)),
      );
    }
  }),
  ...defineFor([...FLOATS, ...INTEGERS], 'accumulate into a view that shows elements twice', (backend, dtype) => {
    const small = operand(backend, dtype, [3, 1], [1, 2, 3]);
    const y = random(backend, dtype, [2, 3, 4], 'strided');
    backend.accumulate(expanded(small, [2, 3, 4]).view, y.view);
    const sums = small.data.slice();
    for (const index of indicesOf([2, 3, 4])) sums[index[1]] += y.data[flat([2, 3, 4], index)];
    expectElements(
      backend,
      small.view,
      sums.map((v) => converted(v, dtype)),
    );
  }),
  define('accumulate beyond the safe integers is an error', (backend) => {
    const x = operand(backend, 'int64', [2], [0, 2 ** 53 - 1]);
    expectThrows(() => backend.accumulate(x.view, operand(backend, 'int64', [2], [1, 1]).view), ValueError, /2\^53/);
  }),
  define('a scalar inside of a larger storage', (backend) => {
    const out = inside(backend, 'float32', []);
    expectOnlyViewWritten(backend, out, () => backend.fill(out, 4));
    expectElements(backend, out, [4]);
    const storage = new Storage(backend.device, 'float32', 1, backend.fromHost(new Float32Array([8]), 'float32'));
    backend.copy({ storage, shape: [], strides: [], offset: 0, dtype: 'float32' }, out);
    expectElements(backend, out, [8]);
  }),
];
