/** Elementwise kernels: every one of them on special values, then broadcasting, layouts and mixed dtypes. */
import { type DType, isFloating } from '../../dtype.js';
import { ValueError } from '../../errors.js';
import { broadcastShapes, type Shape } from '../../shape.js';
import type { Backend, View } from '../backend.js';
import type { ElementwiseName } from '../elementwise.js';
import { expectElements, expectOnlyViewWritten, expectThrows } from './check.js';
import { REFERENCE, truth } from './elementwise-reference.js';
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
  indicesOf,
  LAYOUTS,
  type Operand,
  operand,
  random,
  randomNumbers,
} from './harness.js';

const NAMES = Object.keys(REFERENCE) as ElementwiseName[];

const SPECIAL = [0, 1, -1, 0.1, -2.5, 1.5, 3, 20, -20, Number.NaN, Infinity, -Infinity];
/**
 * Where operands are bounds, weights or scales, which are finite, and small enough that the exponential of a product stays
 * within float32, in which a device may compute.
 */
const LARGEST_SCALE: Partial<Record<ElementwiseName, number>> = {
  clamp: Number.MAX_VALUE,
  add_scaled: Number.MAX_VALUE,
  lerp: Number.MAX_VALUE,
  elu: 3,
  softplus: 3,
  // its slope vanishes in float32, and infinity times nothing is NaN
  gelu_backward: Number.MAX_VALUE,
};

function specialValues(name: ElementwiseName): readonly number[] {
  const largest = LARGEST_SCALE[name];
  // 1 / 0.1 rounds up to 10 in float32, and does not in float64
  if (name === 'trunc_divide') return SPECIAL.filter((v) => v !== 0.1);
  return largest === undefined ? SPECIAL : SPECIAL.filter((v) => Math.abs(v) <= largest);
}

const COMPARISONS: ReadonlySet<ElementwiseName> = new Set([
  'logical_not',
  'logical_and',
  'logical_or',
  'logical_xor',
  'eq',
  'ne',
  'lt',
  'le',
  'gt',
  'ge',
] as const);
const ON_BOOL: ReadonlySet<ElementwiseName> = new Set(['copy', 'add', 'mul', 'maximum', 'minimum', 'where'] as const);

/** An integer as an element of the dtype. */
function wrapped(value: number, dtype: DType): number {
  if (isFloating(dtype)) return value;
  if (dtype === 'bool') return truth(value !== 0);
  const bits = dtype === 'int32' ? BigInt.asIntN(32, BigInt(value)) : BigInt(value);
  return Number(dtype === 'uint8' ? BigInt.asUintN(8, bits) : bits);
}

/** Runs the kernel on operands broadcast to `shape` and compares with the reference. */
function check(
  backend: Backend,
  name: ElementwiseName,
  inputs: readonly (Operand | number)[],
  shape: Shape,
  dtype: DType,
): void {
  const out = fresh(backend, dtype, shape);
  backend.elementwise(
    name,
    inputs.map((input) => (typeof input === 'number' ? input : input.view)),
    out,
  );
  const expected = reference(name, inputs, shape, dtype);
  expectElements(backend, out, expected);
  checkFew(backend, name, inputs, fresh(backend, dtype, shape), expected);
}

/** The same through `elementwiseFew`, which computes all or nothing. */
function checkFew(
  backend: Backend,
  name: ElementwiseName,
  inputs: readonly (Operand | number)[],
  out: View,
  expected: readonly number[],
): void {
  const [x, y = null] = inputs;
  if (inputs.length > 2 || typeof x === 'number' || typeof y === 'number') return;
  const before = Array.from(backend.toHost(out));
  const done = backend.elementwiseFew(name, x.view, y === null ? null : y.view, out);
  expectElements(backend, out, done ? expected : before);
}

function reference(name: ElementwiseName, inputs: readonly (Operand | number)[], shape: Shape, dtype: DType): number[] {
  return Array.from(indicesOf(shape), (index) => {
    const read = (x: Operand | number): number => (typeof x === 'number' ? x : x.data[flat(x.shape, index)]);
    const [x, y, z] = inputs.map(read);
    return wrapped(REFERENCE[name].f(x, y, z), dtype);
  });
}

/** Operands in which every combination of the values stands at the same place. */
function combinations(backend: Backend, dtype: DType, list: readonly number[], arity: number): Operand[] {
  const shape = new Array<number>(arity).fill(list.length);
  return shape.map((_, d) =>
    operand(
      backend,
      dtype,
      shape,
      Array.from(indicesOf(shape), (index) => list[index[d]]),
    ),
  );
}

const LARGEST: Partial<Record<DType, readonly number[]>> = {
  int64: [-3, -1, 0, 1, 2, 40, 2 ** 26],
  int32: [-3, -1, 0, 1, 2, 40],
  uint8: [0, 1, 2, 40, 255],
};

const onFloats = NAMES.flatMap((name) =>
  defineFor(FLOATS, `elementwise ${name} on special values`, (backend, dtype) => {
    const inputs = combinations(backend, dtype, specialValues(name), REFERENCE[name].arity);
    check(backend, name, inputs, inputs[0].shape, dtype);
    if (COMPARISONS.has(name)) check(backend, name, inputs, inputs[0].shape, 'bool');
  }),
);

const onIntegers = NAMES.filter((name) => !REFERENCE[name].floatOnly).flatMap((name) =>
  defineFor(['int64', 'int32', 'uint8'], `elementwise ${name}`, (backend, dtype) => {
    const inputs = combinations(backend, dtype, LARGEST[dtype] ?? [], REFERENCE[name].arity);
    check(backend, name, inputs, inputs[0].shape, COMPARISONS.has(name) ? 'bool' : dtype);
  }),
);

const powers = defineFor(['int64', 'int32', 'uint8'], 'elementwise pow_integer', (backend, dtype) => {
  const wraps = dtype === 'int64' ? 0 : 1;
  const [x, y] = combinations(backend, dtype, wraps === 0 ? [0, 1, 2, 5] : [0, 1, 2, 7, 100, 200], 2);
  check(backend, 'pow_integer', [x, y, wraps], x.shape, dtype);
});

const divisions = (['floor_divide', 'trunc_divide', 'fmod', 'remainder'] as const).flatMap((name) =>
  defineFor(['int64', 'int32', 'uint8'], `elementwise ${name}`, (backend, dtype) => {
    const [x, y] = combinations(
      backend,
      dtype,
      (LARGEST[dtype] ?? []).filter((v) => v !== 0),
      2,
    );
    check(backend, name, [x, y], x.shape, dtype);
    check(backend, name, [0, y], x.shape, dtype);
  }),
);

const onBooleans = [...ON_BOOL, ...COMPARISONS].map((name) =>
  define(`elementwise ${name}, bool`, (backend) => {
    const inputs = combinations(backend, 'bool', [0, 1], REFERENCE[name].arity);
    check(backend, name, inputs, inputs[0].shape, 'bool');
  }),
);

export const elementwiseCases: readonly ConformanceCase[] = [
  ...onFloats,
  ...onIntegers,
  ...divisions,
  ...powers,
  ...onBooleans,
  ...defineFor(ALL, 'elementwise on all pairs of layouts', (backend, dtype) => {
    const name = dtype === 'bool' ? 'maximum' : 'sub';
    for (const first of LAYOUTS) {
      for (const second of LAYOUTS) {
        const [x, y] = [random(backend, dtype, [2, 3, 4], first, 1), random(backend, dtype, [2, 3, 4], second, 2)];
        check(backend, name, [x, y], [2, 3, 4], dtype);
        const out = random(backend, dtype, [2, 3, 4], second, 3).view;
        expectOnlyViewWritten(backend, out, () => backend.elementwise(name, [x.view, y.view], out));
        const expected = reference(name, [x, y], [2, 3, 4], dtype);
        expectElements(backend, out, expected);
        checkFew(backend, name, [x, y], random(backend, dtype, [2, 3, 4], second, 4).view, expected);
      }
    }
  }),
  define('elementwise broadcasts views and numbers', (backend) => {
    const shapes: [Shape, Shape][] = [
      [[3, 4], [4]],
      [
        [3, 1],
        [1, 4],
      ],
      [[], [2, 3]],
      [
        [2, 1, 3],
        [4, 1],
      ],
      [[1], [1]],
      [[], []],
      [[0, 3], [3]],
      [
        [0, 3],
        [1, 3],
      ],
    ];
    for (const [a, b] of shapes) {
      for (const layout of LAYOUTS) {
        const [x, y] = [random(backend, 'float32', a, layout, 3), random(backend, 'float32', b, 'contiguous', 4)];
        const shape = broadcastShapes('sub', a, b);
        check(backend, 'sub', [x, y], shape, 'float32');
        check(backend, 'div', [y, x], shape, 'float32');
        check(backend, 'pow', [2, x], x.shape, 'float32');
        check(backend, 'clamp', [x, -0.5, 0.75], x.shape, 'float32');
        check(backend, 'add_scaled', [x, y, -0.25], shape, 'float32');
      }
    }
  }),
  define('elementwise on expanded operands', (backend) => {
    const x = expanded(random(backend, 'float32', [3, 1], 'strided', 5), [2, 3, 4]);
    const y = expanded(random(backend, 'float32', [4], 'offset', 6), [2, 3, 4]);
    check(backend, 'mul', [x, y], [2, 3, 4], 'float32');
    check(backend, 'exp', [x], [2, 3, 4], 'float32');
  }),
  define('elementwise along long rows, whichever outer dimension is the longest', (backend) => {
    for (const shape of [
      [2, 3, 7, 20],
      [7, 3, 2, 20],
      [3, 7, 2, 33],
    ]) {
      // heads taken apart: [0, 2, 1, 3] of what lies as [0, 1, 2, 3]
      const x = exchanged(random(backend, 'float32', [shape[0], shape[2], shape[1], shape[3]], 'offset', 12));
      const y = expanded(random(backend, 'float32', [shape[1], 1, shape[3]], 'contiguous', 13), shape);
      check(backend, 'copy', [x], shape, 'float32');
      check(backend, 'sub', [x, y], shape, 'float32');
      check(backend, 'mul', [x, random(backend, 'float32', [], 'offset', 14)], shape, 'float32');
      // one element for each row, and for rows of one outer dimension alone, such as a channel's mean
      for (const [a, b] of [
        [shape[0], shape[1]],
        [1, shape[1]],
        [shape[0], 1],
      ]) {
        for (const layout of LAYOUTS) {
          const each = random(backend, 'float32', [a, b, 1, 1], layout, 18);
          check(backend, 'sub', [x, each], shape, 'float32');
          check(backend, 'mul', [each, random(backend, 'float32', shape, 'contiguous', 19)], shape, 'float32');
        }
      }
    }
  }),
  define('elementwise on large operands that lie across', (backend) => {
    const shape = [2, 35, 19];
    const across = (seed: number): Operand => exchanged(random(backend, 'float32', [2, 19, 35], 'offset', seed));
    const row = random(backend, 'float32', [19], 'contiguous', 22);
    check(backend, 'sub', [random(backend, 'float32', shape, 'strided', 20), across(21)], shape, 'float32');
    check(backend, 'sub', [across(20), across(21)], shape, 'float32');
    check(backend, 'sub', [across(20), row], shape, 'float32');
    check(backend, 'sub', [row, across(20)], shape, 'float32');
    check(backend, 'lt', [across(20), row], shape, 'bool');
    check(backend, 'where', [random(backend, 'bool', shape, 'offset', 23), across(20), across(21)], shape, 'float32');
    check(backend, 'exp', [across(20)], shape, 'float32');
    check(backend, 'add_scaled', [across(20), across(21), -0.25], shape, 'float32');
    // what is written is read, too
    const x = random(backend, 'float32', shape, 'offset', 24);
    const expected = reference('sub', [across(20), x], shape, 'float32');
    expectOnlyViewWritten(backend, x.view, () => backend.elementwise('sub', [across(20).view, x.view], x.view));
    expectElements(backend, x.view, expected);
  }),
  ...defineFor(ALL, 'elementwise with one element that stands for all', (backend, dtype) => {
    const name = dtype === 'bool' ? 'maximum' : 'sub';
    const x = random(backend, dtype, [6, 50], 'contiguous', 15);
    for (const one of [[], [1], [1, 1]]) {
      check(backend, name, [x, random(backend, dtype, one, 'offset', 16)], [6, 50], dtype);
      check(backend, name, [random(backend, dtype, one, 'strided', 17), x], [6, 50], dtype);
    }
  }),
  define('elementwise where with a bool condition of another shape', (backend) => {
    const condition = random(backend, 'bool', [3, 1], 'strided', 7);
    const [x, y] = [
      random(backend, 'float32', [3, 4], 'transposed', 8),
      random(backend, 'float32', [4], 'contiguous', 9),
    ];
    check(backend, 'where', [condition, x, y], [3, 4], 'float32');
    check(backend, 'where', [condition, x, Number.NaN], [3, 4], 'float32');
    check(backend, 'where', [condition, 1, -Infinity], [3, 1], 'float32');
  }),
  define('elementwise in place', (backend) => {
    for (const layout of LAYOUTS) {
      const [x, y] = [random(backend, 'float32', [3, 4], layout, 10), random(backend, 'float32', [4], 'strided', 11)];
      const expected = reference('sub', [y, x], [3, 4], 'float32');
      expectOnlyViewWritten(backend, x.view, () => backend.elementwise('sub', [y.view, x.view], x.view));
      expectElements(backend, x.view, expected);
    }
  }),
  define('elementwise in a chunk that no vector width divides', (backend) => {
    const draw = randomNumbers(12);
    const data = Array.from({ length: 1027 }, () => draw.next().value * 6 - 3);
    const x = operand(backend, 'float32', [1027], data);
    for (const name of ['relu', 'exp', 'tanh', 'sigmoid'] as const) check(backend, name, [x], [1027], 'float32');
    check(backend, 'relu_backward', [x, x], [1027], 'float32');
  }),
  define('int32 multiplication wraps around exactly', (backend) => {
    const [x, y] = [123456789, 987654321].map((v) => operand(backend, 'int32', [1], [v]));
    const out = fresh(backend, 'int32', [1]);
    backend.elementwise('mul', [x.view, y.view], out);
    expectElements(backend, out, [Number(BigInt.asIntN(32, 123456789n * 987654321n))]);
  }),
  define('int64 results up to the safe integers are exact, and errors beyond', (backend) => {
    const largest = 2 ** 53 - 1;
    const x = operand(backend, 'int64', [2], [largest - 1, -largest], 'strided');
    const out = fresh(backend, 'int64', [2]);
    backend.elementwise('maximum', [x.view, 5], out);
    expectElements(backend, out, [largest - 1, 5]);
    backend.elementwise('add', [x.view, 1], out);
    expectElements(backend, out, [largest, -largest + 1]);
    expectThrows(() => backend.elementwise('add', [x.view, 2], out), ValueError, /^add\(\): .*2\^53/);
    expectThrows(() => backend.elementwise('sub', [x.view, 1], out), ValueError, /^sub\(\): .*2\^53/);
    expectThrows(() => backend.elementwise('mul', [x.view, x.view], out), ValueError, /^mul\(\): .*2\^53/);
  }),
];
