/** Padding. https://pytorch.org/docs/stable/generated/torch.nn.functional.pad.html */
import { checkInteger, checkNumber } from '../arguments.js';
import { defineOp, type Op } from '../autograd/op.js';
import { cName, convertScalar, isFloating } from '../dtype.js';
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { showShape } from '../shape.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { indexSelectOp } from './indexing.js';
import { allocate, backend, checkTensor, fromHost } from './kernel.js';
import { windowOn } from './window.js';

type PadOp = Op<[input: Tensor, pad: readonly number[], value: number], Tensor>;

/** `pad` holds pairs (before, after), the last dimension first; negative numbers cut. */
const constantOp: PadOp = defineOp<[Tensor, readonly number[], number], Tensor, readonly number[]>('constant_pad_nd', {
  forward(ctx, x, pad, value) {
    ctx.state = pad;
    const sides = x.shape.map((_, d) => [pad[2 * (x.ndim - 1 - d)] ?? 0, pad[2 * (x.ndim - 1 - d) + 1] ?? 0]);
    const out = allocate(
      x.shape.map((size, d) => size + sides[d][0] + sides[d][1]),
      x.dtype,
      x.device,
    );
    if (value !== 0) backend(x).fill(out, value);
    const shape = x.shape.map((size, d) => size + Math.min(sides[d][0], 0) + Math.min(sides[d][1], 0));
    if (shape.some((size) => size <= 0)) return out;
    const start = (strides: readonly number[], cut: boolean): number =>
      strides.reduce((sum, s, d) => sum + s * Math.max(cut ? -sides[d][0] : sides[d][0], 0), 0);
    const from = windowOn(x, shape, x.strides, x.offset + start(x.strides, true));
    backend(x).copy(from, windowOn(out, shape, out.strides, start(out.strides, false)));
    return out;
  },
  backward: (ctx, g) => [
    constantOp(
      g,
      ctx.state.map((n) => -n),
      0,
    ),
  ],
  formula: ['dx = g without the padding'],
});

function constant(input: Tensor, pad: readonly number[], value: number): Tensor {
  if (pad.length > 2 * input.ndim) {
    throw new ShapeError(
      `pad(): Padding length too large: length of pad should be no more than twice the number of dimensions of the input, got ${pad.length} for ${input.ndim} dimensions`,
    );
  }
  input.shape.forEach((size, d) => {
    const at = 2 * (input.ndim - 1 - d);
    const next = size + (pad[at] ?? 0) + (pad[at + 1] ?? 0);
    if (next < 0) {
      throw new ShapeError(
        `pad(): The input size ${size}, plus negative padding ${pad[at]} and ${pad[at + 1]} resulted in a negative output size, which is invalid. ` +
          `Check dimension ${d} of your input.`,
      );
    }
  });
  return constantOp(input, pad, convertScalar('pad', value, input.dtype));
}

type Source = (position: number, size: number) => number;

/** Where an element of the padding comes from. */
const SOURCES: Readonly<Record<string, Source>> = {
  // −1 is 1, size is size − 2
  reflect: (i, size) => (i < 0 ? -i : i >= size ? 2 * size - 2 - i : i),
  replicate: (i, size) => Math.min(Math.max(i, 0), size - 1),
  circular: (i, size) => ((i % size) + size) % size,
};

/** The last one, two or three dimensions; before them stand channels and perhaps a batch. */
function byIndices(input: Tensor, pad: readonly number[], mode: string): Tensor {
  const dims = pad.length / 2;
  if (dims < 1 || dims > 3 || (input.ndim !== dims + 1 && input.ndim !== dims + 2)) {
    throw new ShapeError(
      `pad(): Only 2D, 3D, 4D, 5D padding with non-constant padding are supported for now, got pad=${showShape(pad)} for input ${showShape(input.shape)}`,
    );
  }
  if (mode !== 'circular' && !isFloating(input.dtype)) {
    throw new DTypeError(
      `pad(): "${mode === 'reflect' ? 'reflection' : 'replication'}_pad${dims}d" not implemented for '${cName(input.dtype)}'`,
    );
  }
  if (input.shape.some((size, d) => size === 0 && !(d === 0 && input.ndim === dims + 2))) {
    throw new ShapeError(
      `pad(): Expected ${dims + 1}D or ${dims + 2}D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, but got: ${showShape(input.shape)}`,
    );
  }
  let out = input;
  for (let k = 0; k < dims; k++) out = alongDimension(out, input.ndim - 1 - k, pad[2 * k], pad[2 * k + 1], mode);
  return out;
}

function alongDimension(x: Tensor, dim: number, before: number, after: number, mode: string): Tensor {
  const size = x.shape[dim];
  checkSides(x, dim, before, after, mode);
  if (before === 0 && after === 0) return x;
  const source = SOURCES[mode];
  const length = size + before + after;
  // what is cut off does not come back at the other end
  const cut = mode === 'circular' ? Math.max(-before, 0) : 0;
  const left = mode === 'circular' ? size + Math.min(before, 0) + Math.min(after, 0) : size;
  const index = Float64Array.from({ length }, (_, i) => cut + source(i - before - cut, left));
  return indexSelectOp(x, dim, fromHost(index, [length], 'int64', x.device));
}

function checkSides(x: Tensor, dim: number, before: number, after: number, mode: string): void {
  const size = x.shape[dim];
  if (mode === 'reflect' && (before >= size || after >= size)) {
    throw new ShapeError(
      `pad(): Padding size should be less than the corresponding input dimension, but got: padding (${before}, ${after}) at dimension ${dim} of input ${showShape(x.shape)}`,
    );
  }
  if (mode === 'circular' && (before > size || after > size)) {
    throw new ShapeError(
      `pad(): Padding value causes wrapping around more than once: padding (${before}, ${after}) at dimension ${dim} of input ${showShape(x.shape)}`,
    );
  }
  if (size + before + after < 1) {
    throw new ShapeError(
      `pad(): input (size ${size} at dimension ${dim}) is too small. Calculated output: ${size + before + after}`,
    );
  }
}

export type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular';

export interface PadOptions {
  readonly pad?: readonly number[];
  readonly mode?: PadMode;
  /** What 'constant' fills in; 0 unless given. */
  readonly value?: number | null;
}

/**
 * Sizes grown at both ends: `pad` is `[left, right]`, `[left, right, top, bottom]`, … from the last dimension on, and
 * negative numbers cut. 'constant' takes any dimensions; 'reflect', 'replicate' and 'circular' the last one, two or
 * three of an input with channels and perhaps a batch. https://pytorch.org/docs/stable/generated/torch.nn.functional.pad.html
 * @throws ValueError for an unknown mode, ShapeError for paddings that do not fit.
 */
export const pad: (
  input: Tensor,
  pad: readonly number[] | PadOptions,
  mode?: PadMode | PadOptions,
  value?: number | null | PadOptions,
) => Tensor = signature('pad(input, pad, mode?, value?)', (input, p, m = 'constant', v) => {
  checkTensor('pad', 'input', input);
  if (!Array.isArray(p)) throw new ValueError(`pad(): argument 'pad' must be an array of ints, not ${typeof p}`);
  const sides = p.map((n) => checkInteger('pad', 'pad', n));
  if (sides.length % 2 !== 0)
    throw new ShapeError(`pad(): Padding length must be divisible by 2, got ${showShape(sides)}`);
  if (m === 'constant') return constant(input, sides, checkNumber('pad', 'value', v ?? 0));
  if (typeof m !== 'string' || !Object.hasOwn(SOURCES, m)) {
    throw new ValueError(
      `pad(): Unrecognised padding mode ${String(m)}, expected constant, reflect, replicate or circular`,
    );
  }
  if (v !== undefined && v !== null && v !== 0)
    throw new ValueError(`pad(): Padding mode "${m}" doesn't take in value argument`);
  return byIndices(input, sides, m);
});
