/** What all views are made of. */
import { ValueError } from '../errors.js';
import type { Shape } from '../shape.js';
import { Tensor } from '../tensor.js';

/** Other sizes and strides over the same memory. */
export const windowOn = (x: Tensor, shape: Shape, strides: Shape, offset: number = x.offset): Tensor =>
  new Tensor(x.storage, shape, strides, offset);

/** The window of which these are the parts along `dim`, in their order, if they lie in one memory like that; else null. */
export function windowOf(parts: readonly Tensor[], dim: number): Tensor | null {
  const [first] = parts;
  let offset = first.offset;
  let size = 0;
  for (const { storage, offset: start, shape, strides, dtype } of parts) {
    if (storage !== first.storage || start !== offset || dtype !== first.dtype) return null;
    for (let d = 0; d < shape.length; d++) {
      if (shape[d] > 1 && strides[d] !== first.strides[d]) return null;
      if (d !== dim && shape[d] !== first.shape[d]) return null;
    }
    offset += shape[dim] * first.strides[dim];
    size += shape[dim];
  }
  return windowOn(first, first.shape.with(dim, size), first.strides);
}

/** The same for parts that lack the dimension. */
export function windowOfSlices(slices: readonly Tensor[], dim: number): Tensor | null {
  const step = slices.length > 1 ? slices[1].offset - slices[0].offset : 1;
  if (step < 0) return null;
  const parts = slices.map((x) => windowOn(x, x.shape.toSpliced(dim, 0, 1), x.strides.toSpliced(dim, 0, step)));
  return windowOf(parts, dim);
}

/** Sizes given one by one or as one array. */
export function sizesOf(op: string, args: readonly unknown[]): number[] {
  const list = args.length === 1 && Array.isArray(args[0]) ? args[0] : args;
  for (const s of list) {
    if (typeof s !== 'number')
      throw new ValueError(`${op}(): argument 'size' must be tuple of ints, but found element of type ${typeof s}`);
  }
  return list.slice() as number[];
}
