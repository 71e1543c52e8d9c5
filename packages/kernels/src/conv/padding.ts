/**
 * The zeros around an image are no part of its convolution, as in PyTorch. What is fast multiplies with them all the same, which shows
 * only where the other factor is infinite or NaN: such results are found again, in plain loops over what lies inside the image.
 */
import type { FloatArray } from '../types.js';
import { type Conv2dShape, columnDepth } from './shape.js';

/** Where each tap of the kernel is at each position of the output: its place in a plane of the input, or -1 outside of it. */
class Places {
  readonly kernel: number;
  readonly positions: number;
  /** The positions at which a tap lies outside, for each tap. */
  readonly outside: readonly (readonly number[])[];
  private readonly places: Int32Array;

  constructor(s: Conv2dShape) {
    this.kernel = s.kernelHeight * s.kernelWidth;
    this.positions = s.outHeight * s.outWidth;
    this.places = new Int32Array(this.kernel * this.positions);
    const outside: number[][] = Array.from({ length: this.kernel }, () => []);
    for (let tap = 0, i = 0; tap < this.kernel; tap++) {
      const top = Math.floor(tap / s.kernelWidth) * s.dilationHeight - s.padTop;
      const left = (tap % s.kernelWidth) * s.dilationWidth - s.padLeft;
      for (let position = 0; position < this.positions; position++, i++) {
        const row = top + Math.floor(position / s.outWidth) * s.strideHeight;
        const column = left + (position % s.outWidth) * s.strideWidth;
        const isInside = row >= 0 && column >= 0 && row < s.height && column < s.width;
        this.places[i] = isInside ? row * s.width + column : -1;
        if (!isInside) outside[tap].push(position);
      }
    }
    this.outside = outside;
  }

  at(tap: number, position: number): number {
    return this.places[tap * this.positions + position];
  }

  /** Whether a tap lies inside at a position. */
  sees(tap: number, position: number): boolean {
    return this.at(tap, position) >= 0;
  }

  /** The positions at which one of these taps lies outside, each once. */
  outsideOf(taps: readonly number[]): readonly number[] {
    const seen = new Uint8Array(this.positions);
    const found: number[] = [];
    for (const tap of taps) {
      for (const position of this.outside[tap]) {
        if (seen[position] === 0) found.push(position);
        seen[position] = 1;
      }
    }
    return found;
  }
}

/** Where the first plane of the group that an output channel sees begins. */
function firstPlane(s: Conv2dShape, image: number, outChannel: number): number {
  const group = Math.floor(outChannel / (s.outChannels / s.groups));
  return (image * s.inChannels + (group * s.inChannels) / s.groups) * s.height * s.width;
}

/** See `conv2dForward`, which has found the output. */
export function repairForward<T extends FloatArray>(
  s: Conv2dShape,
  x: T,
  xOffset: number,
  weight: T,
  wOffset: number,
  bias: T | null,
  bOffset: number,
  out: T,
  outOffset: number,
): void {
  const depth = columnDepth(s);
  const positions = s.outHeight * s.outWidth;
  if (s.batch * positions === 0) return;
  let known: Places | null = null;
  for (let o = 0; o < s.outChannels; o++) {
    const plane = outOffset + o * positions;
    // a tap that is ever outside is so in one of these two corners
    if (!Number.isNaN(out[plane]) && !Number.isNaN(out[plane + positions - 1])) continue;
    known ??= new Places(s);
    const places = known;
    const w = wOffset + o * depth;
    const tapsThat = (is: (value: number) => boolean): number[] => tapsWith(is, weight, w, depth, places.kernel);
    // where training has diverged, most that is NaN has to be, in all images
    const certain = tapsThat(Number.isNaN);
    const wrong = places
      .outsideOf(tapsThat((value) => !Number.isFinite(value)))
      .filter((position) => !certain.some((tap) => places.sees(tap, position)));
    for (let image = 0; image < s.batch; image++) {
      const from = xOffset + firstPlane(s, image, o);
      for (const position of wrong) {
        const sum = outputAt(s, places, x, from, weight, w, position);
        out[plane + image * s.outChannels * positions + position] = sum + (bias === null ? 0 : bias[bOffset + o]);
      }
    }
  }
}

/** The taps at which one of the weights of an output channel, which begin at `from`, is such a number. */
function tapsWith(
  is: (value: number) => boolean,
  weight: FloatArray,
  from: number,
  depth: number,
  kernel: number,
): number[] {
  const taps: number[] = [];
  for (let tap = 0; tap < kernel; tap++) {
    let i = tap;
    while (i < depth && !is(weight[from + i])) i += kernel;
    if (i < depth) taps.push(tap);
  }
  return taps;
}

/** One output; `x` and `weight` start at what it sees and at its weights. */
function outputAt<T extends FloatArray>(
  s: Conv2dShape,
  places: Places,
  x: T,
  xOffset: number,
  weight: T,
  wOffset: number,
  position: number,
): number {
  let sum = 0;
  for (let c = 0, i = wOffset; c < s.inChannels / s.groups; c++) {
    const plane = xOffset + c * s.height * s.width;
    for (let tap = 0; tap < places.kernel; tap++, i++) {
      const place = places.at(tap, position);
      if (place >= 0) sum += weight[i] * x[plane + place];
    }
    if (Number.isNaN(sum)) return sum;
  }
  return sum;
}

/** See `conv2dWeightGrad`, which has found the gradient of the weights. */
export function repairWeightGrad<T extends FloatArray>(
  s: Conv2dShape,
  x: T,
  xOffset: number,
  gradOut: T,
  gOffset: number,
  gradWeight: T,
  gwOffset: number,
): void {
  const depth = columnDepth(s);
  const positions = s.outHeight * s.outWidth;
  if (s.batch * positions * depth === 0) return;
  const kernel = s.kernelHeight * s.kernelWidth;
  let known: Places | null = null;
  for (let o = 0; o < s.outChannels; o++) {
    const grads = gOffset + o * positions;
    for (let tap = 0, first = gwOffset + o * depth; tap < kernel; tap++, first++) {
      // a gradient that met a zero has spoilt all channels
      if (!Number.isNaN(gradWeight[first])) continue;
      known ??= new Places(s);
      if (!meetsZeros(s, known.outside[tap], gradOut, grads) || meetsNaN(s, known, tap, gradOut, grads)) continue;
      for (let c = 0; c < depth / kernel; c++) {
        gradWeight[first + c * kernel] = weightGradAt(s, known, x, xOffset, gradOut, grads, o, c, tap);
      }
    }
  }
}

/** Whether a gradient at one of these positions, in the plane at `grads` or that of another image, is infinite or NaN. */
function meetsZeros(s: Conv2dShape, outside: readonly number[], gradOut: FloatArray, grads: number): boolean {
  for (let image = 0; image < s.batch; image++) {
    const from = grads + image * s.outChannels * s.outHeight * s.outWidth;
    if (outside.some((position) => !Number.isFinite(gradOut[from + position]))) return true;
  }
  return false;
}

/** Whether a tap sees something where the gradient is NaN: so is the sum, then, for all channels. */
function meetsNaN(s: Conv2dShape, places: Places, tap: number, gradOut: FloatArray, grads: number): boolean {
  for (let image = 0; image < s.batch; image++) {
    const from = grads + image * s.outChannels * places.positions;
    for (let position = 0; position < places.positions; position++) {
      if (Number.isNaN(gradOut[from + position]) && places.sees(tap, position)) return true;
    }
  }
  return false;
}

/** The gradient of one weight; the output channel's gradients for the first image are at `grads`. */
function weightGradAt<T extends FloatArray>(
  s: Conv2dShape,
  places: Places,
  x: T,
  xOffset: number,
  gradOut: T,
  grads: number,
  outChannel: number,
  channel: number,
  tap: number,
): number {
  let sum = 0;
  for (let image = 0; image < s.batch; image++) {
    const plane = xOffset + firstPlane(s, image, outChannel) + channel * s.height * s.width;
    const from = grads + image * s.outChannels * places.positions;
    for (let position = 0; position < places.positions; position++) {
      const place = places.at(tap, position);
      if (place >= 0) sum += gradOut[from + position] * x[plane + place];
      if (Number.isNaN(sum)) return sum;
    }
  }
  return sum;
}
