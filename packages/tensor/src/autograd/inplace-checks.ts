/** What an in-place operation needs of the tensor that it writes to. */
import { kindOf } from '../arguments.js';
import { backendOf } from '../backend/devices.js';
import { can_cast, cName, type DType } from '../dtype.js';
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { numelOf, type Shape, sameShape, showShape } from '../shape.js';
import type { Storage } from '../storage.js';
import { Tensor } from '../tensor.js';

/** @throws ValueError for what is no tensor. */
export function checkSelf(name: string, self: unknown): Tensor {
  if (self instanceof Tensor) return self;
  throw new ValueError(`${name}(): argument 'input' must be Tensor, not ${kindOf(self)}`);
}

/** @throws ShapeError for a tensor in which several indices show one element. */
export function checkWritable(name: string, t: Tensor): void {
  for (let i = 0; i < t.shape.length; i++) {
    if (t.strides[i] === 0 && t.shape[i] > 1 && numelOf(t.shape) > 0) {
      throw new ShapeError(
        `${name}(): unsupported operation: more than one element of the written-to tensor refers to a single memory ` +
          'location. Please clone() the tensor before performing the operation.',
      );
    }
  }
}

/** @throws ShapeError, DTypeError when an in-place result does not fit into the tensor. */
export function checkResult(name: string, self: Tensor, result: { shape: Shape; dtype: DType }): void {
  if (!sameShape(self.shape, result.shape)) {
    throw new ShapeError(
      `${name}(): output with shape ${showShape(self.shape)} doesn't match the broadcast shape ${showShape(result.shape)}`,
    );
  }
  if (!can_cast(result.dtype, self.dtype)) {
    throw new DTypeError(
      `${name}(): result type ${cName(result.dtype)} can't be cast to the desired output type ${cName(self.dtype)}`,
    );
  }
}

/** The whole memory once more. */
export function copyOf(storage: Storage): Storage {
  const { device, dtype, numel } = storage;
  const backend = backendOf(device);
  const whole = { storage, shape: [numel], strides: [1], offset: 0, dtype };
  const copy = backend.storage(numel, dtype, false);
  if (numelOf(whole.shape) > 0) backend.copy(whole, { ...whole, storage: copy });
  return copy;
}
