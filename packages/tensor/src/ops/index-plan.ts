/**
 * What an index expression means: first the views that numbers, slices, `null` and `'...'` take, then the index tensors
 * of the dimensions that are left. https://numpy.org/doc/stable/user/basics.indexing.html
 */
import { checkInteger } from '../arguments.js';
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { tensor } from '../factories.js';
import { broadcastShapes, contiguousStrides, numelOf, type Shape, showShape } from '../shape.js';
import { Tensor } from '../tensor.js';
import { nonzeroPositions } from './flat.js';
import { fromHost } from './kernel.js';
import { select, sliceOp } from './slice.js';

/** A range of indices, as Python's `slice`. Made by {@link slice}. */
export class Slice {
  constructor(
    readonly start: number | null,
    readonly stop: number | null,
    readonly step: number | null,
  ) {}
}

/**
 * `start:stop:step` for `x.index(…)`, as Python's: `slice()` is `:`, `slice(b)` is `:b`, `slice(a, null)` is `a:`,
 * `slice(a, b, step)` is `a:b:step`. Negative bounds count from the end; the step is positive.
 * https://docs.python.org/3/library/functions.html#slice
 * @throws ValueError for bounds that are no integers, or a step below 1.
 */
export function slice(start?: number | null, stop?: number | null, step?: number | null): Slice {
  for (const bound of [start, stop, step]) {
    if (bound !== undefined && bound !== null && !Number.isSafeInteger(bound)) {
      throw new ValueError(`slice(): slice indices must be integers or null, got ${String(bound)}`);
    }
  }
  if (typeof step === 'number' && step < 1)
    throw new ValueError(`slice(): step must be greater than zero, got ${step}`);
  return stop === undefined && step === undefined
    ? new Slice(null, start ?? null, null)
    : new Slice(start ?? null, stop ?? null, step ?? null);
}

/** Nested arrays of indices or of booleans. */
export type IndexList = readonly (number | boolean | IndexList)[];

/** One part of an index expression. A boolean or a bool tensor is a mask; an int64 tensor or an array lists indices. */
export type TensorIndex = number | Slice | null | '...' | boolean | Tensor | IndexList;

const isMask = (x: Tensor): boolean => x.dtype === 'bool' || x.dtype === 'uint8';

/** Arrays and masks of no dimension become tensors; everything is checked. */
function normalize(op: string, part: TensorIndex, device: Tensor['device']): TensorIndex {
  if (Array.isArray(part)) {
    const t = part.length === 0 ? tensor([], { dtype: 'int64' }) : tensor(part);
    if (t.dtype === 'float32' && Array.from(t.toArray()).some((i) => !Number.isInteger(i))) {
      throw new DTypeError(
        `${op}(): tensors used as indices must be long, byte or bool tensors, got an array with a fraction`,
      );
    }
    return (t.dtype === 'float32' ? tensor(part, { dtype: 'int64' }) : t).to(device);
  }
  if (part instanceof Tensor) {
    if (part.dtype === 'int64' || isMask(part)) return part;
    throw new DTypeError(`${op}(): tensors used as indices must be long, byte or bool tensors, got ${part.dtype}`);
  }
  if (part === null || part === '...' || typeof part === 'boolean' || part instanceof Slice) return part;
  if (typeof part === 'number') return checkInteger(op, 'index', part);
  throw new ValueError(
    `${op}(): an index must be a number, slice(…), null, '...', a boolean, a Tensor or an array, got ${String(part)}`,
  );
}

/** How many dimensions of the input a part speaks of. */
function consumes(part: TensorIndex): number {
  if (typeof part === 'number' || part instanceof Slice) return 1;
  if (part instanceof Tensor) return isMask(part) ? part.ndim : 1;
  return 0;
}

/** What is left after the views: a view of the input, and an index tensor or mask at some dimensions. */
export interface Selection {
  readonly view: Tensor;
  readonly indices: readonly (readonly [dim: number, index: Tensor])[];
}

/** Takes the views. @throws ShapeError in PyTorch's words. */
export function takeViews(op: string, input: Tensor, parts: readonly TensorIndex[]): Selection {
  const list = parts.map((part) => normalize(op, part, input.device));
  const used = list.reduce<number>((n, part) => n + consumes(part), 0);
  if (used > input.ndim) {
    if (input.ndim === 0 && list.some((part) => typeof part === 'number')) {
      throw new ShapeError(
        `${op}(): invalid index of a 0-dim tensor. Use \`tensor.item()\` to convert a 0-dim tensor to a number`,
      );
    }
    throw new ShapeError(`${op}(): too many indices for tensor of dimension ${input.ndim}`);
  }
  if (list.filter((part) => part === '...').length > 1) {
    throw new ShapeError(`${op}(): an index can only have a single ellipsis ('...')`);
  }
  const indices: [number, Tensor][] = [];
  let view = input;
  let dim = 0;
  for (const part of list) {
    if (part === '...') dim += input.ndim - used;
    else if (part === null) view = view.unsqueeze(dim++);
    else if (part instanceof Slice) view = sliced(view, dim++, part);
    else if (typeof part === 'number') view = selected(op, view, dim, part);
    else if (part instanceof Tensor && part.ndim === 0 && !isMask(part)) view = selected(op, view, dim, part.item());
    else {
      // true keeps, and false drops, a new dimension of size 1
      const mask = typeof part === 'boolean' ? tensor([part], { device: input.device }) : (part as Tensor);
      const index = mask.ndim === 0 ? mask.reshape([1]) : mask;
      if (consumes(part) === 0) view = view.unsqueeze(dim);
      indices.push([dim, index]);
      dim += consumes(part) === 0 ? 1 : consumes(part);
    }
  }
  return { view, indices };
}

function selected(op: string, x: Tensor, dim: number, index: number): Tensor {
  const size = x.shape[dim];
  if (index < -size || index >= size) {
    throw new ShapeError(`${op}(): index ${index} is out of bounds for dimension ${dim} with size ${size}`);
  }
  return select(x, dim, index);
}

/** A slice's bounds are cut off at the ends, as everywhere in Python. */
function sliced(x: Tensor, dim: number, { start, stop, step }: Slice): Tensor {
  const size = x.shape[dim];
  const clip = (bound: number): number => Math.min(Math.max(bound < 0 ? bound + size : bound, 0), size);
  const from = clip(start ?? 0);
  const to = Math.max(clip(stop ?? size), from);
  const by = step ?? 1;
  return sliceOp(x, dim, from, Math.ceil((to - from) / by), by);
}

/** Index tensors, ready for the kernels: `at` numbers the elements of the indexed dimensions in row-major order. */
export interface Plan {
  readonly dims: readonly number[];
  readonly at: Tensor;
  /** The shape to which the index tensors broadcast. */
  readonly shape: Shape;
  /** Where this shape stands in the result. */
  readonly position: number;
}

/** @throws ShapeError for masks and indices that do not fit. */
export function planOf(op: string, { view, indices }: Selection): Plan {
  const each = indices.flatMap(([dim, index], i) =>
    isMask(index) ? fromMask(op, view, dim, index, i) : [[dim, index] as const],
  );
  let shape: Shape = [];
  for (const [, index] of each) {
    try {
      shape = broadcastShapes(op, shape, index.shape);
    } catch {
      const shapes = each.map(([, t]) => showShape(t.shape)).join(', ');
      throw new ShapeError(
        `${op}(): shape mismatch: indexing tensors could not be broadcast together with shapes ${shapes}`,
      );
    }
  }
  const dims = each.map(([dim]) => dim);
  const sizes = dims.map((d) => view.shape[d]);
  const strides = contiguousStrides(sizes);
  const at = new Float64Array(numelOf(shape));
  each.forEach(([dim, index], k) => {
    const size = sizes[k];
    index
      .expand(shape)
      .toArray('index')
      .forEach((value, i) => {
        if (value < -size || value >= size) {
          throw new ShapeError(`${op}(): index ${value} is out of bounds for dimension ${dim} with size ${size}`);
        }
        at[i] += (value < 0 ? value + size : value) * strides[k];
      });
  });
  const adjacent = dims.every((d, k) => k === 0 || d === dims[k - 1] + 1);
  return { dims, at: fromHost(at, [at.length], 'int64', view.device), shape, position: adjacent ? dims[0] : 0 };
}

/** A mask says the same as one index vector for each of its dimensions. */
function fromMask(
  op: string,
  view: Tensor,
  dim: number,
  mask: Tensor,
  position: number,
): (readonly [number, Tensor])[] {
  mask.shape.forEach((size, d) => {
    if (size !== view.shape[dim + d]) {
      throw new ShapeError(
        `${op}(): The shape of the mask ${showShape(mask.shape)} at index ${position} does not match the shape of the ` +
          `indexed tensor ${showShape(view.shape)} at index ${dim + d}`,
      );
    }
  });
  const found = nonzeroPositions(mask);
  const strides = contiguousStrides(mask.shape);
  return mask.shape.map((size, d) => {
    const along = found.map((p) => Math.floor(p / strides[d]) % size);
    return [dim + d, fromHost(along, [along.length], 'int64', view.device)];
  });
}
