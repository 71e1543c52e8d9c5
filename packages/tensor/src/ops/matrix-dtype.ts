import { cName, type DType } from '../dtype.js';
import { DTypeError } from '../errors.js';
import type { Tensor } from '../tensor.js';

/** Matrix products never promote. @throws DTypeError in PyTorch's words. */
export function checkMatrixDTypes(op: string, a: Tensor, b: Tensor, bias: Tensor | null = null): DType {
  if (a.dtype !== b.dtype) {
    throw new DTypeError(
      `${op}(): expected m1 and m2 to have the same dtype, but got: ${cName(a.dtype).toLowerCase()} != ${cName(b.dtype).toLowerCase()}`,
    );
  }
  if (a.dtype === 'bool') throw new DTypeError(`${op}(): "addmm_impl_cpu_" not implemented for 'Bool'`);
  if (bias !== null && bias.dtype !== a.dtype) {
    throw new DTypeError(
      `${op}(): self and mat2 must have the same dtype, but got ${cName(bias.dtype)} and ${cName(a.dtype)}`,
    );
  }
  return a.dtype;
}
