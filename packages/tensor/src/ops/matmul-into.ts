/** Matrix products into memory that is already there. */
import { checkInplace, requiresGrad } from '../autograd/history.js';
import { ShapeError } from '../errors.js';
import { sameShape, showShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { backend, checkSameDevice, checkSameDType } from './kernel.js';

/**
 * `out = a · b`, matrices `[n, k] · [k, m]`, which no graph records: for loops that would leave a product behind at every
 * turn. `out` is contiguous and shares no memory with the factors.
 * @throws ShapeError, DTypeError, DeviceError when the tensors do not fit; AutogradError as every in-place operation.
 */
export function matmulInto(out: Tensor, a: Tensor, b: Tensor): void {
  checkSameDevice('matmul', a, b, out);
  checkSameDType('matmul', a, b, out);
  if (a.ndim !== 2 || b.ndim !== 2 || a.shape[1] !== b.shape[0]) {
    throw new ShapeError(`matmul(): shapes ${showShape(a.shape)} and ${showShape(b.shape)} cannot be multiplied`);
  }
  if (!sameShape(out.shape, [a.shape[0], b.shape[1]]) || !out.is_contiguous()) {
    throw new ShapeError(
      `matmul(): expected a contiguous out of shape ${showShape([a.shape[0], b.shape[1]])}, got ${showShape(out.shape)}`,
    );
  }
  checkInplace(out, requiresGrad(out));
  backend(a).matmul(a, b, null, out);
  out.versionCounter.version++;
}
