import { AutogradError } from './errors.js';
import { sameShape, showShape } from './shape.js';
import type { Tensor } from './tensor.js';

/** @throws AutogradError when a gradient that is assigned does not look like the tensor that it is to belong to. */
export function checkGradient({ shape, dtype, device }: Tensor, grad: Tensor): void {
  const wrong = (what: string, expected: string, got: string): AutogradError =>
    new AutogradError(`assigned grad has data ${what}: expected ${expected}, got ${got}`);
  if (!sameShape(grad.shape, shape)) throw wrong('of a different size', showShape(shape), showShape(grad.shape));
  if (grad.dtype !== dtype) throw wrong('of a different type', dtype, grad.dtype);
  if (grad.device !== device) throw wrong('located on a different device', device, grad.device);
}
