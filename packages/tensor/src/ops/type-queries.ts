/** Questions about tensors and their element types. */

import type { DType } from '../dtype.js';
import { isFloating, resultType } from '../dtype.js';
import { ValueError } from '../errors.js';
import { signature } from '../signature.js';
import { Tensor } from '../tensor.js';
import { checkTensor, type Operand } from './kernel.js';

/** The dtype of an operation on both. https://pytorch.org/docs/stable/generated/torch.result_type.html */
export const result_type: (tensor1: Operand, tensor2: Operand) => DType = signature(
  'result_type(tensor|tensor1|scalar|scalar1, other|tensor2|scalar2)',
  (tensor1, tensor2) => {
    for (const x of [tensor1, tensor2]) {
      if (!(x instanceof Tensor) && typeof x !== 'number' && typeof x !== 'boolean') {
        throw new ValueError(`result_type(): expected Tensors or numbers, got ${String(x)}`);
      }
    }
    return resultType(tensor1, tensor2);
  },
);

/** https://pytorch.org/docs/stable/generated/torch.is_tensor.html */
export const is_tensor: (obj: unknown) => obj is Tensor = signature(
  'is_tensor(obj)',
  (obj): obj is Tensor => obj instanceof Tensor,
);
/** https://pytorch.org/docs/stable/generated/torch.is_floating_point.html */
export const is_floating_point: (input: Tensor) => boolean = signature('is_floating_point(input)', (input) =>
  isFloating(checkTensor('is_floating_point', 'input', input).dtype),
);
/** https://pytorch.org/docs/stable/generated/torch.numel.html */
export const numel: (input: Tensor) => number = signature('numel(input)', (input) =>
  checkTensor('numel', 'input', input).numel(),
);
