/** Dropout. https://pytorch.org/docs/stable/nn.functional.html#dropout-functions */
import { checkBoolean, checkNumber } from '../arguments.js';
import { ValueError } from '../errors.js';
import { default_generator } from '../generator.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { drawLike } from './draw-order.js';
import { checkTensor } from './kernel.js';

export interface DropoutOptions {
  readonly p?: number;
  readonly training?: boolean;
  readonly inplace?: boolean;
}

/**
 * Each element becomes 0 with probability `p`, the others are scaled by 1 / (1 − p); the input itself when not training.
 * The mask is drawn as PyTorch draws it, on a gpu from that device's own generator. https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html
 */
export const dropout: (
  input: Tensor,
  p?: number | DropoutOptions,
  training?: boolean | DropoutOptions,
  inplace?: boolean | DropoutOptions,
) => Tensor = signature('dropout(input, p?, training?, inplace?)', (input, p, training, inplace) =>
  functional(input, [p, training, inplace], true),
);

/** `torch.dropout(input, p, train)`. */
export const torchDropout: (
  input: Tensor,
  p: number | { readonly p: number; readonly train: boolean },
  train?: boolean | { readonly train: boolean },
) => Tensor = signature('dropout(input, p, train)', (input, probability, training) =>
  functional(input, [probability, training, false], false),
);

function functional(input: Tensor, args: readonly unknown[], trainingByDefault: boolean): Tensor {
  checkTensor('dropout', 'input', input);
  const [p, training, inplace] = args;
  const probability = checkNumber('dropout', 'p', p ?? 0.5);
  if (probability < 0 || probability > 1) {
    throw new ValueError(`dropout probability has to be between 0 and 1, but got ${probability}`);
  }
  const write = checkBoolean('dropout', 'inplace', inplace ?? false);
  const multiply = (x: Tensor, by: Tensor | number): Tensor => (write ? x.mul_(by) : x.mul(by));
  if (!checkBoolean('dropout', 'training', training ?? trainingByDefault) || probability === 0 || input.numel() === 0)
    return input;
  if (probability === 1) return multiply(input, 0);
  return multiply(input, mask(input, 1 - probability));
}

/** 1 / keep with probability `keep`, else 0. */
function mask(like: Tensor, keep: number): Tensor {
  const scale = like.dtype === 'float32' ? Math.fround(1 / Math.fround(keep)) : 1 / keep;
  return drawLike(like, like.dtype, like.device, { kind: 'bernoulli', p: keep, scale }, default_generator);
}
