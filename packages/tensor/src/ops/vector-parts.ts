/** Tensors of any shapes as the parts of one vector, in which their elements follow each other. No graph knows of it. */
import { promote_types } from '../dtype.js';
import { contiguousStrides, numelOf, type Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { allocateOutput, backend, checkSameDevice } from './kernel.js';
import { windowOn } from './window.js';

/** The elements of a vector from `start` on, in another shape. They share the vector's memory. */
export function partOf(vector: Tensor, start: number, shape: Shape): Tensor {
  const [step] = vector.strides;
  const dense = contiguousStrides(shape);
  const strides = step === 1 ? dense : dense.map((stride) => stride * step);
  return windowOn(vector, shape, strides, vector.offset + step * start);
}

/** The elements of all tensors, one tensor after the other, in a new vector of the dtype that they promote to. */
export function vectorOf(tensors: readonly Tensor[]): Tensor {
  const device = checkSameDevice('cat', ...tensors);
  let { dtype } = tensors[0];
  let numel = 0;
  for (const x of tensors) {
    dtype = promote_types(dtype, x.dtype);
    numel += numelOf(x.shape);
  }
  const vector = allocateOutput([numel], dtype, device);
  let start = 0;
  for (const x of tensors) {
    backend(x).copy(x, partOf(vector, start, x.shape));
    start += numelOf(x.shape);
  }
  return vector;
}
