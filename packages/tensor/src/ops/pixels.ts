/** Channels to pixels and back, classes to vectors. https://pytorch.org/docs/stable/generated/torch.nn.functional.pixel_shuffle.html */
import { checkInteger } from '../arguments.js';
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { checkTensor, fromHost } from './kernel.js';

function factorOf(op: string, name: string, input: Tensor, value: unknown): number {
  checkTensor(op, 'input', input);
  const factor = checkInteger(op, name, value);
  if (input.ndim < 3)
    throw new ShapeError(
      `${op} expects input to have at least 3 dimensions, but got input with ${input.ndim} dimension(s)`,
    );
  if (factor <= 0) throw new ValueError(`${op} expects a positive ${name}, but got ${factor}`);
  return factor;
}

/** `[…, C · r², H, W]` to `[…, C, H · r, W · r]`. https://pytorch.org/docs/stable/generated/torch.nn.functional.pixel_shuffle.html */
export const pixel_shuffle: (input: Tensor, upscale_factor: number | { readonly upscale_factor: number }) => Tensor =
  signature('pixel_shuffle(input, upscale_factor)', (input, value) => {
    const r = factorOf('pixel_shuffle', 'upscale_factor', input, value);
    const lead = input.shape.slice(0, -3);
    const [c, h, w] = input.shape.slice(-3);
    if (c % (r * r) !== 0) {
      throw new ShapeError(
        `pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, but input.size(-3)=${c} is not divisible by ${r * r}`,
      );
    }
    const at = lead.length;
    const order = [...lead.keys(), at, at + 3, at + 1, at + 4, at + 2];
    return input
      .reshape([...lead, c / (r * r), r, r, h, w])
      .permute(order)
      .reshape([...lead, c / (r * r), h * r, w * r]);
  });

/** `[…, C, H · r, W · r]` to `[…, C · r², H, W]`. https://pytorch.org/docs/stable/generated/torch.nn.functional.pixel_unshuffle.html */
export const pixel_unshuffle: (
  input: Tensor,
  downscale_factor: number | { readonly downscale_factor: number },
) => Tensor = signature('pixel_unshuffle(input, downscale_factor)', (input, value) => {
  const r = factorOf('pixel_unshuffle', 'downscale_factor', input, value);
  const lead = input.shape.slice(0, -3);
  const [c, h, w] = input.shape.slice(-3);
  for (const [name, size, d] of [
    ['height', h, -2],
    ['width', w, -1],
  ] as const) {
    if (size % r !== 0) {
      throw new ShapeError(
        `pixel_unshuffle expects ${name} to be divisible by downscale_factor, but input.size(${d})=${size} is not divisible by ${r}`,
      );
    }
  }
  const at = lead.length;
  const order = [...lead.keys(), at, at + 2, at + 4, at + 1, at + 3];
  return input
    .reshape([...lead, c, h / r, r, w / r, r])
    .permute(order)
    .reshape([...lead, c * r * r, h / r, w / r]);
});

/**
 * Classes (int64 `[…]`) as vectors of 0 and 1 (int64 `[…, num_classes]`); −1 counts the classes.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.one_hot.html
 */
export const one_hot: (tensor: Tensor, num_classes?: number | { readonly num_classes?: number }) => Tensor = signature(
  'one_hot(input|tensor, num_classes?)',
  (tensor, given = -1) => {
    checkTensor('one_hot', 'tensor', tensor);
    if (tensor.dtype !== 'int64')
      throw new DTypeError(`one_hot(): one_hot is only applicable to index tensor, got ${tensor.dtype}`);
    const classes = tensor.toArray('one_hot');
    const wanted = checkInteger('one_hot', 'num_classes', given);
    if (classes.length === 0 && wanted <= 0) {
      throw new ValueError('one_hot(): Can not infer total number of classes from empty tensor.');
    }
    const count = wanted === -1 ? Array.from(classes).reduce((a, b) => Math.max(a, b), 0) + 1 : wanted;
    for (const c of classes) {
      if (c < 0) throw new ValueError(`one_hot(): Class values must be non-negative, got ${c}.`);
      if (c >= count)
        throw new ValueError(`one_hot(): Class values must be smaller than num_classes, got ${c} and ${count}.`);
    }
    const out = new Float64Array(classes.length * count);
    classes.forEach((c, i) => {
      out[i * count + c] = 1;
    });
    return fromHost(out, [...tensor.shape, count], 'int64', tensor.device);
  },
);
