/** What all views are made of. */
import { ValueError } from '../errors.js';
import type { Shape } from '../shape.js';
import { Tensor } from '../tensor.js';

/** Other sizes and strides over the same memory. */
export const windowOn = (x: Tensor, shape: Shape, strides: Shape, offset: number = x.offset): Tensor =>
  new Tensor(x.storage, shape, strides, offset);

/** Sizes given one by one or as one array. */
export function sizesOf(op: string, args: readonly unknown[]): number[] {
  const list = args.length === 1 && Array.isArray(args[0]) ? args[0] : args;
  for (const s of list) {
    if (typeof s !== 'number')
      throw new ValueError(`${op}(): argument 'size' must be tuple of ints, but found element of type ${typeof s}`);
  }
  return list.slice() as number[];
}
