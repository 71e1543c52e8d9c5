/** Root mean square layer normalization (https://arxiv.org/abs/1910.07467). */
import { checkNumber } from '../arguments.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { checkTensor } from './kernel.js';
import type { LayerNormOptions } from './normalization.js';
import { checkFloatingNorm, lastDims, readNormalizedShape } from './normalization.js';

/** The distance from 1 to the next greater number: what PyTorch takes for an `eps` of null. */
const EPSILON = { float32: 2 ** -23, float64: 2 ** -52 } as const;

/**
 * Divides by the root of the mean square over the last dimensions, whose sizes are `normalized_shape`.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.rms_norm.html
 * @throws ShapeError when the sizes do not fit.
 */
export const rms_norm: (
  input: Tensor,
  normalized_shape: readonly number[] | Omit<LayerNormOptions, 'bias'>,
  weight?: Tensor | null | Omit<LayerNormOptions, 'bias'>,
  eps?: number | null | Omit<LayerNormOptions, 'bias'>,
) => Tensor = signature('rms_norm(input, normalized_shape, weight?, eps?)', (input, size, weight, eps) => {
  const op = 'rms_norm';
  const w = weight === undefined || weight === null ? null : checkTensor(op, 'weight', weight);
  checkFloatingNorm(op, input, w);
  const shape = readNormalizedShape(op, input, size, w, null);
  const least = checkNumber(op, 'eps', eps ?? EPSILON[input.dtype as keyof typeof EPSILON]);
  const meanSquare = input.mul(input).mean(lastDims(input, shape.length), true);
  const y = input.mul(meanSquare.add(least).pow(-0.5));
  return w === null ? y : y.mul(w);
});
