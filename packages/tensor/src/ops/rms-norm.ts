/** Root mean square layer normalization (https://arxiv.org/abs/1910.07467). */
import { bindArguments, checkNumber } from '../arguments.js';
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
export function rms_norm(
  input: Tensor,
  normalized_shape: readonly number[] | Omit<LayerNormOptions, 'bias'>,
  weight?: Tensor | null | Omit<LayerNormOptions, 'bias'>,
  eps?: number | null | Omit<LayerNormOptions, 'bias'>,
): Tensor {
  const op = 'rms_norm';
  const args = bindArguments(op, ['normalized_shape', 'weight', 'eps'], [normalized_shape, weight, eps]);
  const w = args[1] === undefined || args[1] === null ? null : checkTensor(op, 'weight', args[1]);
  checkFloatingNorm(op, input, w);
  const shape = readNormalizedShape(op, input, args[0], w, null);
  const least = checkNumber(op, 'eps', args[2] ?? EPSILON[input.dtype as keyof typeof EPSILON]);
  const meanSquare = input.mul(input).mean(lastDims(input, shape.length), true);
  const y = input.mul(meanSquare.add(least).pow(-0.5));
  return w === null ? y : y.mul(w);
}
