/** What the cases are made of: operands in every memory layout, and checks that say where a result differs. */
import { allocateArray, type DType, isFloating, type TypedArray } from '../../dtype.js';
import { contiguousStrides, numelOf, type Shape } from '../../shape.js';
import { type Device, Storage } from '../../storage.js';
import type { Backend, View } from '../backend.js';

/** One property of a backend. A device that cannot have it says why. */
export interface ConformanceCase {
  readonly name: string;
  /** The reason for not running on a device. */
  readonly skip?: Partial<Readonly<Record<Device, string>>>;
  /** @throws Error when the backend is wrong. */
  run(backend: Backend): void;
}

const NO_FLOAT64 = { gpu: 'gpu.js computes in 32-bit floats, so the device has no float64' };

export const define = (name: string, run: (backend: Backend) => void): ConformanceCase => ({ name, run });

/** One case for each dtype. */
export function defineFor(
  dtypes: readonly DType[],
  name: string,
  run: (backend: Backend, dtype: DType) => void,
): ConformanceCase[] {
  return dtypes.map((dtype) => ({
    name: `${name}, ${dtype}`,
    ...(dtype === 'float64' ? { skip: NO_FLOAT64 } : {}),
    run: (backend: Backend) => run(backend, dtype),
  }));
}

export const FLOATS: readonly DType[] = ['float32', 'float64'];
export const INTEGERS: readonly DType[] = ['int64', 'int32', 'uint8'];
export const ALL: readonly DType[] = [...FLOATS, ...INTEGERS, 'bool'];

/**
 * How elements lie in memory: in order; in order behind other elements; with the dimensions in the opposite order; or
 * behind other elements and with gaps between neighbours.
 */
export type Layout = 'contiguous' | 'offset' | 'transposed' | 'strided';
export const LAYOUTS: readonly Layout[] = ['contiguous', 'offset', 'transposed', 'strided'];

/** A view together with its elements in row-major order. */
export interface Operand {
  readonly view: View;
  readonly shape: Shape;
  readonly data: readonly number[];
}

/** What lies beside a view's elements; whoever reads it gets a wrong result, whoever writes it is found out. */
const guardOf = (dtype: DType): number => (isFloating(dtype) ? Number.NaN : dtype === 'bool' ? 1 : 77);

const place = (index: readonly number[], strides: Shape, offset: number): number =>
  index.reduce((sum, i, d) => sum + i * strides[d], offset);

/** Every index of a shape, in row-major order. */
export function* indicesOf(shape: Shape): Generator<number[]> {
  const numel = numelOf(shape);
  const index = shape.map(() => 0);
  for (let i = 0; i < numel; i++) {
    yield index.slice();
    for (let d = shape.length - 1; d >= 0 && ++index[d] === shape[d]; d--) index[d] = 0;
  }
}

/** Position of an index in row-major data; dimensions that the shape lacks in front, or has with size 1, are ignored. */
export function flat(shape: Shape, index: readonly number[]): number {
  const lead = index.length - shape.length;
  return shape.reduce((at, size, d) => at * size + (size === 1 ? 0 : index[lead + d]), 0);
}

function layOut(shape: Shape, layout: Layout): { strides: number[]; offset: number; numel: number } {
  const offset = layout === 'offset' || layout === 'strided' ? 3 : 0;
  const step = layout === 'strided' ? 2 : 1;
  const strides =
    layout === 'transposed'
      ? contiguousStrides(shape.toReversed()).toReversed()
      : contiguousStrides(shape).map((s) => s * step);
  const guards = layout === 'contiguous' || layout === 'transposed' ? 0 : 2;
  return { strides, offset, numel: offset + numelOf(shape) * step + guards };
}

/** A tensor of these elements, in row-major order. They are rounded as the dtype holds them. */
export function operand(
  backend: Backend,
  dtype: DType,
  shape: Shape,
  data: readonly number[],
  layout: Layout = 'contiguous',
): Operand {
  if (data.length !== numelOf(shape)) throw new Error(`${data.length} elements for shape [${shape.join(', ')}]`);
  const { strides, offset, numel } = layOut(shape, layout);
  const memory = allocateArray(dtype, numel).fill(guardOf(dtype));
  const rounded = Array.from(arrayOf(dtype, data));
  let i = 0;
  for (const index of indicesOf(shape)) memory[place(index, strides, offset)] = rounded[i++];
  const storage = new Storage(backend.device, dtype, numel, backend.fromHost(memory, dtype));
  return { view: { storage, shape, strides, offset, dtype }, shape, data: rounded };
}

function arrayOf(dtype: DType, data: readonly number[]): TypedArray {
  const array = allocateArray(dtype, data.length);
  array.set(data);
  return array;
}

/** The operand broadcast to a larger shape: a view with strides of 0. */
export function expanded({ view, data }: Operand, shape: Shape): Operand {
  const lead = shape.length - view.shape.length;
  const strides = shape.map((size, d) => (d < lead || view.shape[d - lead] !== size ? 0 : view.strides[d - lead]));
  const all = Array.from(indicesOf(shape), (index) => data[flat(view.shape, index)]);
  return { view: { ...view, shape, strides }, shape, data: all };
}

/** The operand with its second and third dimensions exchanged. */
export function exchanged({ view, data }: Operand): Operand {
  const swap = (list: readonly number[]): number[] => [list[0], list[2], list[1], ...list.slice(3)];
  const shape = swap(view.shape);
  const all = Array.from(indicesOf(shape), (index) => data[flat(view.shape, swap(index))]);
  return { view: { ...view, shape, strides: swap(view.strides) }, shape, data: all };
}

/** Fresh, zeroed memory in row-major order, as most results are given it. */
export function fresh(backend: Backend, dtype: DType, shape: Shape): View {
  const numel = numelOf(shape);
  const storage = backend.storage(numel, dtype, true);
  return { storage, shape, strides: contiguousStrides(shape), offset: 0, dtype };
}

/** Row-major memory behind and before other elements, filled with something else: a result inside of a larger tensor. */
export const inside = (backend: Backend, dtype: DType, shape: Shape): View =>
  operand(backend, dtype, shape, new Array<number>(numelOf(shape)).fill(1), 'offset').view;

/** Numbers without a pattern, the same in every run. */
export function* randomNumbers(seed = 1): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** Values that a dtype can hold, few enough that some are equal: −2…2 in floats, −5…5 or 0…9 in integers. */
export function values(dtype: DType, shape: Shape, seed = 1): number[] {
  const draw = randomNumbers(seed);
  const next = (): number => draw.next().value;
  return Array.from({ length: numelOf(shape) }, () => {
    if (isFloating(dtype)) return Math.fround(next() * 4 - 2);
    if (dtype === 'bool') return next() < 0.5 ? 0 : 1;
    return Math.floor(next() * (dtype === 'uint8' ? 10 : 11)) - (dtype === 'uint8' ? 0 : 5);
  });
}

export const random = (backend: Backend, dtype: DType, shape: Shape, layout?: Layout, seed?: number): Operand =>
  operand(backend, dtype, shape, values(dtype, shape, seed), layout);
