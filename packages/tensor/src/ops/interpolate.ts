/** Resizing. https://pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html */
import { checkBoolean, checkInteger, checkNumber } from '../arguments.js';
import { cName, isFloating } from '../dtype.js';
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { showShape } from '../shape.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { indexSelectOp } from './indexing.js';
import { checkTensor, fromHost } from './kernel.js';

export type InterpolateMode = 'nearest' | 'nearest-exact' | 'linear' | 'bilinear' | 'trilinear' | 'bicubic' | 'area';

const MODES = ['nearest', 'linear', 'bilinear', 'bicubic', 'trilinear', 'area', 'nearest-exact'];
const ALIGNABLE = ['linear', 'bilinear', 'bicubic', 'trilinear'];
/** The number of dimensions that a mode is for. */
const RANKS: Readonly<Record<string, number>> = { linear: 3, bilinear: 4, bicubic: 4, trilinear: 5 };

/** One of the places that an output element along one dimension is mixed from; without weights it is a copy. */
interface Tap {
  readonly at: Float64Array;
  readonly weight: Float64Array | null;
}

interface Along {
  readonly size: number;
  readonly out: number;
  /** Input elements for one output element, as the caller said. */
  readonly scale: number;
  readonly align: boolean;
  readonly round: (x: number) => number;
}

const indices = (n: number, f: (i: number) => number): Float64Array => Float64Array.from({ length: n }, (_, i) => f(i));

function nearest({ size, out, scale }: Along, shift: number): Tap[] {
  const step = Math.fround(scale);
  return [{ at: indices(out, (i) => Math.min(Math.floor(Math.fround((i + shift) * step)), size - 1)), weight: null }];
}

/** Where the centre of output element `i` lies in the input. */
function position({ size, out, scale, align, round }: Along, i: number): number {
  if (align) return out > 1 ? round(round((size - 1) / (out - 1)) * i) : 0;
  return round(round(round(scale) * (i + 0.5)) - 0.5);
}

function linear(along: Along): Tap[] {
  const { size, out, round } = along;
  const place = indices(out, (i) => Math.max(position(along, i), 0));
  const low = place.map((p) => Math.min(Math.floor(p), size - 1));
  const part = place.map((p, i) => round(p - low[i]));
  return [
    { at: low, weight: part.map((p) => round(1 - p)) },
    { at: low.map((p) => Math.min(p + 1, size - 1)), weight: part },
  ];
}

/** Keys' cubic convolution with a = −0.75. */
function cubic(along: Along): Tap[] {
  const a = -0.75;
  const near = (x: number): number => ((a + 2) * x - (a + 3)) * x * x + 1;
  const far = (x: number): number => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  const place = indices(along.out, (i) => position(along, i));
  const low = place.map(Math.floor);
  const part = place.map((p, i) => p - low[i]);
  const weights = [(t: number) => far(t + 1), near, (t: number) => near(1 - t), (t: number) => far(2 - t)];
  return weights.map((weight, k) => ({
    at: low.map((p) => Math.min(Math.max(p + k - 1, 0), along.size - 1)),
    weight: part.map(weight),
  }));
}

/** Means of the input elements that an output element covers. */
function area({ size, out }: Along): Tap[] {
  const start = indices(out, (i) => Math.floor((i * size) / out));
  const count = start.map((s, i) => Math.ceil(((i + 1) * size) / out) - s);
  return Array.from({ length: Math.max(...count) }, (_, k) => ({
    at: start.map((s, i) => s + Math.min(k, count[i] - 1)),
    weight: count.map((n) => (k < n ? 1 / n : 0)),
  }));
}

function tapsOf(mode: string, along: Along): Tap[] {
  if (mode === 'nearest') return nearest(along, 0);
  if (mode === 'nearest-exact') return nearest(along, 0.5);
  if (mode === 'area') return area(along);
  return mode === 'bicubic' ? cubic(along) : linear(along);
}

/** All modes are separable: one dimension after the other. */
function resize(x: Tensor, dim: number, taps: readonly Tap[]): Tensor {
  const parts = taps.map(({ at, weight }) => {
    const picked = indexSelectOp(x, dim, fromHost(at, [at.length], 'int64', x.device));
    if (weight === null) return picked;
    const data = x.dtype === 'float32' ? Float32Array.from(weight) : weight;
    const shape = x.shape.map((_, d) => (d === dim ? at.length : 1));
    return picked.mul(fromHost(data, shape, x.dtype, x.device));
  });
  return parts.reduce((a, b) => a.add(b));
}

export interface InterpolateOptions {
  readonly size?: number | readonly number[] | null;
  readonly scale_factor?: number | readonly number[] | null;
  readonly mode?: InterpolateMode;
  readonly align_corners?: boolean | null;
  readonly recompute_scale_factor?: boolean | null;
  /** Only false: filtering before shrinking is not supported. */
  readonly antialias?: boolean;
}

/**
 * `[N, C, …]` with one, two or three spatial dimensions resized to `size`, or by `scale_factor`. Modes: nearest,
 * nearest-exact, area for all; linear, bilinear and bicubic, trilinear for one, two and three dimensions.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html
 */
export const interpolate: (
  input: Tensor,
  size?: number | readonly number[] | null | InterpolateOptions,
  scale_factor?: number | readonly number[] | null | InterpolateOptions,
  mode?: InterpolateMode | InterpolateOptions,
  align_corners?: boolean | null | InterpolateOptions,
  recompute_scale_factor?: boolean | null | InterpolateOptions,
  antialias?: boolean | InterpolateOptions,
) => Tensor = signature(
  'interpolate(input, size?, scale_factor?, mode?, align_corners?, recompute_scale_factor?, antialias?)',
  (input, s, f, m = 'nearest', corners, recompute, anti = false) => {
    const op = 'interpolate';
    checkTensor(op, 'input', input);
    const how = readMode(input, m, corners ?? null);
    if (checkBoolean(op, 'antialias', anti)) {
      throw new ValueError(
        how === 'bilinear' || how === 'bicubic'
          ? 'interpolate(): antialias=True is not supported'
          : 'interpolate(): Anti-alias option is only supported for bilinear and bicubic modes',
      );
    }
    const { sizes, scales } = readSizes(input, s ?? null, f ?? null, recompute ?? null);
    if (sizes.some((n) => n <= 0) || input.shape.some((n, d) => n === 0 && d > 0)) {
      throw new ShapeError(
        `interpolate(): Input and output sizes should be greater than 0, but got input ${showShape(input.shape)} and output sizes ${showShape(sizes)}`,
      );
    }
    const round = input.dtype === 'float64' ? (x: number): number => x : Math.fround;
    return sizes.reduce((x, out, k) => {
      const along = { size: input.shape[k + 2], out, scale: scales[k], align: corners === true, round };
      return resize(x, k + 2, tapsOf(how, along));
    }, input);
  },
);

function readMode(input: Tensor, mode: unknown, corners: unknown): string {
  if (typeof mode !== 'string' || !MODES.includes(mode) || input.ndim < 3 || input.ndim > 5) {
    throw new ValueError(
      `interpolate(): Only 3D, 4D and 5D input Tensors supported (got ${input.ndim}D) for the modes: nearest | linear | bilinear | bicubic | trilinear | area | nearest-exact (got ${String(mode)})`,
    );
  }
  if (corners !== null) {
    checkBoolean('interpolate', 'align_corners', corners);
    if (!ALIGNABLE.includes(mode)) {
      throw new ValueError(
        'interpolate(): align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear',
      );
    }
  }
  if (mode in RANKS && RANKS[mode] !== input.ndim) {
    throw new ValueError(`interpolate(): Got ${input.ndim}D input, but ${mode} mode needs ${RANKS[mode]}D input`);
  }
  if (!isFloating(input.dtype) && !(input.dtype === 'uint8' && mode.startsWith('nearest'))) {
    throw new DTypeError(`interpolate(): "upsample_${mode}" not implemented for '${cName(input.dtype)}'`);
  }
  return mode;
}

/** One number for every dimension, or one each. */
function perDimension(input: Tensor, name: 'size' | 'scale_factor', value: unknown): number[] {
  const spatial = input.shape.slice(2);
  const check = name === 'size' ? checkInteger : checkNumber;
  if (!Array.isArray(value)) return spatial.map(() => check('interpolate', name, value));
  if (value.length !== spatial.length) {
    throw new ValueError(
      `interpolate(): Input and ${name === 'size' ? 'output' : name} must have the same number of spatial dimensions, but got input with spatial dimensions of ` +
        `${showShape(spatial)} and ${name === 'size' ? 'output size of' : `${name} of shape`} ${showShape(value as number[])}`,
    );
  }
  return value.map((v) => check('interpolate', name, v));
}

function readSizes(
  input: Tensor,
  size: unknown,
  factor: unknown,
  recompute: unknown,
): { sizes: number[]; scales: number[] } {
  if (size === null && factor === null)
    throw new ValueError('interpolate(): either size or scale_factor should be defined');
  if (size !== null && factor !== null)
    throw new ValueError('interpolate(): only one of size or scale_factor should be defined');
  const again = recompute !== null && checkBoolean('interpolate', 'recompute_scale_factor', recompute);
  const spatial = input.shape.slice(2);
  if (size !== null) {
    if (again) throw new ValueError('interpolate(): recompute_scale_factor is not meaningful with an explicit size.');
    const sizes = perDimension(input, 'size', size);
    return { sizes, scales: sizes.map((n, d) => spatial[d] / n) };
  }
  const factors = perDimension(input, 'scale_factor', factor);
  const sizes = spatial.map((n, d) => Math.floor(n * factors[d]));
  return { sizes, scales: sizes.map((n, d) => (again ? spatial[d] / n : 1 / factors[d])) };
}
